/**
 * `signers/reseed` was left lying after it was used, and a state of before that is put back: its
 * instance is the one that the file names, and has not been reseeded yet. Root's floor tells.
 */
import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { seedSigners } from "../../src/daemon/seed_signers.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { textDigest } from "../../src/state/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { startSimulator } from "../sim/mod.ts";
import { inFolder } from "../state/state_folder.ts";

const DESTROY: Action = { kind: "guest.destroy", guest: 203, params: { purge: false } };

async function copyState(from: string, to: string): Promise<void> {
  const names = async (folder: string) => {
    const all = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return all.filter((name) => name.startsWith("state.db"));
  };
  for (const name of await names(to)) await Deno.remove(`${to}/${name}`);
  for (const name of await names(from)) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
}

/** What of the file follows the instance, and the set that is in force once it was obeyed. */
const FORMS: readonly (readonly [rest: string, sequence: number])[] = [["", 1], [" 7", 7]];

for (const [rest, reseeded] of FORMS) {
  Deno.test(`a reseed file "INSTANCE${rest}" that was left lying brings no removed key back over root's floor`, async () => {
    await using operators = closing(await openOperators());
    // Anna's key is stolen, and rotated out after the copy of the state was made.
    const [anna, bela] = [await operators.person("anna"), await operators.person("bela")];
    await using simulator = await startSimulator({
      ...{ scenario: "mixed", guests: 6, timeScale: 50 },
    });
    await inFolder((folder) =>
      inFolder(async (kept) => {
        const start = async <T>(
          root: { readonly reseed?: string; readonly floor?: number },
          life: (host: RunningEngine) => Promise<T>,
        ): Promise<T> => {
          const { reseed = "", floor = 0 } = root;
          const signersFloor = { operational: floor, recovery: 0 };
          await using host = await runEngine({
            ...{ on: simulator, folder, signers: { operational: anna.line() }, signersFloor },
            prepare: ({ signers, work: { state, clock } }) =>
              seedSigners(
                {
                  ...{ signers, reseed: { path: "signers/reseed", text: reseed } },
                  operations: { signersFloor, revokedKeys: new Set() },
                },
                state,
                { at: clock.now(), log: silentLogger },
              ),
          });
          await host.until(() => host.engine.phase === "running");
          return await life(host);
        };
        const inForce = ({ work: { state } }: RunningEngine) =>
          state.signers.current("operational")?.sequence ?? 0;
        const instance = await start({}, ({ work }) => Promise.resolve(work.state.instance));
        await copyState(folder, kept);
        const reseed = `${instance}${rest}\n`;
        const before = await start({ reseed }, (host) => Promise.resolve(inForce(host)));
        assertEquals(before, reseeded);
        await start({ reseed }, async (host) => {
          const rotation: Action = {
            ...{ kind: "signers.rotate", guest: null },
            params: {
              ...{ role: "operational", sequence: before + 1 },
              ...{ replaces: textDigest(anna.line()), signers: bela.line() },
            },
          };
          const taken = await host.desk.submit(await host.sign(rotation, anna, bela));
          assertEquals(taken.outcome, "authorised");
          await host.until(() => inForce(host) === before + 1);
        });
        // Root writes the rotation's sequence; and forgets to, after the reseeding's was written.
        const floors = rest === "" ? [before + 1] : [before + 1, before];
        for (const floor of floors) {
          await copyState(kept, folder);
          await start({ reseed, floor }, async (host) => {
            const refused = await host.desk.submit(await host.sign(DESTROY, anna));
            assertEquals(refused.outcome === "refused" && refused.code, "authz.signers_behind");
            await host.quiet();
            assertEquals(inForce(host), 1);
            assert(simulator.pve.world.guests.has(203));
          });
        }
      })
    );
  });
}

function closing<T extends { close(): Promise<void> }>(operators: T): T & AsyncDisposable {
  return Object.assign(operators, { [Symbol.asyncDispose]: () => operators.close() });
}
