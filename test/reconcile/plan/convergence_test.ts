import { assertEquals } from "@std/assert";
import { SETTING_NAMES } from "../../../src/action/mod.ts";
import type { NormalSettings } from "../../../src/reconcile/actual/actual_guest.ts";
import { FORMS, isSame } from "../../../src/reconcile/actual/setting_forms.ts";
import { readActualGuest } from "../../../src/reconcile/actual/read_actual.ts";
import { planGuest } from "../../../src/reconcile/plan/plan_guest.ts";
import { describeStep } from "../../../src/reconcile/plan/render_plan.ts";
import { parseVmid, type Upid, waitTask } from "../../../src/proxmox/mod.ts";
import { type SeededRandom, seededRandom } from "../../proxmox/support/seeded_random.ts";
import { simulate, type Simulated } from "../../proxmox/support/simulated.ts";
import { withPending } from "../../sim/pve/world/config_change.ts";
import { permitFor } from "../../support/permit.ts";
import {
  actualGuest,
  desiredGuest,
  type Fact,
  GOLDEN,
  MANAGED,
  type Wish,
} from "./support/prose.ts";
import { afterStep } from "./support/model_guest.ts";

const CASES = 20_000;
/** More than any guest takes. */
const MOST_STEPS = 20;

/** Few values of each, so that wish and fact are often the same. */
function someSettings(random: SeededRandom, share: number): Partial<NormalSettings> {
  const all: NormalSettings = {
    cores: random.pick([1, 2, null]),
    cpulimit: random.pick([0, 1.5]),
    cpuunits: random.pick([100, 200]),
    memory: random.pick([512, 1024, 2048]),
    swap: random.pick([0, 512]),
    onboot: random.pick([true, false]),
    startup: random.pick([null, "order=1"]),
    description: random.pick(["", "a", "a\nb"]),
    tags: random.pick([[], ["a"], ["a", "b"]]),
  };
  return Object.fromEntries(Object.entries(all).filter(() => random.next() < share));
}

function someWish(random: SeededRandom): Wish {
  const settings = someSettings(random, 0.5);
  const state = random.pick(["running", "stopped", "any"] as const);
  const nulled = random.next() < 0.3 ? { swap: null, cpuunits: null } : {};
  const create = random.next() < 0.3 ? { cores: 2, memory: 1024, create: GOLDEN } : {};
  return {
    ...settings,
    ...nulled,
    ...create,
    ...(state === "any" ? {} : { state }),
    restart: random.pick(["never", "when_needed"] as const),
  };
}

function someFact(random: SeededRandom): Fact | null {
  if (random.next() < 0.1) return null;
  const running = random.next() < 0.5;
  return {
    ...someSettings(random, 0.7),
    running,
    ...(random.next() < 0.3 ? { pending: someSettings(random, 0.3) } : {}),
    ...(random.next() < 0.1 ? { otherPending: ["features"] } : {}),
    ...(random.next() < 0.1 ? { lock: "backup" } : {}),
    ...(random.next() < 0.05 ? { template: true, running: false } : {}),
    ...(random.next() < 0.1 ? { unreadable: true } : {}),
  };
}

Deno.test("whatever is wanted and whatever there is: what is planned is done, and then nothing is planned", () => {
  const random = seededRandom();
  let most = 0;
  for (let index = 0; index < CASES; index++) {
    const desired = desiredGuest(someWish(random));
    const fact = someFact(random);
    const stubborn = random.next() < 0.3 ? random.pick(["cores", "memory", "swap"]) : "";
    const before = fact === null ? undefined : actualGuest(fact);
    let guest = before;
    // The worker plans anew after each step.
    for (let steps = 0;; steps++) {
      const [step] = planGuest(desired, guest, { managed: MANAGED }).steps;
      if (step === undefined) break;
      guest = afterStep(guest, step, (name) => name !== stubborn);
      most = Math.max(most, steps + 1);
      assertEquals(steps < 5, true, `no end: ${JSON.stringify({ desired, before })}`);
    }
    if (guest === undefined || guest.lock !== null || guest.template) {
      assertEquals(guest, before, "nothing was done");
      continue;
    }
    const { state } = desired;
    if (state !== undefined) assertEquals(guest.running, state === "running");
    const { settings } = guest;
    if (settings === null) continue;
    for (const name of SETTING_NAMES) {
      const wanted = desired.settings[name];
      if (wanted === undefined) continue;
      assertEquals(isSame(settings.next[name], wanted ?? FORMS[name].standard), true, name);
    }
    if (desired.restart === "when_needed" && guest.running) {
      const waits = planGuest(desired, guest, { managed: MANAGED }).told
        .some(({ code }) => code === "needs_restart");
      assertEquals(waits, false);
    }
  }
  // A creation, then its settings and a start: nothing takes longer.
  assertEquals(most, 3);
});

