import { repositoryRoot } from "../support/repository.ts";
import { clipped, type Mutant } from "./mutation.ts";

/** A change that once went unnoticed, by the text it changes. */
interface NamedMutant {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly found: string;
  readonly instead: string;
}

/** Changes by hand that once no test noticed. */
export const NAMED: readonly NamedMutant[] = [
  {
    name: "A document without a guest is valid for any host and instance",
    file: "src/authz/open_operation.ts",
    found: "checkPlace(document, facts);",
    instead: "if (document.target.guest !== null) checkPlace(document, facts);",
  },
  {
    name: "A nonce is forgotten while a clock that is believed finds its document valid",
    file: "src/state/retention.ts",
    found: "nonceBehindMarkMs: 10 * 60_000",
    instead: "nonceBehindMarkMs: 4 * 60_000",
  },
  {
    name: "A task that the journal knows counts as newer than the state",
    file: "src/authz/state_age.ts",
    found: "tasks.filter(({ upid }) => !upids.has(upid));",
    instead: "tasks;",
  },
  {
    name: "A protection that is pending does not keep a guest from being destroyed",
    file: "src/reconcile/executors/destroy.ts",
    found: "live.protection === true || next.protection === true",
    instead: "live.protection === true",
  },
  {
    name: "A change that is pending since the decision is not looked at",
    file: "src/reconcile/executors/recheck_guest.ts",
    found: "live.digest === known.digest && next.digest === known.digest",
    instead: "live.digest === known.digest",
  },
  {
    name: "A start leaves the marks on guest and snapshots as they are",
    file: "src/reconcile/settling/record_traces.ts",
    found: 'case "guest_started":',
    instead: 'case "guest_started":\n      return;',
  },
  {
    name: "Any number of operations may wait",
    file: "src/reconcile/engine/intake.ts",
    found: "waiting.length >= MOST_WAITING",
    instead: "false",
  },
  {
    name: "A pool whose metadata shows zeros is known",
    file: "src/gate/limits.ts",
    found: " && metadata?.total !== 0",
    instead: "",
  },
];

/** Tests of which one has to notice. */
export const NAMED_STAGES: readonly (readonly string[])[] = [
  ["test/gate/", "test/authz/open_operation_test.ts", "test/authz/time_mark_test.ts"],
  ["test/state/retention_test.ts", "test/adversarial/"],
  ["test/reconcile/executors/destroy_test.ts", "test/reconcile/carry_out/"],
  ["test/reconcile/executors/", "test/reconcile/recovery/", "test/reconcile/transactions/"],
  ["test/reconcile/engine/"],
];

/** @throws when the text that is changed is not there exactly once */
export async function namedMutants(): Promise<Mutant[]> {
  return await Promise.all(NAMED.map(async ({ name, file, found, instead }) => {
    const source = await Deno.readTextFile(new URL(file, repositoryRoot));
    const start = source.indexOf(found);
    if (start === -1 || source.includes(found, start + 1)) {
      throw new Error(`"${name}": ${file} does not have exactly once: ${found}`);
    }
    return {
      operator: "named",
      file,
      line: source.slice(0, start).split("\n").length,
      range: [start, start + found.length],
      replacement: instead,
      id: `${file} › ${name} › named › ${clipped(found)} → ${clipped(instead)}`,
    };
  }));
}
