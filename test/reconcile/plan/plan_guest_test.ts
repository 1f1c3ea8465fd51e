import { assertEquals } from "@std/assert";
import { GOLDEN, plan, planFor, told } from "./support/prose.ts";

Deno.test("a guest that is as it is wanted needs nothing", () => {
  assertEquals(plan({ state: "running", memory: 512, tags: [] }, {}), []);
  assertEquals(plan({ state: "stopped" }, { running: false }), []);
  assertEquals(plan({}, { memory: 4096, running: false, tags: ["old"] }), []);
});

Deno.test("what is not named is not managed", () => {
  assertEquals(plan({ cores: 2 }, { running: false, memory: 64 }), ["set cores all -> 2"]);
  assertEquals(plan({ state: "running" }, { memory: 64, swap: 0 }), []);
});

Deno.test("a stopped guest gets its settings before it starts", () => {
  assertEquals(plan({ state: "running", memory: 1024 }, { running: false }), [
    "set memory 512 MiB -> 1024 MiB",
    "start",
  ]);
});

Deno.test("a running guest that is to stop goes down before its settings change", () => {
  assertEquals(plan({ state: "stopped", memory: 256 }, { memory: 512 }), [
    "shut down",
    "set memory 512 MiB -> 256 MiB",
  ]);
});

Deno.test("a guest that does not go down in time is killed, after Proxmox's own minute", () => {
  assertEquals(planFor({ state: "stopped" }, {}).steps.map(({ action }) => action), [
    { kind: "guest.shutdown", guest: 1001, params: { timeout: 60, then_kill: true } },
  ]);
});

Deno.test("all settings change in one step, those that go back to their default too", () => {
  const [step, ...more] = planFor({
    cores: null,
    cpulimit: 0,
    memory: 2048,
    onboot: true,
    startup: null,
    description: "",
    tags: [],
  }, {
    cores: 2,
    cpulimit: 1.5,
    startup: "order=1",
    description: "old",
    tags: ["a", "b"],
  }).steps;
  assertEquals(more, []);
  assertEquals(step?.action.params, {
    set: { memory: 2048, onboot: true },
    unset: ["cores", "cpulimit", "startup", "description", "tags"],
  });
  assertEquals(
    step?.why,
    "cores is 2, desired all; cpulimit is 1.5, desired none; memory is 512 MiB, desired 2048 MiB; " +
      "onboot is no, desired yes; startup is order=1, desired none; " +
      'description is "old", desired none; tags is a, b, desired none',
  );
});

Deno.test("null is Proxmox's default: a value that is the default already is left as it is", () => {
  assertEquals(plan({ cores: null, swap: null, cpuunits: null, onboot: null }, {}), []);
  assertEquals(plan({ swap: null, cpuunits: null }, { swap: 0, cpuunits: 200 }), [
    "set cpuunits 200 -> 100, swap 0 MiB -> 512 MiB",
  ]);
});

Deno.test("what waits for a restart is not sent again, and told", () => {
  const wish = { state: "running", memory: 1024 } as const;
  const fact = { pending: { memory: 1024 } };
  assertEquals(plan(wish, fact), []);
  assertEquals(told(wish, fact), [
    'needs_restart: memory waits until a restart, which is not allowed ("restart": "never")',
  ]);
});

Deno.test("a restart applies what waits, where the document allows it", () => {
  const wish = { memory: 1024, cores: 2, restart: "when_needed" } as const;
  assertEquals(plan(wish, { pending: { memory: 1024 } }), ["set cores all -> 2", "restart"]);
  assertEquals(told(wish, { pending: { memory: 1024 } }), []);
  assertEquals(plan(wish, { memory: 1024, cores: 2 }), [], "nothing waits, nothing restarts");
});

Deno.test("a stopped guest applies by itself what waits, and one that is to stop is not restarted", () => {
  const fact = { pending: { memory: 1024 } };
  const wish = { memory: 1024, restart: "when_needed" } as const;
  assertEquals(plan(wish, { ...fact, running: false }), []);
  assertEquals(told(wish, { ...fact, running: false }), []);
  assertEquals(plan({ ...wish, state: "running" }, { ...fact, running: false }), ["start"]);
  assertEquals(plan({ ...wish, state: "stopped" }, fact), ["shut down"]);
  assertEquals(told({ ...wish, state: "stopped" }, fact), []);
});

