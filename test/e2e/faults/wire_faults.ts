import type { FaultRule } from "../../sim/mod.ts";
import type { Order } from "./every_kind.ts";

type WireFault = FaultRule["fault"];

/** What of an operation a fault befalls. */
export const STAGES = ["the call", "its task", "the look after", "all of it"] as const;
export type Stage = (typeof STAGES)[number];

/** One way in which a request goes wrong. */
export interface FaultCase {
  readonly name: string;
  readonly fault: WireFault;
  /**
   * How an operation ends whose call it befalls: `either` where chance decides whether the work was
   * begun. Whatever it is, journal and host have to agree.
   */
  readonly ends: "succeeded" | "failed" | "either";
  /** Whether only a time limit ends it: then a host of its own for each, with short limits. */
  readonly slow?: boolean;
  /** Whether it befalls the whole host: then a host of its own for each. */
  readonly wide?: boolean;
  /** Whether a list of many guests would take too long under it: then a host of its own for each. */
  readonly alone?: boolean;
  /** What reads do not differ by: it is left to another case. */
  readonly callOnly?: boolean;
  /** Whether it befalls all stages of one operation, too. */
  readonly everywhere?: boolean;
}

const status = (code: number, run: boolean): WireFault => ({ kind: "status", status: code, run });

/**
 * Every fault of the simulator's network half; those that lose the answer first. A 595 after the
 * work was done is none: it is the one answer that proves that nothing was sent (FACTS §1.5).
 */
export const WIRE_FAULTS: readonly FaultCase[] = [
  {
    name: "reset after",
    fault: { kind: "reset_after" },
    ends: "succeeded",
    callOnly: true,
    everywhere: true,
  },
  { name: "reset during", fault: { kind: "reset_during" }, ends: "succeeded", callOnly: true },
  { name: "close, done", fault: { kind: "close", run: true }, ends: "succeeded", callOnly: true },
  {
    ...{ name: "silence, done", fault: { kind: "silence", run: true }, ends: "succeeded" },
    ...{ slow: true, callOnly: true },
  },
  {
    name: "500, done",
    fault: status(500, true),
    ends: "succeeded",
    callOnly: true,
    everywhere: true,
  },
  {
    name: "596, done",
    fault: status(596, true),
    ends: "succeeded",
    callOnly: true,
    everywhere: true,
  },
  { name: "597, done", fault: status(597, true), ends: "succeeded", callOnly: true },
  { name: "599, done", fault: status(599, true), ends: "succeeded", callOnly: true },
  { name: "truncate", fault: { kind: "truncate" }, ends: "succeeded", everywhere: true },
  { name: "drip", fault: { kind: "drip", every_ms: 20 }, ends: "succeeded", alone: true },
  {
    ...{ name: "drip for ever", fault: { kind: "drip", every_ms: 5_000 }, ends: "succeeded" },
    slow: true,
  },
  { name: "huge head", fault: { kind: "huge_head" }, ends: "succeeded" },
  { name: "delay", fault: { kind: "delay", ms: 5_000 }, ends: "succeeded" },
  { name: "reset before", fault: { kind: "reset_before" }, ends: "failed" },
  { name: "close", fault: { kind: "close" }, ends: "failed" },
  { name: "silence", fault: { kind: "silence" }, ends: "failed", slow: true },
  { name: "500", fault: status(500, false), ends: "failed" },
  { name: "595", fault: status(595, false), ends: "succeeded" },
  { name: "596", fault: status(596, false), ends: "failed" },
  { name: "597", fault: status(597, false), ends: "failed" },
  { name: "599", fault: status(599, false), ends: "failed" },
  { name: "html", fault: { kind: "html" }, ends: "failed" },
  { name: "huge body", fault: { kind: "huge_body", bytes: 20_000_000 }, ends: "failed" },
  { name: "hang worker", fault: { kind: "hang_worker" }, ends: "failed", wide: true },
  { name: "restart", fault: { kind: "restart" }, ends: "either", wide: true },
];

/** A read is tried three times before anybody hears of it. */
const STRIKES_OF_READS = 4;
/** Of those that cost the limit of a call, or one of three workers, each time. */
const STRIKES_OF_SLOW = 2;

/**
 * The rule that has a fault befall the list of guests, by which many are looked at when they are looked
 * at together. To be added once all is asked for: it is asked for by that list as well.
 */
export function listRuleOf({ fault }: FaultCase): FaultRule {
  return { route: "/nodes/{node}/lxc", method: "GET", count: STRIKES_OF_READS, fault };
}

/** The rules that have a fault befall one stage of an order, or all of them. */
export function rulesOf(
  { fault, slow = false, wide = false }: FaultCase,
  { about, methods }: Order,
  stage: Stage,
): FaultRule[] {
  const count = slow || wide ? STRIKES_OF_SLOW : STRIKES_OF_READS;
  const call: FaultRule[] = methods.map((method) => ({ method, guest: about, count: 1, fault }));
  const task: FaultRule[] = [{ path: "/tasks/", method: "GET", guest: about, count, fault }];
  const look: FaultRule[] = [{
    ...{ path: "^(?!.*/tasks)", method: "GET", guest: about, once_changed: true, count, fault },
  }];
  switch (stage) {
    case "the call":
      return call;
    case "its task":
      return task;
    case "the look after":
      return look;
    case "all of it":
      return [...call, ...task, ...look];
    default:
      return stage satisfies never;
  }
}