Deno.test("a whole plan can be done in its order, and leaves nothing to do but a restart", () => {
  const random = seededRandom();
  for (let index = 0; index < CASES; index++) {
    const desired = desiredGuest({ ...someWish(random), restart: "never" });
    const fact = someFact(random);
    if (fact === null) continue;
    let guest = actualGuest(fact);
    for (const step of planGuest(desired, guest, { managed: MANAGED }).steps) {
      guest = afterStep(guest, step, () => true);
    }
    assertEquals(planGuest(desired, guest, { managed: MANAGED }).steps, []);
  }
});

/** Does what is planned, step by step, at a simulated Proxmox; what was done, as prose. */
async function converge(host: Simulated, wish: Wish): Promise<string[]> {
  const { reads, mutations } = host;
  const desired = desiredGuest(wish);
  const vmid = parseVmid(desired.vmid);
  const done: string[] = [];
  while (done.length < MOST_STEPS) {
    const guest = (await readActualGuest(reads, vmid))?.guest;
    const [step] = planGuest(desired, guest, { managed: { first: 200, last: 299 } }).steps;
    if (step === undefined) return done;
    done.push(describeStep(step));
    const permit = await permitFor(step.action);
    switch (step.action.kind) {
      case "guest.settings": {
        const { digest } = await reads.guestConfig(vmid);
        await mutations.setConfig(permit, { digest });
        break;
      }
      case "guest.start":
        await finished(host, await mutations.start(permit));
        break;
      case "guest.shutdown":
        await finished(host, await mutations.shutdown(permit));
        break;
      case "guest.restart":
        await finished(host, await mutations.restart(permit));
        break;
      default:
        throw new Error(`Not expected: ${step.action.kind}`);
    }
  }
  throw new Error(`It does not converge: ${done.join(", ")}`);
}

async function finished({ reads, simulator }: Simulated, upid: Upid): Promise<void> {
  const { outcome } = await waitTask(reads, upid, { clock: simulator.clock, limitMs: 600_000 });
  assertEquals(outcome, "ok");
}

Deno.test("at a simulated Proxmox every setting converges in one pass, and comes back the same", async () => {
  await using host = await simulate({ timeScale: 1000 });
  const wish = {
    vmid: 201,
    state: "stopped",
    cores: 1,
    cpulimit: 0.5,
    cpuunits: 50,
    memory: 1025,
    swap: 0,
    onboot: false,
    startup: "order=3,up=10",
    description: "árvíztűrő\n\n#two: 50%",
    tags: ["a", "z.1"],
  } as const;
  const sketch = "set cores 2 -> 1, cpulimit none -> 0.5, cpuunits 100 -> 50, " +
    "memory 2048 MiB -> 1025 MiB, swap 512 MiB -> 0 MiB, onboot yes -> no, " +
    "startup none -> order=3,up=10, " +
    'description "Acme Ltd., web shop" -> "árvíztűrő\\n\\n#two: 50%", ' +
    "tags customer, felhom -> a, z.1";
  assertEquals(await converge(host, wish), ["shut down", sketch]);
  assertEquals(await converge(host, { ...wish, state: "running" }), ["start"]);
  const defaults = { cores: null, cpulimit: 0, cpuunits: null, swap: null, startup: null } as const;
  assertEquals(await converge(host, { vmid: 201, ...defaults, description: "", tags: [] }), [
    "set cores 1 -> all, cpulimit 0.5 -> none, cpuunits 50 -> 100, swap 0 MiB -> 512 MiB, " +
    'startup order=3,up=10 -> none, description "árvíztűrő\\n\\n#two: 50%" -> none, ' +
    "tags a, z.1 -> none",
  ]);
});

Deno.test("at a simulated Proxmox a change that waits is applied by one restart, where that is allowed", async () => {
  await using host = await simulate({ timeScale: 1000 });
  const guest = host.simulator.pve.world.guest(201);
  guest.config = withPending(guest.config, new Map([["memory", "1024"]]), new Set(["tags"]));
  const wish = { vmid: 201, memory: 1024, tags: [] };
  assertEquals(await converge(host, wish), []);
  assertEquals(await converge(host, { ...wish, restart: "when_needed" }), ["restart"]);
  const after = (await readActualGuest(host.reads, 201))?.guest;
  assertEquals([after?.settings?.live.memory, after?.settings?.live.tags], [1024, []]);
});
