import { labelOf, openAccount } from "./account.ts";
import { assignRequests, assignTasks } from "./assign.ts";
import type { Books } from "./books.ts";
import { falseClaims } from "./false_claims.ts";

export interface JudgeOptions {
  /**
   * Whether journal and request log were written by one wall clock: then an operation's request
   * and task lie between its start and its end. Not where a clock was made to jump.
   *
   * @default true
   */
  readonly oneClock?: boolean;
}

/** What a comparison of the books found. */
export interface Verdict {
  /** What is wrong, a sentence each. Empty: nothing was lost, nothing was sent twice. */
  readonly problems: readonly string[];
  /** Operations that the journal itself says it does not know the outcome of, by id. */
  readonly unknown: readonly string[];
}

/**
 * Holds the journal against what was sent and against the host:
 * - every operation has ended;
 * - every mutating request belongs to one operation that was begun before it, and no operation has
 *   two of the same;
 * - every task belongs to an operation;
 * - what the journal says of each operation is true.
 *
 * Pure.
 */
export function judge(books: Books, options: JudgeOptions = {}): Verdict {
  const { oneClock = true } = options;
  const problems: string[] = [];
  const accounts = books.journal.toSorted((a, b) => a.operation.seq - b.operation.seq)
    .flatMap((entry) => {
      const account = openAccount(entry);
      if (account === undefined) problems.push(`${labelOf(entry.operation)} holds no known action`);
      return account ?? [];
    });
  problems.push(
    ...assignRequests(accounts, books.requests, oneClock),
    ...assignTasks(accounts, books.world.tasks, oneClock),
    ...accounts.flatMap((account) => falseClaims(account, { ...books, accounts })),
  );
  return {
    problems,
    unknown: accounts.filter(({ entry }) => entry.operation.state === "unknown")
      .map(({ entry }) => entry.operation.id),
  };
}
