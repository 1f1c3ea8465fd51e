import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import type { Submission } from "../../../src/authz/mod.ts";
import type { Taken } from "../../../src/reconcile/commands/commands.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import {
  runEngine,
  type RunEngineOptions,
  type RunningEngine,
} from "../../reconcile/engine/run_engine.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { unhurried } from "../../sim/unhurried.ts";
import { judge } from "../ledger/judge.ts";
import { simulatorBooks } from "../ledger/simulator_books.ts";
import { type PliantClock, pliantClock } from "./pliant_clock.ts";

const TIME_SCALE = 50;
const GUESTS = 12;

/** A host whose clock is set: Proxmox and one agent after the other go by it. */
export interface JumpingHost {
  readonly clock: PliantClock;
  readonly simulator: Simulator;
  /** Who signs. */
  readonly anna: Operator;
  /** Starts an agent that goes on with the state of the one before. */
  agent(options?: RunEngineOptions): Promise<JumpedAgent>;
}

/** An agent at work on it. Ends with `await using`. */
export interface JumpedAgent extends RunningEngine {
  /** Signs an action for the next hour. */
  signed(action: Action): Promise<Submission>;
  /** Hands in what is signed. @returns the operation's id, or the code of the refusal */
  submit(submission: Submission): Promise<string>;
  stateOf(operation: string): string | undefined;
  /** What the journal says of its end. */
  reasonOf(operation: string): string;
  /** Waits until a guest waits for this reason. */
  waits(guest: number, why: RegExp): Promise<void>;
}

/**
 * Runs a test on such a host. Afterwards the books have to agree and the audit log to hold, in the
 * order in which it was written.
 */
export async function onJumpingHost(test: (host: JumpingHost) => Promise<void>): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const clock = pliantClock(TIME_SCALE);
  const simulator = ending.use(
    await startSimulator({ scenario: "mixed", guests: GUESTS, ...unhurried(TIME_SCALE), clock }),
  );
  const folder = await Deno.makeTempDir({ prefix: "felhom-jump-" });
  ending.defer(() => Deno.remove(folder, { recursive: true }));
  const operators = await openOperators();
  ending.defer(() => operators.close());
  const anna = await operators.person("anna");
  const options = {
    ...{ folder, clock, on: simulator, simulator: { timeScale: TIME_SCALE } },
    signers: { operational: anna.line() },
  };
  await test({
    clock,
    simulator,
    anna,
    agent: async (more = {}) => agentOf(await runEngine({ ...options, ...more }), anna),
  });
  await using last = await runEngine(options);
  await last.quiet();
  const { work: { state } } = last;
  const { problems } = judge(simulatorBooks(state.operations, simulator), { oneClock: false });
  assertEquals(problems, []);
  assert(state.audit.verify().holds);
  const places = state.audit.list({ limit: 1_000 }).map(({ seq }) => seq);
  assertEquals(places, places.map((_, index) => index + 1));
}

function agentOf(running: RunningEngine, anna: Operator): JumpedAgent {
  const { desk, engine, sign, until, work: { state } } = running;
  return {
    ...running,
    signed: (action) => sign(action, anna),
    submit: async (submission) => idOrCode(await desk.submit(submission)),
    stateOf(operation) {
      const found = state.operations.get(operation);
      return found?.state;
    },
    reasonOf: (operation) =>
      JSON.stringify(state.operations.transitions(operation).at(-1)?.detail ?? null),
    waits: (guest, why) => until(() => why.test(engine.obstacle(guest) ?? "")),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** The id of what was let through, the code of what was not. */
export function idOrCode(taken: Taken): string {
  if (taken.outcome === "authorised") return taken.operation;
  return taken.outcome === "refused" ? taken.code : taken.outcome;
}

/**
 * Has something befall each time that an action has its permit and the node was asked for its time,
 * and before the call leaves.
 */
export function beforeSending(befalls: () => void): NonNullable<RunEngineOptions["alter"]> {
  return (work) => {
    const { reads } = work.eyes;
    const permits = () =>
      work.state.audit.list({ limit: 1_000 })
        .filter(({ body }) => body.includes('"outcome":"permitted"')).length;
    let known = 0;
    const nodeTime: typeof reads.nodeTime = async (options) => {
      const time = await reads.nodeTime(options);
      // Others ask for the time, too.
      if (permits() > known) {
        known = permits();
        befalls();
      }
      return time;
    };
    return { ...work, eyes: { ...work.eyes, reads: { ...reads, nodeTime } } };
  };
}
