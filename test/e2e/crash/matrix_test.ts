/**
 * What is not played, and printed as such: the kind `golden.create`, whose helper runs `pct` on a
 * real Proxmox host; and the kinds of the helper where this machine has none of what it takes.
 *
 * In every story but one the daemon that takes over differs from the one that is shipped in two
 * things: its clock goes faster, as the host's does, since recovery waits out what may still be on its
 * way, more than a minute of it; and it watches its commits, to die in the next story: so a story costs
 * one start. In the last story it is the bundle as it is shipped.
 *
 * It takes minutes, and the clock that goes faster shortens the limits of the control socket with the
 * rest, so that a busy machine breaks off questions. Therefore it is played when it is asked for:
 * `FELHOM_CRASH_MATRIX=1 deno test -A --frozen test/e2e/crash/matrix_test.ts`.
 */
import { assertEquals } from "@std/assert";
import { openOperators } from "../../authz/support/operators.ts";
import { inLanes } from "../../support/in_lanes.ts";
import { noHelperHost } from "../../support/helper_host.ts";
import { NO_SANDBOX, sandboxKind } from "../../support/sandbox.ts";
import { buildPrograms, CrashHost, type Programs } from "./crash_host.ts";
import { enrolDisk } from "./enrolled_disk.ts";
import { type Cell, type MatrixRow, matrixTable } from "./matrix_table.ts";
import type { Deadline } from "./orders.ts";
import { play, type Played, type PlayOptions } from "./play.ts";
import { type Cast, HELPER_KINDS, type PlayedKind, SCENES } from "./scenes.ts";

const asked = Deno.env.get("FELHOM_CRASH_MATRIX") !== undefined;
const ignore = sandboxKind === undefined || !asked;
const why = asked ? NO_SANDBOX : "the crash matrix takes minutes; FELHOM_CRASH_MATRIX=1 plays it";
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${why}`);

/** Stories of one kind at most; each has a guest of its own. */
const MOST = 60;
const TIME_SCALE = 10;
/** Kinds side by side: what waits leaves the cores to the others. */
const AT_ONCE = 6;

const NOT_PLAYED: MatrixRow = {
  kind: "golden.create",
  cells: [],
  skipped: "its helper needs a real Proxmox host",
};

function isPlayed(kind: string): kind is PlayedKind {
  return Object.hasOwn(SCENES, kind);
}

interface Stage {
  readonly programs: Programs;
  readonly operators: Cast["operators"];
}

/** Plays one kind without a kill, which counts its commits, and then with one beside each. */
async function playKind(kind: PlayedKind, { programs, operators }: Stage): Promise<MatrixRow> {
  const scene = SCENES[kind];
  const takesHelper = HELPER_KINDS.includes(kind);
  if (takesHelper && noHelperHost !== undefined) return { kind, cells: [], skipped: noHelperHost };
  await using belongings = new AsyncDisposableStack();
  const disk = takesHelper ? belongings.use(await enrolDisk()) : undefined;
  const host = belongings.use(
    await CrashHost.open(programs, {
      ...{ guests: 2 * MOST, timeScale: TIME_SCALE, operators },
      ...(disk === undefined ? {} : { helper: disk.socket }),
    }),
  );
  let stories = 0;
  const cast = (): Cast => {
    const story = stories++;
    const vmid = 200 + 2 * story + (scene.guest === "running" ? 0 : 1);
    return {
      ...{ host, operators, vmid, fresh: 1000 + story },
      ...(disk === undefined ? {} : { disk }),
    };
  };
  const { commits, end } = await playWithoutKill(kind, cast());
  const cells: Cell[] = [];
  for (const [index, writes] of commits.entries()) {
    for (const side of ["before", "after"] as const) {
      const deadline: Deadline = { commit: index + 1, side };
      cells.push({ deadline, writes, problems: await problemsOf(kind, cast(), { deadline, end }) });
    }
  }
  return { kind, cells };
}

async function playWithoutKill(kind: PlayedKind, cast: Cast): Promise<Played> {
  try {
    const played = await play(SCENES[kind], cast);
    assertEquals(played.problems, []);
    return played;
  } catch (error) {
    throw new Error(`Cannot play ${kind} without a kill`, { cause: error });
  }
}

/** What is wrong after a story with a kill in it; one that comes to no end keeps none from being told. */
async function problemsOf(
  kind: PlayedKind,
  cast: Cast,
  { deadline, end, ...options }: Omit<PlayOptions, "die"> & {
    readonly deadline: Deadline;
    readonly end: readonly string[];
  },
): Promise<string[]> {
  try {
    const played = await play(SCENES[kind], cast, { ...options, die: deadline });
    if (JSON.stringify(played.end) === JSON.stringify(end)) return [...played.problems];
    const other = played.end.filter((line) => !end.includes(line)).join("; ");
    return [...played.problems, `The end is another: ${other}`];
  } catch (error) {
    await cast.host.bury();
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** One story on a host of the real time of day, in which the bundle that is shipped takes over. */
async function playShipped({ programs, operators }: Stage): Promise<MatrixRow> {
  const kind = "guest.backup";
  await using host = await CrashHost.open(programs, {
    ...{ guests: 4, timeScale: TIME_SCALE, operators },
  });
  const at = (vmid: number): Cast => ({ host, operators, vmid, fresh: 1000 });
  const { commits, end } = await playWithoutKill(kind, at(201));
  const index = commits.findIndex((writes) => writes.includes("to task_running"));
  const deadline: Deadline = { commit: index + 1, side: "after" };
  const found = await problemsOf(kind, at(203), { deadline, end, then: "shipped" });
  const cell = { deadline, writes: commits[index] ?? "nothing", problems: found };
  return { kind: `${kind}, then as shipped`, cells: [cell] };
}

Deno.test(
  "A daemon that is killed beside any commit loses nothing and repeats nothing",
  { ignore },
  async () => {
    const began = performance.now();
    const people = await openOperators();
    try {
      await using programs = await buildPrograms();
      const operators = [await people.person("anna"), await people.person("bela")];
      const stage = { programs, operators };
      const rows: MatrixRow[] = [NOT_PLAYED];
      const plays = Object.keys(SCENES).filter(isPlayed)
        .map((kind) => () => playKind(kind, stage));
      await inLanes([...plays, () => playShipped(stage)], async (row) => {
        rows.push(await row());
      }, { atOnce: AT_ONCE });
      const table = matrixTable(rows.toSorted((a, b) => a.kind < b.kind ? -1 : 1));
      const took = `  in ${((performance.now() - began) / 1000).toFixed(0)} s`;
      await Deno.stdout.write(new TextEncoder().encode(`${table}\n${took}\n`));
      const bad = rows.flatMap(({ cells }) => cells).filter((cell) => cell.problems.length > 0);
      assertEquals(bad.length, 0, table);
    } finally {
      await people.close();
    }
  },
);
