import * as z from "zod";
import type { AgentTransaction, Operation, State } from "../../state/mod.ts";
import type { TransactionReport } from "../commands/commands.ts";
import type { SelftestReport } from "../transactions/selftest_report.ts";
import type { Engine } from "./engine.ts";
import type { SelftestJobs } from "./selftest_jobs.ts";

const reasoned = z.object({ why: z.string() });

/** Where a transaction stands; undefined when nobody knows it. */
export function reportTransaction(
  { work: { state }, selftests }: Engine,
  id: string,
): TransactionReport | undefined {
  const known = state.transactions.get(id);
  const ended = selftests.reportOf(id);
  const waiting = selftests.vmidOf(id);
  if (known === undefined && ended === undefined && waiting === undefined) return undefined;
  return {
    id,
    vmid: waiting ?? ended?.vmid ?? known?.vmid ?? null,
    outcome: outcomeOf({ known, ended, waits: waiting !== undefined }),
    steps: stepsOf(id, { state, selftests }).map((operation) => ({
      operation: operation.id,
      kind: operation.kind,
      state: operation.state,
      compensates: operation.compensates,
      why: lastReason(state, operation),
    })),
    problem: ended === undefined || ended.problem === null
      ? null
      : [ended.problem, ended.left].filter((said) => said !== null).join(". "),
  };
}

/** One that was refused never began: nothing of it is on the host. */
function outcomeOf(
  { known, ended, waits }: {
    readonly known: AgentTransaction | undefined;
    readonly ended: SelftestReport | undefined;
    readonly waits: boolean;
  },
): TransactionReport["outcome"] {
  if (waits) return "open";
  if (ended?.outcome === "passed") return "committed";
  return known?.outcome === "open"
    ? "open"
    : ended === undefined && known !== undefined
    ? known.outcome
    : "rolled_back";
}

/** Those of the transaction itself, and what else a self-test did, in their order. */
function stepsOf(
  id: string,
  { state: { operations }, selftests }: {
    readonly state: Pick<State, "operations">;
    readonly selftests: Pick<SelftestJobs, "operationsOf">;
  },
): Operation[] {
  const did = selftests.operationsOf(id).flatMap((other) => operations.get(other) ?? []);
  const transactions = new Set([id, ...did.flatMap(({ transaction }) => transaction ?? [])]);
  const all = [...[...transactions].flatMap((each) => operations.ofTransaction(each)), ...did];
  const byId = new Map(all.map((operation) => [operation.id, operation] as const));
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}

/** What was last written down of how an operation went. */
function lastReason({ operations }: Engine["work"]["state"], { id }: Operation): string | null {
  const last = operations.transitions(id).at(-1);
  const read = reasoned.safeParse(last?.detail);
  return read.success ? read.data.why : null;
}
