import { assertEquals } from "@std/assert";
import type { ActualGuest } from "../../../src/reconcile/actual/actual_guest.ts";
import type { DesiredState } from "../../../src/reconcile/desired/desired_state.ts";
import { planHost } from "../../../src/reconcile/plan/plan_host.ts";
import { renderPlan } from "../../../src/reconcile/plan/render_plan.ts";
import {
  actualGuest,
  desiredGuest,
  type Fact,
  GOLDEN,
  MANAGED,
  type Wish,
} from "./support/prose.ts";

function render(wishes: readonly Wish[], facts: readonly Fact[], revision = "r1"): string {
  const guests = new Map(wishes.map(desiredGuest).map((guest) => [guest.vmid, guest]));
  const actual = new Map(
    facts.map(actualGuest).map((guest): [number, ActualGuest] => [guest.vmid, guest]),
  );
  const desired: DesiredState = { provider: "local", revision, guests };
  return renderPlan(planHost(desired, actual, { managed: MANAGED }));
}

Deno.test("a plan is a line for each step and each thing to know, by guest, and a summary", () => {
  assertEquals(
    render([
      { vmid: 1010, state: "running", cores: 1, memory: 1024, create: GOLDEN },
      { vmid: 1001, state: "running", memory: 1024, tags: ["a", "b"] },
      { vmid: 1002, state: "stopped" },
      { vmid: 1003, cores: 2, restart: "when_needed" },
      { vmid: 1004, state: "running" },
      { vmid: 1005 },
    ], [
      { vmid: 1001, running: false, otherPending: ["nameserver"] },
      { vmid: 1002, name: "customer-b" },
      { vmid: 1003, name: "customer-c", pending: { cores: 2 } },
      { vmid: 1004, name: "customer-d" },
    ]),
    `1001 customer-a: set memory 512 MiB -> 1024 MiB, tags none -> a, b
1001 customer-a: start (it is stopped, desired running)
1001 customer-a: nameserver waits until the next start: somebody else's change
1002 customer-b: shut down (it is running, desired stopped)
1003 customer-c: restart (a restart applies cores)
1005: It is not on this node, and nothing says how to make it
1010: create customer-a (there is no guest, desired one from ${GOLDEN.image})
Revision "r1" (local): 5 steps for 4 of 6 guests; 2 things to know.
`,
  );
});

Deno.test("an empty desired state plans nothing, whatever there is", () => {
  assertEquals(
    render([], [{ vmid: 1001 }, { vmid: 1002, running: false, lock: "backup" }]),
    'Revision "r1" (local) wants nothing of any guest.\n',
  );
});

Deno.test("a converged host is one line", () => {
  assertEquals(
    render([{ memory: 512 }], [{}]),
    'Revision "r1" (local): nothing to do for 1 guest.\n',
  );
});

Deno.test("what comes from outside cannot colour, hide or break a line", () => {
  const evil = "\x1b[2Jx\n1001 all is well\u202e";
  const text = render(
    [{ description: "new", tags: ["x"], startup: null }],
    [{ name: evil, description: evil, tags: [evil], startup: evil, otherPending: [evil] }],
    evil,
  );
  assertEquals(text.split("\n").length, 4);
  assertEquals(/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", "")), false);
  const locked = render([{ memory: 64 }], [{ lock: evil }]);
  assertEquals(/[\p{Cc}\p{Cf}]/u.test(locked.replaceAll("\n", "")), false);
});
