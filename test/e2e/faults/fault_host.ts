import type { Taken } from "../../../src/reconcile/commands/commands.ts";
import type { Operation } from "../../../src/state/mod.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import { runEngine, type RunningEngine } from "../../reconcile/engine/run_engine.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { scaledClock } from "../../sim/scaled_clock.ts";
import { unhurried } from "../../sim/unhurried.ts";
import { GOLDEN } from "../../sim/pve/scenarios/mixed.ts";
import { judge, type JudgeOptions } from "../ledger/judge.ts";
import { portrait } from "../ledger/portrait.ts";
import { simulatorBooks } from "../ledger/simulator_books.ts";
import { parseWorld } from "../ledger/world_view.ts";
import { pliantClock } from "./pliant_clock.ts";
import { actionOf, backupOf, MIXED_GUESTS, type Order } from "./every_kind.ts";

/** How many times as short every wait on these hosts is. */
export const TIME_SCALE = 50;

export interface FaultHostOptions {
  /**
   * How many times as short the limits of a call are. @default 1: a slow test must not run into them
   */
  readonly callScale?: number;
  /** How long pveproxy waits for pvedaemon, milliseconds of the machine. @default 30 s */
  readonly answerLimitMs?: number;
  /** How far the node's time of day is ahead of the agent's, milliseconds. @default 0 */
  readonly nodeAhead?: number;
}

/** The mixed host with an engine at work on it, and an operator who signs. */
export interface FaultHost extends AsyncDisposable {
  readonly running: RunningEngine;
  readonly simulator: Simulator;
  /**
   * Hands in what is asked for, signed where it has to be.
   *
   * @param befalls called right before, when an operator has signed already
   */
  handIn(order: Order, befalls?: () => void): Promise<Taken>;
  /** The same, of what is taken for certain. @returns the operation's id */
  ask(order: Order): Promise<string>;
  /** Waits until all that was begun has ended. */
  ended(): Promise<void>;
  operation(id: string): Operation;
  /** Why an operation ended as it did, for whoever reads a failed test. */
  reasonOf(id: string): string;
  /** What stands under the VMID of an order, and under the one that it makes. */
  portraitOf(order: Order): string;
  /** Does what only root can: unlocks what a killed task left locked, and removes what is half made. */
  cleanUp(): void;
  /** What is wrong with the books. */
  problems(options?: JudgeOptions): readonly string[];
}

/** An operator for all hosts of a test file. Ends with `await using`. */
export async function openOperator(): Promise<Operator & AsyncDisposable> {
  const operators = await openOperators();
  const person = await operators.person("anna");
  return { ...person, [Symbol.asyncDispose]: () => operators.close() };
}

/** Starts a host with an engine that has nothing to do yet. */
export async function startFaultHost(
  operator: Operator,
  { callScale = 1, answerLimitMs, nodeAhead = 0 }: FaultHostOptions = {},
): Promise<FaultHost> {
  await using starting = new AsyncDisposableStack();
  const simulator = starting.use(
    await startSimulator({
      ...{ scenario: "mixed", guests: MIXED_GUESTS, ...unhurried(TIME_SCALE) },
      ...(answerLimitMs === undefined ? {} : { answerLimitMs: answerLimitMs * TIME_SCALE }),
      ...(nodeAhead === 0 ? {} : { clock: pliantClock(TIME_SCALE, { ahead: nodeAhead }) }),
    }),
  );
  const { world } = simulator.pve;
  const volume = backupOf(world, GOLDEN);
  const image = world.storage("local").files.get(volume);
  const running = starting.use(
    await runEngine({
      on: simulator,
      simulator: { timeScale: TIME_SCALE },
      ...(nodeAhead === 0 ? {} : { clock: pliantClock(TIME_SCALE) }),
      signers: { operational: operator.line() },
      goldenImages: [{ volume, bytes: image?.size ?? 0 }],
      callClock: scaledClock(callScale),
      // Nothing here lets a connection wait: only a busy machine does.
      connectLimitMs: 10_000 * callScale,
    }),
  );
  const { work: { state }, desk, engine, sign, until } = running;
  await until(() => engine.phase === "running");
  const operation = (id: string): Operation => {
    const found = state.operations.get(id);
    if (found === undefined || "unreadable" in found) throw new Error(`No operation ${id}`);
    return found;
  };
  const handIn = async (order: Order, befalls = () => {}) => {
    const action = actionOf(order, world);
    const submission = order.signed ? await sign(action, operator) : undefined;
    befalls();
    return submission === undefined
      ? await desk.request({ action, why: "Somebody asks" })
      : await desk.submit(submission);
  };
  const started = starting.move();
  return {
    running,
    simulator,
    handIn,
    async ask(order) {
      const taken = await handIn(order);
      if (taken.outcome === "authorised") return taken.operation;
      throw new Error(`${order.kind} is ${taken.outcome}: ${taken.why}`);
    },
    ended: () => until(() => state.operations.unfinished().length === 0),
    operation,
    reasonOf: (id) => JSON.stringify(state.operations.transitions(id).at(-1)?.detail ?? null),
    portraitOf({ guest, about }) {
      const view = parseWorld(simulator.pve.snapshot());
      const whose = guest === about ? [guest] : [guest, about];
      return whose.flatMap((vmid) => portrait(view, vmid)).join("\n");
    },
    cleanUp() {
      for (const { vmid, lock } of parseWorld(simulator.pve.snapshot()).guests) {
        if (lock === "create") simulator.pve.inject({ kind: "vanish", vmid });
        else if (lock !== null) {
          simulator.pve.inject({ kind: "lock", vmid, lock: null });
          forgetHalfTaken(world.guest(vmid));
        }
      }
    },
    problems: (options) => judge(simulatorBooks(state.operations, simulator), options).problems,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** What `pct delsnapshot --force` does to snapshots that are not complete. */
function forgetHalfTaken(guest: ReturnType<Simulator["pve"]["world"]["guest"]>): void {
  const { snapshots, options } = guest.config;
  const whole = new Map([...snapshots].filter(([, section]) => !section.has("snapstate")));
  if (whole.size === snapshots.size) return;
  const left = [...options].filter(([key, value]) => key !== "parent" || whole.has(value));
  guest.config = { ...guest.config, options: new Map(left), snapshots: whole };
}
