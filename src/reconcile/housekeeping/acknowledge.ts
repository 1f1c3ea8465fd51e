import { type Role, ROLES } from "../../authz/mod.ts";
import { isReadable, type State, textDigest } from "../../state/mod.ts";
import type { Work } from "../work.ts";

export interface AcknowledgeOptions {
  /** The signers as their files have them: they hold again, in place of rotated ones. */
  readonly signers: Readonly<Record<Role, { readonly text: string }>>;
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
  { signers }: AcknowledgeOptions,
): { readonly instance: string } {
  const at = clock.now();
  const instance = newId();
  const before = state.instances.current();
  state.transaction(() => {
    state.instances.renew(instance, at);
    state.timeMark.reset(at);
    // What an old state says of who made what proves nothing, and the doubt is gone from now on.
    if (before.doubt !== null) state.guests.endAll(at);
    for (const role of ROLES) reseed(state, { role, text: signers[role].text, at });
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
  { role, text, at }: { readonly role: Role; readonly text: string; readonly at: number },
): void {
  const current = signers.current(role);
  if (current?.origin !== "rotation") return;
  signers.install({
    role,
    sequence: current.sequence + 1,
    previous: current.digest,
    digest: textDigest(text),
    content: text,
    origin: "file",
    operation: null,
    installedAt: at,
  });
}

function abandonSigned({ operations }: State, at: number): void {
  const why = "It was signed for an instance that is no more";
  for (const row of operations.unfinished()) {
    if (!isReadable(row) || row.state !== "authorised") continue;
    if (operations.document(row.id) === undefined) continue;
    operations.advance(row.id, "abandoned", { at, detail: { why } });
  }
}
