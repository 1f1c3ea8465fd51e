import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { readIdentity } from "../../../src/gate/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { isUpid, parseVmid } from "../../../src/proxmox/mod.ts";
import type { Story } from "../../../src/reconcile/executors/executor.ts";
import { type LeftAs, scratchLeftAs } from "../../../src/reconcile/settling/scratch_left_as.ts";
import type { OperationOrigin } from "../../../src/state/mod.ts";
import { openWork } from "../support/open_work.ts";

const VMID = 230;
const UPID = "UPID:pve:00001234:00005678:66A0B0C0:vzsnapshot:230:felhom@pve!agent:";
assert(isUpid(UPID));
const ok = { upid: UPID, exitstatus: "OK", warnings: [], tail: [], outcome: "ok" } as const;
const ended = { how: "task", result: ok } as const;

interface Given {
  readonly kind?: Action["kind"];
  readonly origin?: OperationOrigin;
  readonly scratch?: boolean;
  /** What the mark says; `null` for what the guest shows. */
  readonly last?: string | null;
  /** That nobody knows any more how it was left. */
  readonly forgotten?: boolean;
  readonly macs?: readonly string[];
  readonly story?: Partial<Story>;
  readonly lock?: string;
  readonly forbidden?: boolean;
}

/** What is said of a step that ended, with the digest that the guest shows called "now". */
async function left(given: Given): Promise<LeftAs | null> {
  await using open = await openWork();
  const { state, eyes, clock } = open.work;
  if (given.lock !== undefined) {
    open.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: given.lock });
  }
  const config = await eyes.reads.guestConfig(parseVmid(VMID));
  const { volumes, macs } = readIdentity([config]);
  const { kind = "guest.settings", origin = "selftest" } = given;
  const at = clock.now();
  const last = given.last === null ? config.digest : given.last ?? "before";
  state.guests.record({
    ...{ vmid: VMID, transaction: "t", operation: "made", creation: null, at, volumes },
    ...{ macs: given.macs ?? macs, digest: last, scratch: given.scratch ?? true },
  });
  if (given.forgotten === true) state.guests.leftAs(VMID, null);
  state.operations.authorise({
    ...{ id: "step", transaction: null, vmid: VMID, action: { kind }, origin, evidence: {}, at },
  });
  const reads = given.forbidden === true
    ? {
      ...eyes.reads,
      guestConfig: () => Promise.reject(new FelhomError("proxmox.forbidden", "It may not be read")),
    }
    : eyes.reads;
  const story = { before: null, ending: { how: "answered" }, ...given.story } as const;
  const told = await scratchLeftAs({ state, eyes: { ...eyes, reads } }, "step", story);
  return told?.digest === config.digest ? { ...told, digest: "now" } : told;
}

const NOW: LeftAs = { vmid: VMID, digest: "now" };
const NOBODY_KNOWS: LeftAs = { vmid: VMID, digest: null };

for (
  const [name, given, expected] of [
    ["a setting of the self-test's", {}, NOW],
    ["what is undone after a crash", { kind: "guest.delete_snapshot", origin: "recovery" }, NOW],
    ["a snapshot this process was there for", {
      kind: "guest.snapshot",
      story: { ending: ended, sinceAtWorkMs: () => 60_000 },
    }, NOW],
    [
      "a snapshot that ended long ago",
      { kind: "guest.snapshot", story: { ending: ended } },
      NOBODY_KNOWS,
    ],
    ["a step whose task is not known", { story: { ending: { how: "lost" } } }, NOBODY_KNOWS],
    [
      "a destroy that took the right to read along",
      { kind: "guest.destroy", forbidden: true },
      NOBODY_KNOWS,
    ],
    ["a job of somebody's", { origin: "job" }, null],
    ["a step towards what is desired", { origin: "desired" }, null],
    ["a start", { kind: "guest.start" }, null],
    ["a stop", { kind: "guest.stop" }, null],
    ["a step that changed nothing", { last: null }, null],
    ["a guest that is locked", { lock: "rollback" }, null],
    ["a guest that is no scratch", { scratch: false }, null],
    ["another guest", { macs: ["BC:24:11:00:00:99"] }, null],
    ["a guest of which nobody knew any more", { forgotten: true }, null],
  ] satisfies readonly (readonly [string, Given, LeftAs | null])[]
) {
  Deno.test(`How ${name} left it is ${expected === null ? "not written" : expected.digest === null ? "known to nobody" : "known"}`, async () => {
    assertEquals(await left(given), expected);
  });
}
