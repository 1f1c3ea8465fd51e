import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { seedSigners } from "../../../src/daemon/seed_signers.ts";
import type { Taken } from "../../../src/reconcile/commands/commands.ts";
import { textDigest } from "../../../src/state/mod.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { runEngine } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 6 } as const;

const destroy = (guest: number): Action => ({
  kind: "guest.destroy",
  guest,
  params: { purge: false },
});

function idOf(taken: Taken): string {
  assert(taken.outcome === "authorised", JSON.stringify(taken));
  return taken.operation;
}

function codeOf(taken: Taken): string {
  return taken.outcome === "refused" ? taken.code : taken.outcome;
}

Deno.test("after an acknowledgement the files' signers are in force again, and the old instance's documents good for nothing", async () => {
  const operators = await openOperators();
  try {
    const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
    await using host = await runEngine({
      simulator: ALIKE,
      signers: { operational: anna.line() },
      prepare: ({ signers, work: { state, clock } }) =>
        seedSigners({ signers }, state, clock.now()),
    });
    const { desk, work: { state, clock }, simulator: { pve } } = host;
    const stateOf = (id: string) => state.operations.get(id)?.state;
    const inForce = () => state.signers.current("operational");
    await host.until(() => host.engine.phase === "running");
    const rotation: Action = {
      kind: "signers.rotate",
      guest: null,
      params: {
        role: "operational",
        sequence: 2,
        replaces: textDigest(anna.line()),
        signers: bela.line(),
      },
    };
    const rotated = idOf(await desk.submit(await host.sign(rotation, anna, bela)));
    await host.until(() => stateOf(rotated) === "succeeded");
    assertEquals([inForce()?.origin, inForce()?.content], ["rotation", bela.line()]);

    // One is let through and has to wait; one is signed and not handed in.
    pve.inject({ kind: "lock", vmid: 201, lock: "backup" });
    const waits = idOf(await desk.submit(await host.sign(destroy(201), bela)));
    const kept = await host.sign(destroy(203), anna);
    const late = await host.sign(destroy(203), bela);
    state.instances.doubt("The node knows more", clock.now());
    assertEquals(codeOf(await desk.submit(late)), "authz.state_behind");
    assertEquals(stateOf(waits), "authorised");

    const { instance } = desk.acknowledge();
    assertEquals([state.instance, state.instances.current().doubt], [instance, null]);
    const { sequence, origin, content, digest } = inForce() ?? {};
    assertEquals({ sequence, origin, content, digest }, {
      sequence: 3,
      origin: "file",
      content: anna.line(),
      digest: textDigest(anna.line()),
    });
    assertEquals(state.signers.current("recovery")?.content, "");
    assertEquals(stateOf(waits), "abandoned");
    pve.inject({ kind: "lock", vmid: 201, lock: null });
    assertEquals(codeOf(await desk.submit(kept)), "authz.wrong_instance");
    const rotatedAway = await desk.submit(await host.sign(destroy(203), bela));
    assertEquals(codeOf(rotatedAway), "authz.signer_unknown");
    const done = idOf(await desk.submit(await host.sign(destroy(205), anna)));
    await host.quiet();
    assertEquals(stateOf(done), "succeeded");
    assertEquals([201, 203, 205].map((vmid) => pve.world.guests.has(vmid)), [true, true, false]);
  } finally {
    await operators.close();
  }
});
