/**
 * A document is signed for one deed. An old copy of the state does not know that it was done, and the
 * guest was restored in place since: whoever kept the document hands it in once more.
 */
import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { openOperators, type Operator } from "../authz/support/operators.ts";
import { type PliantClock, pliantClock } from "../e2e/faults/pliant_clock.ts";
import {
  runEngine,
  type RunEngineOptions,
  type RunningEngine,
} from "../reconcile/engine/run_engine.ts";
import { copyState } from "../reconcile/support/restored_host.ts";
import { grantLeastPrivilege } from "../sim/pve/scenarios/least_privilege.ts";
import { type Simulator, startSimulator } from "../sim/mod.ts";
import { unhurried } from "../sim/unhurried.ts";
import { inFolder } from "../state/state_folder.ts";

const VMID = 203;
const DESTROY: Action = { kind: "guest.destroy", guest: VMID, params: { purge: false } };
const START: Action = { kind: "guest.start", guest: 205, params: {} };
const SCALE = 50;
const DAY_MS = 86_400_000;

interface Host {
  readonly simulator: Simulator;
  readonly clock: PliantClock;
}

interface Way {
  /** Whether the agent has seen a task of its own end before its state is copied. @default true */
  readonly workedBefore?: boolean;
  /** What befalls the host before the old state is started, and how that start differs. */
  readonly befalls?: (host: Host) => RunEngineOptions | undefined;
  /** What befalls right after it. */
  readonly then?: (host: Host) => void;
}

const listGone = ({ simulator }: Host): undefined =>
  void simulator.pve.world.tasks.forget(() => true);

/** As after `pveum user token add felhom@pve agent2`: the agent goes on by another token. */
function anotherToken({ simulator }: Host): RunEngineOptions {
  const { access, world } = simulator.pve;
  const id = "felhom@pve!agent2";
  const secret = crypto.randomUUID();
  access.identities.setToken(id, { secret });
  grantLeastPrivilege(access, {
    ...{ to: [id], node: world.node.name, storages: ["local", "local-zfs"] },
    bridges: [...world.bridges],
  });
  const get = (of: Simulator, key: string | symbol) =>
    key === "token" ? `${id}=${secret}` : Reflect.get(of, key);
  return { on: new Proxy(simulator, { get }) };
}

const WAYS: Readonly<Record<string, Way>> = {
  "nothing else happened": {},
  "the node's list of tasks was removed": { befalls: listGone },
  "it was removed, and the old state has seen no task of its own end": {
    workedBefore: false,
    befalls: listGone,
  },
  "it was removed, and the clock was a day behind at the start alone": {
    befalls(host) {
      host.clock.jump(-DAY_MS);
      return listGone(host);
    },
    then: ({ clock }) => clock.jump(DAY_MS),
  },
  "the agent works by another token now": { befalls: anotherToken },
};

for (const [what, way] of Object.entries(WAYS)) {
  Deno.test(`A deed that is done is not done again by an old state: ${what}`, async () => {
    const operators = await openOperators();
    try {
      await replay(await operators.person("anna"), way);
    } finally {
      await operators.close();
    }
  });
}

async function replay(
  anna: Operator,
  { workedBefore = true, befalls = () => undefined, then = () => {} }: Way,
): Promise<void> {
  const clock = pliantClock(SCALE);
  await using simulator = await startSimulator({
    ...{ scenario: "mixed", guests: 12, ...unhurried(SCALE), clock },
  });
  const { world } = simulator.pve;
  const { config } = world.guest(VMID);
  await inFolder((folder) =>
    inFolder(async (copy) => {
      const during = async <T>(
        work: (host: RunningEngine) => Promise<T>,
        more: RunEngineOptions = {},
      ): Promise<T> => {
        const signers = { operational: anna.line() };
        await using host = await runEngine({ folder, clock, on: simulator, signers, ...more });
        await host.until(() => host.engine.phase === "running");
        return await work(host);
      };
      const document = await during(async (host) => {
        if (workedBefore) await host.desk.request({ action: START, why: "A hub wants it" });
        await host.quiet();
        host.work.state.timeMark.raise(clock.now());
        return await host.sign(DESTROY, anna);
      });
      await copyState(folder, copy);
      await during(async (host) => {
        assertEquals((await host.desk.submit(document)).outcome, "authorised");
        await host.quiet();
      });
      assert(!world.guests.has(VMID), "it was destroyed, as was signed");

      await copyState(copy, folder);
      const volume = world.storage("local-zfs").allocate(VMID, {
        ...{ bytes: 4 * 2 ** 30, ctime: world.epoch },
      });
      volume.data = { bytes: 1_000_000, marks: ["what the customer did since"] };
      world.addGuest(VMID, config);
      clock.jump(60_000);
      await during(async (host) => {
        then({ simulator, clock });
        const again = await host.desk.submit(document);
        assertEquals("code" in again ? again.code : again.outcome, "authz.state_behind");
        await host.quiet();
        assert(host.engine.report().doubt !== null);
      }, befalls({ simulator, clock }));
      assert(world.guests.has(VMID), "what was made anew is there");
    })
  );
}
