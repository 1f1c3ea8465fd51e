import { repositoryRoot } from "../support/repository.ts";
import type { Comparison, Suite } from "./frame.ts";
import { type Arguments, peakMemory, timeToRun } from "./process_cost.ts";

/** The bundle as it is shipped, under its own permission set and with nothing to fetch from. */
const VERSION: Arguments = [
  "run",
  "-P=agent",
  "--no-prompt",
  "--no-remote",
  "--no-npm",
  "--cached-only",
  "dist/felhom-agent.js",
  "version",
];

/** What `felhom-agent version` costs, against a program that prints one line. */
export async function startSuite(): Promise<Suite> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-bench-" });
  const file = `${folder}/hello.ts`;
  await Deno.writeTextFile(file, 'console.log("hello");\n');
  const hello: Arguments = ["run", file];
  await Deno.stat(new URL("dist/felhom-agent.js", repositoryRoot));

  function against(
    cost: (args: Arguments) => Promise<number>,
    text: Pick<Comparison, "title" | "unit">,
    limit: number,
  ): Comparison {
    return {
      ...text,
      rounds: 21,
      baseline: { name: "deno run hello.ts", run: () => cost(hello) },
      contenders: [{ name: "felhom-agent version", run: () => cost(VERSION), limit }],
    };
  }

  return {
    comparisons: [
      against(timeToRun, { title: "Start: time of one run", unit: "ms" }, 3),
      against(peakMemory, { title: "Start: most memory of one run", unit: "MiB" }, 2),
    ],
    close: () => Deno.remove(folder, { recursive: true }),
  };
}