Deno.test("a change that waits and is another than the wish is changed, and both are shown", () => {
  assertEquals(plan({ memory: 1024 }, { pending: { memory: 768 } }), [
    "set memory 512 MiB (768 MiB pending) -> 1024 MiB",
  ]);
  assertEquals(plan({ memory: 512 }, { pending: { memory: 768 } }), [
    "set memory 512 MiB (768 MiB pending) -> 512 MiB",
  ], "right today is not enough: it would be wrong after the next start");
});

Deno.test("somebody else's pending changes are told and never cause a restart", () => {
  const wish = { memory: 512, restart: "when_needed" } as const;
  const fact = { pending: { cores: 2 }, otherPending: ["nameserver"] };
  assertEquals(plan(wish, fact), []);
  assertEquals(told(wish, fact), [
    "pending_elsewhere: cores, nameserver wait until the next start: somebody else's change",
  ]);
});

Deno.test("a locked guest is left alone, and what waits for it is told", () => {
  const fact = { running: false, lock: "backup" };
  assertEquals(plan({ state: "running", cores: 1 }, fact), []);
  assertEquals(told({ state: "running", cores: 1 }, fact), [
    "locked: It is locked (backup): 2 steps wait until it is free",
  ]);
  assertEquals(told({ state: "running" }, fact), [
    "locked: It is locked (backup): 1 step waits until it is free",
  ]);
  assertEquals(
    told({ state: "stopped" }, fact),
    [],
    "a backup of a guest that is right is no news",
  );
});

Deno.test("a template is left alone", () => {
  const fact = { running: false, template: true };
  assertEquals(plan({ state: "running", memory: 1024 }, fact), []);
  assertEquals(told({ state: "running" }, fact), [
    "template: It is a template: it cannot run, and is left as it is",
  ]);
});

Deno.test("a guest whose configuration cannot be read keeps its settings, and is started and stopped", () => {
  const said = "unreadable: Its configuration cannot be read: its settings are left alone";
  assertEquals(plan({ state: "stopped", memory: 64 }, { unreadable: true }), ["shut down"]);
  assertEquals(plan({ state: "running", memory: 64 }, { unreadable: true, running: false }), [
    "start",
  ]);
  assertEquals(told({ state: "stopped", memory: 64 }, { unreadable: true }), [said]);
});

Deno.test("a guest outside the managed VMIDs is not touched, whatever is wanted of it", () => {
  for (const vmid of [999, 2000]) {
    assertEquals(plan({ vmid, state: "stopped", memory: 64 }, { vmid }), []);
    assertEquals(plan({ vmid, cores: 1, create: GOLDEN }, null), []);
    assertEquals(told({ vmid, state: "stopped" }, { vmid }), [
      "not_managed: It is not among the managed VMIDs, 1000 to 1999",
    ]);
  }
  assertEquals(plan({ vmid: 1000, state: "stopped" }, { vmid: 1000 }), ["shut down"]);
  assertEquals(plan({ vmid: 1999, state: "stopped" }, { vmid: 1999 }), ["shut down"]);
});

Deno.test("a guest that is not there is told, and made only where the document says how", () => {
  assertEquals(plan({ state: "running", memory: 1024 }, null), []);
  assertEquals(told({ state: "running" }, null), [
    "not_there: It is not on this node, and nothing says how to make it",
  ]);
  assertEquals(plan({ state: "running", cores: 2, memory: 1024, create: GOLDEN }, null), [
    "create customer-a",
  ], "the rest is planned once it is there");
});

Deno.test("a guest is made with what is wanted, and Proxmox's defaults for the rest", () => {
  const [step] = planFor({ cores: 2, memory: 1024, tags: ["felhom"], create: GOLDEN }, null).steps;
  assertEquals(step?.action.params, {
    ...GOLDEN,
    cores: 2,
    memory: 1024,
    swap: 512,
    onboot: false,
    tags: ["felhom"],
    description: "",
  });
});

Deno.test("a guest is made with all that is wanted and that a creation can set", () => {
  const settings = {
    cores: 2,
    memory: 1024,
    swap: 0,
    onboot: true,
    tags: ["a"],
    description: "b",
  };
  const wish = { ...settings, cpulimit: 1, startup: "order=1", create: GOLDEN } as const;
  const [step] = planFor(wish, null).steps;
  assertEquals(step?.action.params, { ...GOLDEN, ...settings });
});

Deno.test("a guest that is there is never made again", () => {
  assertEquals(plan({ cores: 2, memory: 512, create: GOLDEN }, { cores: 2 }), []);
});
