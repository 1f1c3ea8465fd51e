import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Action } from "../../../src/action/mod.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { recover } from "../../../src/reconcile/recovery/recover.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { openWork, type OpenWorkOptions } from "./open_work.ts";

export const START: Action = { kind: "guest.start", guest: 230, params: {} };
export const STOP: Action = { kind: "guest.stop", guest: 230, params: {} };
const signal = new AbortController().signal;

/**
 * A host whose agent's state is copied; the host goes on, and the copy is put back: a signed document
 * that was used in between could run once more, if that were not noticed.
 */
export interface Host {
  readonly simulator: Simulator;
  readonly folder: string;
  /** Runs an agent to its end: it recovers, and does this. */
  agent<T>(life: (work: Work) => T | Promise<T>, options?: OpenWorkOptions): Promise<T>;
  /** Keeps the state as it is now. @returns what puts it back */
  keep(): Promise<() => Promise<void>>;
  /** The doubt that the next start ends with. */
  doubt(options?: OpenWorkOptions): Promise<string | null>;
}

/** A host on which one agent after the other goes on with one state. */
export async function onHost(test: (host: Host) => Promise<void>): Promise<void> {
  await using simulator = await startSimulator({ timeScale: 50 });
  await inFolder(async (folder) => {
    await inFolder(async (other) => {
      const agent: Host["agent"] = async (life, options = {}) => {
        await using opened = await openWork({ ...options, folder, on: simulator });
        await recover(opened.work, { signal });
        return await life(opened.work);
      };
      await test({
        simulator,
        folder,
        agent,
        doubt: (options) => agent(({ state }) => state.instances.current().doubt, options),
        async keep() {
          await copyState(folder, other);
          return () => copyState(other, folder);
        },
      });
    });
  });
}

/** All files of a state, and no others. */
export async function copyState(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(to)) {
    if (name.startsWith("state.db")) await Deno.remove(`${to}/${name}`);
  }
  for await (const { name } of Deno.readDir(from)) {
    if (name.startsWith("state.db")) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

export async function carryOut(work: Work, action: Action): Promise<string> {
  const outcome = await carryOutStep(work, {
    ...{ action, origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, signal);
  return outcome.kind;
}

export async function succeed(work: Work, action: Action): Promise<void> {
  assertEquals(await carryOut(work, action), "succeeded");
}

/** Changes the state while no agent has it open. */
export function edit(folder: string, sql: string): void {
  using database = new DatabaseSync(`${folder}/state.db`);
  database.exec(sql);
}
