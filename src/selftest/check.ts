import type { ErrorCode } from "../errors.ts";

/** What became of a check. A warning is no failure: the agent works, somebody should look. */
export type CheckStatus = "ok" | "warning" | "failed" | "skipped";

/** What a check found. Texts may quote what came from outside; who prints them cleans them. */
export interface Finding {
  readonly status: CheckStatus;
  /** What was found, why it failed, or why it was skipped: one sentence. */
  readonly detail: string;
  /** What to do, in one sentence; for warnings and failures. */
  readonly hint?: string;
  /** The error it failed with. */
  readonly code?: ErrorCode;
  /** Shell commands that mend it, in their order, to be run by an administrator. */
  readonly commands?: readonly string[];
}

/** The line of one check. */
export interface CheckResult extends Finding {
  readonly name: string;
  /** Milliseconds, rounded. */
  readonly tookMs: number;
}

/** One question that the self-test asks. */
export interface Check {
  readonly name: string;
  /** Checks that must not have failed or been skipped for this one to make sense. */
  readonly needs: readonly string[];
  /** A known error that it throws makes it fail with that error's text, hint and code. */
  run(): Promise<Finding> | Finding;
}
