import {
  type Action,
  type ActionKind,
  type ActionOf,
  readAction,
} from "../../../src/action/mod.ts";
import { type Facts, type Permit, readIdentity } from "../../../src/gate/mod.ts";
import { parseVmid, waitTask } from "../../../src/proxmox/mod.ts";
import type {
  Checked,
  Effect,
  Ending,
  Executor,
  Eyes,
} from "../../../src/reconcile/executors/executor.ts";
import type { HelperMutations } from "../../../src/helper/mod.ts";
import type { Hands } from "../../../src/reconcile/executors/hands.ts";
import type { State } from "../../../src/state/mod.ts";
import { facts, here } from "../../gate/scene.ts";
import { simulate, type Simulated } from "../../proxmox/support/simulated.ts";
import { openIn } from "../../state/state_folder.ts";
import { permitFor } from "../../support/permit.ts";

/** What executors work with: a simulated host, a real state, permits of a real gate. */
export interface ExecutorRig extends AsyncDisposable {
  readonly host: Simulated;
  readonly state: State;
  readonly eyes: Eyes;
  readonly hands: Hands;
}

export interface ExecutorRigOptions {
  readonly helper?: HelperMutations;
}

export async function openExecutorRig(
  { helper }: ExecutorRigOptions = {},
): Promise<ExecutorRig> {
  await using opening = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "felhom-executor-" });
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const { state } = opening.use(openIn(folder));
  const host = opening.use(await simulate());
  const opened = opening.move();
  return {
    host,
    state,
    eyes: {
      reads: host.reads,
      helper: helper === undefined ? null : unread(),
      signers: state.signers,
    },
    hands: { proxmox: host.mutations, helper: helper ?? null },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** An action as whoever asks for it would give it. */
export function action<Kind extends ActionKind>(
  kind: Kind,
  { guest, params }: { readonly guest: number | null; readonly params: unknown },
): ActionOf<Kind> {
  const read = readAction({ kind, guest, params });
  if (!read.ok) throw new Error(read.message);
  if (isOf(read.action, kind)) return read.action;
  throw new Error(`It is ${read.action.kind}`);
}

function isOf<Kind extends ActionKind>(one: Action, kind: Kind): one is ActionOf<Kind> {
  return one.kind === kind;
}

/** The facts of a guest as it stands there now. */
export async function factsOf({ host }: ExecutorRig, vmid: number): Promise<Facts> {
  const read = await host.reads.guestConfig(parseVmid(vmid));
  const identity = readIdentity([read]);
  const { digest, memory = 512, swap = 512 } = read;
  const config = {
    digest,
    identity,
    linkDown: false,
    hookScript: false,
    memory,
    swap,
    snapshots: [],
  };
  return facts({ subject: vmid, place: here({ config }) });
}

/** How one action went that was carried out to its end. */
export interface Carried {
  readonly checked: Checked;
  readonly ending: Ending;
  readonly effect: Effect;
}

/** Carries one action out: looks, sends, waits, looks again. */
export async function carry<Kind extends ActionKind>(
  rig: ExecutorRig,
  executor: Executor<Kind>,
  { action: it, facts: known = facts(), permit: given }: {
    readonly action: ActionOf<Kind>;
    readonly facts?: Facts;
    /** @default one that a gate gives by facts of its own */
    readonly permit?: Permit;
  },
): Promise<Carried> {
  const { eyes, hands, state, host: { simulator: { clock } } } = rig;
  const checked = await executor.check(it, known, eyes);
  if (!checked.holds) throw new Error(`It does not hold: ${checked.why}`);
  const { before } = checked;
  const permit = given ?? await permitFor(anyAction(it));
  const upid = await executor.send(permit, it, {
    hands,
    eyes,
    state,
    operation: "op-1",
    before,
    now: () => clock.now(),
    signal: new AbortController().signal,
    wait: (upid) => waitTask(eyes.reads, upid, { clock, limitMs: 600_000 }),
  });
  const ending: Ending = upid === null ? { how: "answered" } : {
    how: "task",
    result: await waitTask(eyes.reads, upid, { clock, limitMs: 600_000 }),
  };
  return {
    checked,
    ending,
    effect: await executor.verify(it, { before, ending, sinceAtWorkMs: () => 0 }, eyes),
  };
}

function anyAction(it: Action): Action {
  return it;
}

/** Stands for a helper of which nothing is read. */
function unread(): NonNullable<Eyes["helper"]> {
  const none = () => Promise.reject(new Error("Nothing is read of the helper"));
  return { health: none, smart: none, sensors: none };
}
