/**
 * Changes the product, one place at a time, and sees whether a test notices. Prints what survived.
 *
 *     deno task mutants [--area NAME] [--file PATH] [--operators A,B] [--named] [--list] [--sample N] [--seed N]
 *                       [--jobs N] [--seconds N] [--stages N] [--report FILE] [--only FILE]
 */
import { parseArgs } from "@std/cli/parse-args";
import { inLanes } from "../support/in_lanes.ts";
import { type Area, AREAS, filesOf } from "./areas.ts";
import { readArgued } from "./argued.ts";
import { findMutants } from "./find_mutants.ts";
import { type Ending, type Lane, openLane } from "./lane.ts";
import type { Mutant } from "./mutation.ts";
import { NAMED_STAGES, namedMutants } from "./named.ts";
import { nearestTests } from "./nearest.ts";
import { parseVerdicts, table, toLine, type Verdict, verdictOn } from "./report.ts";
import { sample } from "./sample.ts";

interface Work {
  readonly area: Pick<Area, "name" | "stages">;
  /** Run before the area's. */
  readonly nearest: readonly string[];
  readonly mutant: Mutant;
}

const given = parseArgs(Deno.args, {
  string: [
    "area",
    "file",
    "operators",
    "sample",
    "seed",
    "jobs",
    "seconds",
    "stages",
    "report",
    "only",
  ],
  boolean: ["named", "list"],
  unknown: (arg) => {
    throw new Error(`Cannot read the command line: ${arg} is no option`);
  },
});

const options = {
  named: given.named === true,
  list: given.list === true,
  area: text(given.area),
  file: text(given.file) ?? "",
  operators: text(given.operators)?.split(","),
  only: text(given.only),
  report: text(given.report),
  sample: number(given.sample),
  seed: number(given.seed) ?? Math.floor(Math.random() * 2 ** 32),
  jobs: number(given.jobs) ?? 1,
  seconds: number(given.seconds) ?? 300,
  stages: number(given.stages),
};

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const read = Number(value);
  if (Number.isInteger(read) && read >= 0) return read;
  throw new Error(`Cannot read the command line: ${value} is no whole number`);
}

async function workOf(): Promise<Work[]> {
  if (options.named) {
    const area = { name: "named", stages: NAMED_STAGES };
    return await Promise.all(
      (await namedMutants()).map(async (mutant) => (
        { area, nearest: await nearestTests(mutant.file), mutant }
      )),
    );
  }
  const asked = AREAS.filter(({ name }) => options.area === undefined || options.area === name);
  const found = await Promise.all(asked.map(async (area) => {
    const files = (await filesOf(area)).filter((file) => file.startsWith(options.file));
    const nearest = new Map(
      await Promise.all(files.map(async (file) => [file, await nearestTests(file)] as const)),
    );
    return (await findMutants(files))
      .filter(({ operator }) => options.operators?.includes(operator) ?? true)
      .map((mutant) => ({ area, nearest: nearest.get(mutant.file) ?? [], mutant }));
  }));
  return found.flat();
}

/** Those that a file of verdicts does not have as noticed. */
async function only(work: readonly Work[]): Promise<readonly Work[]> {
  if (options.only === undefined) return work;
  const verdicts = parseVerdicts(await Deno.readTextFile(options.only));
  const last = new Map(verdicts.map((verdict) => [verdict.id, verdict]));
  return work.filter(({ mutant: { id } }) =>
    last.get(id)?.outcome === "survived" || last.get(id)?.outcome === "argued"
  );
}

/** Runs stage after stage until one notices. Each has to pass on the tree as it is. */
async function runStages(lane: Lane, work: Work, sound: Set<string>): Promise<Ending> {
  const { area, nearest, mutant } = work;
  const ofArea = area.stages.slice(0, options.stages);
  const stages = nearest.length > 0 ? [nearest, ...ofArea] : ofArea;
  if (stages.length === 0) throw new Error(`No test is run for ${mutant.file}: see nearest.ts`);
  for (const stage of stages) {
    const ending = await lane.run(stage, mutant);
    if (ending.outcome === "passed") continue;
    const name = stage.join(" ");
    if (!sound.has(name)) {
      const plain = await lane.run(stage);
      if (plain.outcome !== "passed") {
        throw new Error(`Without any change: ${name}: ${JSON.stringify(plain)}`);
      }
      sound.add(name);
    }
    return ending;
  }
  return { outcome: "passed" };
}

async function main(): Promise<number> {
  const all = await only(await workOf());
  const chosen = sample(all, options.sample ?? all.length, options.seed);
  say(`${chosen.length} of ${all.length} mutants, seed ${options.seed}`);
  if (options.list) {
    for (const { mutant: { id, line } } of chosen) say(`${line}\t${id}`);
    return 0;
  }
  const argued = await readArgued();
  const verdicts: Verdict[] = [];
  const sound = new Set<string>();
  const lanes = await Promise.all(
    Array.from(
      { length: options.jobs },
      () => openLane(options),
    ),
  );
  // What is interrupted leaves no copy of the tree behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      await Promise.allSettled(lanes.map((lane) => lane.close()));
      Deno.exit(130);
    });
  }
  try {
    const free = [...lanes];
    await inLanes(chosen, async (work) => {
      const lane = free.pop();
      if (lane === undefined) throw new Error("There are as many lanes as jobs");
      try {
        const ending = await runStages(lane, work, sound);
        const { mutant, area } = work;
        const verdict = verdictOn(mutant, area.name, { ending, argument: argued.get(mutant.id) });
        verdicts.push(verdict);
        if (options.report !== undefined) {
          await Deno.writeTextFile(options.report, toLine(verdict), { append: true });
        }
        say(`${verdict.outcome}\t:${mutant.line}\t${mutant.id}\t${verdict.by.split("\n")[0]}`);
      } finally {
        free.push(lane);
      }
    }, { atOnce: lanes.length });
  } finally {
    for (const lane of lanes) await lane.close();
  }
  say(`\n${table(verdicts)}`);
  return verdicts.some(({ outcome }) => outcome === "survived" || outcome === "unreadable") ? 1 : 0;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

Deno.exit(await main());
