import * as z from "zod";
import { ownerOfBackup, vmid } from "./grammar.ts";
import { type ActionKind, isActionKind } from "./kinds.ts";
import { PARAMS, type Params } from "./params.ts";
import { isSetting } from "./settings.ts";

/** Actions that are about no guest; all others name one. */
export type HostAction = "disk.mount" | "disk.unmount" | "signers.rotate";

/** One exact change of the host. */
export type Action = {
  readonly [Kind in ActionKind]: {
    readonly kind: Kind;
    /** VMID of the guest it is about, or is to become; null when it is about the host. */
    readonly guest: Kind extends HostAction ? null : number;
    readonly params: Params<Kind>;
  };
}[ActionKind];

/** An action of one kind, or of any of several. */
export type ActionOf<Kind extends ActionKind> = Extract<Action, { readonly kind: Kind }>;

/** Why something is no action. */
export type ActionFault =
  /** It is of no kind that the table knows. */
  | "unknown_kind"
  /** It would change a setting that is not on the closed list. */
  | "setting_not_listed"
  /** Its shape, a bound, or an unknown key. */
  | "malformed";

/** What came of reading an action. */
export type ReadAction =
  | { readonly ok: true; readonly action: Action }
  | {
    readonly ok: false;
    readonly fault: ActionFault;
    /** One sentence for people; never holds what came from outside unquoted. */
    readonly message: string;
  };

const schemas = z.discriminatedUnion("kind", [
  guestAction("guest.start"),
  guestAction("guest.shutdown"),
  guestAction("guest.stop"),
  guestAction("guest.restart"),
  guestAction("guest.settings"),
  guestAction("guest.create"),
  guestAction("guest.snapshot"),
  guestAction("guest.delete_snapshot"),
  guestAction("guest.rollback"),
  guestAction("guest.backup"),
  guestAction("guest.prune"),
  guestAction("guest.restore_over"),
  guestAction("guest.destroy"),
  guestAction("golden.create"),
  hostAction("disk.mount"),
  hostAction("disk.unmount"),
  hostAction("signers.rotate"),
]);

function guestAction<Kind extends Exclude<ActionKind, HostAction>>(kind: Kind) {
  return z.strictObject({ kind: z.literal(kind), guest: vmid, params: PARAMS[kind] });
}

function hostAction<Kind extends HostAction>(kind: Kind) {
  return z.strictObject({ kind: z.literal(kind), guest: z.null(), params: PARAMS[kind] });
}

/** Every action that was read. They are frozen, so none of them needs to be read again. */
const known = new WeakSet<object>();

/**
 * Reads an action from whatever it came as. The result is a copy that shares nothing with `value`
 * and cannot be changed; or `value` itself, if it is such a result.
 */
export function readAction(value: unknown): ReadAction {
  if (isKnown(value)) return { ok: true, action: value };
  const copy = plainCopy(value);
  const kind = member(copy, "kind");
  if (!isActionKind(kind)) {
    return fault("unknown_kind", `Cannot tell what ${quote(kind)} would do: it is no known action`);
  }
  if (kind === "guest.settings") {
    const off = offList(member(copy, "params"));
    if (off !== undefined) {
      return fault(
        "setting_not_listed",
        `Cannot change ${quote(off)}: it is not on the closed list`,
      );
    }
  }
  const read = schemas.safeParse(copy);
  if (!read.success) return fault("malformed", `Cannot take ${kind}: ${firstProblem(read.error)}`);
  const action: Action = read.data;
  const stranger = strangerOf(action);
  if (stranger !== undefined) {
    return fault("malformed", `Cannot take ${kind} of guest ${action.guest}: ${stranger}`);
  }
  known.add(deepFreeze(action));
  return { ok: true, action };
}

/** A text that two actions share exactly when they are the same, whatever the order of keys. */
export function canonicalAction({ kind, guest, params }: Action): string {
  return JSON.stringify(
    [kind, guest, params],
    (_key, value: unknown) =>
      isRecord(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
}

/** What no schema of its own can tell: parameters that are about another guest. */
function strangerOf(action: Action): string | undefined {
  switch (action.kind) {
    case "guest.prune": {
      const other = action.params.backups.find((backup) => ownerOfBackup(backup) !== action.guest);
      return other === undefined ? undefined : `${quote(other)} is not its backup`;
    }
    case "guest.restore_over":
      if (ownerOfBackup(action.params.backup) !== action.guest) {
        return `${quote(action.params.backup)} is not its backup`;
      }
      return action.params.new_vmid === action.guest ? "the new VMID is its own" : undefined;
    default:
      return undefined;
  }
}

/** The first setting named, to set or to unset, that is not on the closed list. */
function offList(params: unknown): string | undefined {
  const set = member(params, "set");
  const unset = member(params, "unset");
  const names = [
    ...(isRecord(set) ? Object.keys(set) : []),
    ...(Array.isArray(unset) ? unset.filter((name) => typeof name === "string") : []),
  ];
  return names.find((name) => !isSetting(name));
}

function isKnown(value: unknown): value is Action {
  return typeof value === "object" && value !== null && known.has(value);
}

/** A copy made of plain values only; `undefined` for what JSON cannot say. */
function plainCopy(value: unknown): unknown {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // A circle, a getter that throws, a BigInt: nothing that an action is made of.
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fault(code: ActionFault, message: string): ReadAction {
  return { ok: false, fault: code, message };
}

function quote(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "nothing";
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "it does not hold";
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
