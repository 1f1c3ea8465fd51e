import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { seedSigners } from "../../../src/daemon/seed_signers.ts";
import { FelhomError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import type { Taken } from "../../../src/reconcile/commands/commands.ts";
import { textDigest } from "../../../src/state/mod.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import type { OpenWork } from "../support/open_work.ts";
import { runEngine, type RunningEngine } from "./run_engine.ts";

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

/** What a start of the daemon does with the files of signers. */
function seed({ signers, work: { state, clock } }: OpenWork, reseed = ""): void {
  seedSigners(
    {
      signers,
      reseed: { path: "signers/reseed", text: reseed },
      operations: { signersFloor: { operational: 0, recovery: 0 }, revokedKeys: new Set() },
    },
    state,
    { at: clock.now(), log: silentLogger },
  );
}

/** An engine at work, after the key of one operator was replaced by that of another. */
async function rotated(
  test: (host: RunningEngine, people: { readonly anna: Operator; readonly bela: Operator }) => //
  Promise<void>,
): Promise<void> {
  const operators = await openOperators();
  try {
    const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
    await using host = await runEngine({
      simulator: ALIKE,
      signers: { operational: anna.line() },
      prepare: (open) => seed(open),
    });
    const { desk, work: { state } } = host;
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
    const id = idOf(await desk.submit(await host.sign(rotation, anna, bela)));
    await host.until(() => state.operations.get(id)?.state === "succeeded");
    await test(host, { anna, bela });
  } finally {
    await operators.close();
  }
}

Deno.test("an acknowledgement voids what was signed for the old instance, and leaves the signers as they are", async () => {
  await rotated(async (host, { anna, bela }) => {
    const { desk, work: { state, clock }, simulator: { pve } } = host;
    const stateOf = (id: string) => state.operations.get(id)?.state;
    // One is let through and has to wait; one is signed and not handed in.
    pve.inject({ kind: "lock", vmid: 201, lock: "backup" });
    const waits = idOf(await desk.submit(await host.sign(destroy(201), bela)));
    const late = await host.sign(destroy(203), bela);
    state.instances.doubt("The node knows more", clock.now());
    assertEquals(codeOf(await desk.submit(late)), "authz.state_behind");
    assertEquals(stateOf(waits), "authorised");

    const { instance } = desk.acknowledge();
    assertEquals([state.instance, state.instances.current().doubt], [instance, null]);
    const { sequence, origin, content } = state.signers.current("operational") ?? {};
    assertEquals({ sequence, origin, content }, {
      sequence: 2,
      origin: "rotation",
      content: bela.line(),
    });
    assertEquals(stateOf(waits), "abandoned");
    pve.inject({ kind: "lock", vmid: 201, lock: null });
    assertEquals(codeOf(await desk.submit(late)), "authz.wrong_instance");
    const rotatedAway = await desk.submit(await host.sign(destroy(203), anna));
    assertEquals(codeOf(rotatedAway), "authz.signer_unknown");
    const done = idOf(await desk.submit(await host.sign(destroy(205), bela)));
    await host.quiet();
    assertEquals(stateOf(done), "succeeded");
    assertEquals([201, 203, 205].map((vmid) => pve.world.guests.has(vmid)), [true, true, false]);
  });
});

Deno.test("a key that was rotated out signs nothing after an acknowledgement, a restart and a reseeding from its file", async () => {
  await rotated(async (host, { anna: stolen }) => {
    const { desk, work: { state, clock }, simulator: { pve } } = host;
    const attempt = async () => codeOf(await desk.submit(await host.sign(destroy(203), stolen)));
    assertEquals(await attempt(), "authz.signer_unknown");
    const refused = assertThrows(() => desk.acknowledge(), FelhomError);
    assertEquals(refused.code, "state.not_in_doubt");
    assertEquals(await attempt(), "authz.signer_unknown");
    state.instances.doubt("The node knows more", clock.now());
    const { instance } = desk.acknowledge();
    assertEquals(await attempt(), "authz.signer_unknown");
    // The file has the old key still.
    seed(host);
    assertEquals(await attempt(), "authz.signer_unknown");
    seed(host, `${instance} 3`);
    assertEquals(await attempt(), "authz.signer_unknown");
    const kinds = state.audit.list({ limit: 1000 }).map(({ kind }) => kind);
    assertEquals(kinds.filter((kind) => kind.startsWith("signers.reseed")), [
      "signers.reseed_refused",
    ]);
    await host.quiet();
    assertEquals(pve.world.guests.has(203), true);
  });
});

Deno.test("acknowledging again is refused: what others have signed stays good, and the audit log says who tried", async () => {
  await rotated(async (host, { bela }) => {
    const { desk, work: { state, clock } } = host;
    state.instances.doubt("The node knows more", clock.now());
    const { instance } = desk.acknowledge();
    const signed = await host.sign(destroy(205), bela);
    for (let times = 0; times < 3; times++) {
      const { code, exitCode } = assertThrows(() => desk.acknowledge(), FelhomError);
      assertEquals([code, exitCode], ["state.not_in_doubt", 4]);
    }
    assertEquals(state.instance, instance);
    const kinds = state.audit.list({ limit: 1000 }).map(({ kind }) => kind);
    assertEquals(kinds.filter((kind) => kind.startsWith("state.")), [
      ...["state.acknowledged", "state.ack_refused"],
    ]);
    const id = idOf(await desk.submit(signed));
    await host.quiet();
    assertEquals(state.operations.get(id)?.state, "succeeded");
  });
});

Deno.test("before recovery has ended nothing is acknowledged: whether there is a doubt is not known yet", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare: ({ simulator: { wire }, work: { state, clock } }) => {
      wire.faults.add({ path: "/tasks", fault: { kind: "status", status: 595 } });
      state.instances.doubt("The node knows more", clock.now());
    },
  });
  assertEquals(host.engine.phase, "recovering");
  const { code } = assertThrows(() => host.desk.acknowledge(), FelhomError);
  assertEquals(code, "engine.not_ready");
});
