import { type Role, ROLES } from "../../authz/mod.ts";
import type { State } from "../../state/mod.ts";
import type { Work } from "../work.ts";

/** A role's signers as its file has them. */
export interface SignersFile {
  readonly content: string;
  /** Digest of the content. */
  readonly digest: string;
}

export interface AcknowledgeOptions {
  /** The signers of the files, which hold again in place of rotated ones. @default these stay */
  readonly files?: Readonly<Record<Role, SignersFile>>;
}

/**
 * Begins a new instance, by an operator's word: the state is taken for right again, and the present
 * time for the present time. What was signed for the old instance is good for nothing any more; what
 * of it waited is given up, and shown. All of it, or nothing.
 *
 * @throws {FelhomError} `state.*`
 */
export function acknowledge(
  { state, clock, newId, log }: Pick<Work, "state" | "clock" | "newId" | "log">,
  { files }: AcknowledgeOptions = {},
): { readonly instance: string } {
  const at = clock.now();
  const instance = newId();
  const before = state.instances.current();
  state.transaction(() => {
    state.instances.renew(instance, at);
    state.timeMark.reset(at);
    if (files !== undefined) {
      for (const role of ROLES) reseed(state, { role, file: files[role], at });
    }
    abandonSigned(state, at);
    const body = { instance, before: before.id, doubt: before.doubt };
    state.audit.append({ at, kind: "state.acknowledged", body });
  });
  log.warn("a new instance was begun", { instance, before: before.id, doubt: before.doubt });
  return { instance };
}

/** Lets the file hold again, where a rotation has replaced it. */
function reseed(
  { signers }: State,
  { role, file, at }: { readonly role: Role; readonly file: SignersFile; readonly at: number },
): void {
  const current = signers.current(role);
  if (current?.origin !== "rotation") return;
  signers.install({
    role,
    sequence: current.sequence + 1,
    previous: current.digest,
    digest: file.digest,
    content: file.content,
    origin: "file",
    operation: null,
    installedAt: at,
  });
}

function abandonSigned({ operations }: State, at: number): void {
  const why = "It was signed for an instance that is no more";
  for (const row of operations.unfinished()) {
    if ("unreadable" in row || row.state !== "authorised") continue;
    if (operations.document(row.id) === undefined) continue;
    operations.advance(row.id, "abandoned", { at, detail: { why } });
  }
}
