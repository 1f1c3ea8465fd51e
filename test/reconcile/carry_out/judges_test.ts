import { assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { ApiError, TransportError } from "../../../src/proxmox/mod.ts";
import {
  type DispatchRefusal,
  judgeDispatch,
} from "../../../src/reconcile/settling/judge_dispatch.ts";
import { judgeEffect, type Known } from "../../../src/reconcile/settling/judge_effect.ts";
import { judgeSendError } from "../../../src/reconcile/settling/judge_send_error.ts";
import { Departures } from "../../../src/reconcile/settling/departures.ts";
import { onItsWay, underWay } from "../../../src/reconcile/settling/on_its_way.ts";

const EFFECTS: readonly (readonly [Known, string])[] = [
  ["ended_well", "succeeded failed failed"],
  ["task_failed", "succeeded failed failed"],
  ["task_unclear", "succeeded failed unknown"],
  ["no_task", "succeeded failed unknown"],
  ["several_tasks", "succeeded unknown unknown"],
];

for (const [known, verdicts] of EFFECTS) {
  Deno.test(`after ${known}: done, nothing, other mean ${verdicts}`, () => {
    const all = (["done", "nothing", "other"] as const).map((seen) => judgeEffect(known, seen));
    assertEquals(all.join(" "), verdicts);
  });
}

function answer(status: number, text: string, fields: Record<string, string> = {}): ApiError {
  return new ApiError({ method: "PUT", path: "/nodes/pve/lxc/201/config", status, text, fields });
}

const SEND_ERRORS: readonly (readonly [string, unknown, "refused" | "lost"])[] = [
  ["no connection", transport("proxmox.refused", "no"), "refused"],
  ["a timeout before anything left", transport("proxmox.timeout", "no"), "refused"],
  ["a timeout", transport("proxmox.timeout", "maybe"), "lost"],
  ["a reset", transport("proxmox.reset", "maybe"), "lost"],
  ["an abort after it may have left", transport("proxmox.aborted", "maybe"), "lost"],
  // Of itself this code may not be repeated; that says nothing of whether it was done.
  ["a page of somebody in between", transport("proxmox.not_tls", "maybe"), "lost"],
  ["400 of a parameter", answer(400, "Parameter verification failed."), "refused"],
  [
    "400 of a hotplug",
    answer(400, "Parameter verification failed.", { memory: "unable to hotplug memory: no" }),
    "lost",
  ],
  ["401", answer(401, "No ticket"), "refused"],
  ["403", answer(403, "Permission check failed (/vms/201, VM.Config.Memory)"), "refused"],
  ["501", answer(501, "Method 'PUT /x' not implemented"), "refused"],
  ["595", answer(595, "Connection refused"), "refused"],
  ["596", answer(596, "Connection timed out"), "lost"],
  ["500 of a lock", answer(500, "CT is locked (backup)"), "refused"],
  ["500 of a digest", answer(500, "detected modified configuration - file changed"), "refused"],
  ["500 of no class", answer(500, "bridge 'vmbr9' does not exist"), "lost"],
  ["500 of a lock file", answer(500, "can't lock file '/x' - got timeout"), "lost"],
  ["a spent permit", new FelhomError("permit.expired", "Cannot use the permit"), "refused"],
  ["a bug", new FelhomError("internal.bug", "Cannot be"), "lost"],
  ["what is no error of the table", new TypeError("x is undefined"), "lost"],
];

function transport(
  code:
    | "proxmox.refused"
    | "proxmox.timeout"
    | "proxmox.reset"
    | "proxmox.aborted"
    | "proxmox.not_tls",
  sent: "no" | "maybe",
): TransportError {
  return new TransportError(code, "Cannot", { sent });
}

for (const [what, error, judged] of SEND_ERRORS) {
  Deno.test(`${what} means that the call is ${judged}`, () => {
    assertEquals(judgeSendError(error), judged);
  });
}

const DISPATCHES: readonly (readonly ["wait" | "abandon", readonly DispatchRefusal[]])[] = [
  ["wait", [
    ...["guest_unreadable", "usage_unknown", "stop_budget", "space_unknown"] as const,
    ...["audit_unwritable", "already_dispatched"] as const,
    ...["authz.state_behind", "authz.clock_behind", "authz.not_yet_valid"] as const,
    ...["state.locked", "state.full"] as const,
  ]],
  ["abandon", [
    ...["no_such_guest", "not_managed", "snapshot_replaced", "vmid_taken"] as const,
    ...["authz.expired", "authz.signer_unknown", "authz.wrong_identity"] as const,
    ...["authz.wrong_instance", "authz.below_threshold", "state.missing"] as const,
  ]],
];

for (const [judged, codes] of DISPATCHES) {
  Deno.test(`a dispatch refused with ${codes.join(", ")}: ${judged}`, () => {
    for (const code of codes) assertEquals(judgeDispatch(code), judged, code);
  });
}

const WAYS: readonly (readonly [Action["kind"], number, number])[] = [
  ["guest.start", 0, 45_000],
  ["guest.start", -60_000, 45_000],
  // It may have left as late as the transport lets it.
  ["guest.start", 35_000, 45_000],
  ["guest.start", 50_000, 30_000],
  ["guest.start", 80_000, 0],
  ["guest.start", 1e12, 0],
  ["disk.mount", 10_000, 290_000],
  ["disk.mount", 400_000, 0],
  ["signers.rotate", 0, 0],
];

for (const [kind, elapsedMs, left] of WAYS) {
  Deno.test(`${kind} may be on its way for ${left} ms, ${elapsedMs} ms after its intent`, () => {
    assertEquals(onItsWay({ kind }, { elapsedMs, limitMs: 300_000 }), left);
  });
}

Deno.test("what this process began is timed by a clock that does not jump", () => {
  let monotonic = 1_000;
  const departures = new Departures({ monotonic: () => monotonic });
  departures.note("op1");
  monotonic += 20_000;
  const since = { id: "op1", startedAt: 0, departures, now: 1e12 };
  assertEquals(underWay({ kind: "guest.start" }, since), 20_000);
  assertEquals(underWay({ kind: "disk.mount" }, since), 20_000);
  departures.forget("op1");
  assertEquals(departures.elapsedMs("op1"), null);
});

for (const now of [0, 60_000, 1e12, -1e12]) {
  Deno.test(`what an earlier process asked of Proxmox is given 45 s, ${now} ms after by the time of day`, () => {
    let monotonic = 1_000;
    const departures = new Departures({ monotonic: () => monotonic });
    const left = () => {
      const since = { id: "op1", startedAt: 0, departures, now };
      const elapsedMs = underWay({ kind: "guest.start" }, since);
      return onItsWay({ kind: "guest.start" }, { elapsedMs, limitMs: 300_000 });
    };
    assertEquals(left(), 45_000);
    monotonic += 44_000;
    assertEquals(left(), 1_000);
    monotonic += 2_000;
    assertEquals(left(), 0);
  });
}

Deno.test("what an earlier process asked of the helper goes by the time of day", () => {
  const departures = new Departures({ monotonic: () => 0 });
  const since = { id: "op1", startedAt: 5_000, departures, now: 65_000 };
  assertEquals(underWay({ kind: "disk.mount" }, since), 60_000);
});
