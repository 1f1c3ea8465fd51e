/** Prints the benchmarks. `deno task bench [start|helper|client|pipeline|state|sshsig|reconcile|convergence|memory …]` runs the named suites, else all. */
import { compare, type Suite } from "./frame.ts";
import { clientSuite } from "./client_bench.ts";
import { convergenceSuite } from "./convergence_bench.ts";
import { helperSuite } from "./helper_bench.ts";
import { memorySuite } from "./memory_bench.ts";
import { pipelineSuite } from "./pipeline_bench.ts";
import { reconcileSuite } from "./reconcile_bench.ts";
import { sshsigSuite } from "./sshsig_bench.ts";
import { startSuite } from "./start_bench.ts";
import { stateSuite } from "./state_bench.ts";
import { table } from "./table.ts";

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  start: startSuite,
  helper: helperSuite,
  client: clientSuite,
  pipeline: pipelineSuite,
  state: stateSuite,
  sshsig: sshsigSuite,
  reconcile: reconcileSuite,
  convergence: convergenceSuite,
  memory: () => memorySuite(),
};

async function main(names: readonly string[]): Promise<void> {
  for (const [name, open] of Object.entries(SUITES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const suite = await open();
    try {
      for (const comparison of suite.comparisons) {
        const rows = await compare(comparison);
        await Deno.stdout.write(new TextEncoder().encode(`${table(comparison, rows)}\n\n`));
      }
    } finally {
      await suite.close();
    }
  }
}

await main(Deno.args);
