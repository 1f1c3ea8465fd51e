/**
 * The real daemon, as it is shipped but that it watches its commits, dies by its own hand beside each of
 * them, and what takes over has to come to the same end.
 *
 * What takes over is the bundle as it is shipped wherever there is work for it: an operation that was
 * not begun, or one whose task is known or can be found. Two stories leave the same journal, that after
 * a commit and that before the next one, when more was sent by then; it takes over in the latter. In all
 * others it is a daemon that watches its commits to die in the next story, and whose waits go faster, as
 * the host's do: for what may still be on its way recovery waits most of a minute at Proxmox, and up to
 * 17 at the helper.
 */
import { assertEquals } from "@std/assert";
import type { ActionKind } from "../../../src/action/mod.ts";
import { openOperators, type Operator } from "../../authz/support/operators.ts";
import { inLanes } from "../../support/in_lanes.ts";
import { NO_SANDBOX, sandboxKind } from "../../support/sandbox.ts";
import { buildPrograms, type Life, type Programs } from "./crash_host.ts";
import { leftBehind } from "./left_behind.ts";
import { type Cell, type MatrixRow, matrixTable } from "./matrix_table.ts";
import type { Deadline } from "./orders.ts";
import { play, type Played, type PlayOptions } from "./play.ts";
import { type Cast, SCENES } from "./scenes.ts";
import { openStage, whyLacking } from "./stage.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

/** Stories of one kind at most; each has a guest of its own. */
const MOST = 60;
const TIME_SCALE = 10;
/** The helper is given 17 minutes for a container, and recovery waits as long. */
const PCT_TIME_SCALE = 60;
/** Kinds side by side: what waits leaves the cores to the others. */
const AT_ONCE = 4;

interface Company {
  readonly programs: Programs;
  readonly operators: readonly Operator[];
}

/** Plays one kind without a kill, which counts its commits, and then with one beside each. */
async function playKind(kind: ActionKind, { programs, operators }: Company): Promise<MatrixRow> {
  const scene = SCENES[kind];
  const skipped = whyLacking(scene.takes);
  if (skipped !== undefined) return { kind, cells: [], skipped };
  await using stage = await openStage(scene.takes, {
    ...{ programs, operators, guests: 2 * MOST },
    timeScale: scene.takes === "pct" ? PCT_TIME_SCALE : TIME_SCALE,
  });
  let stories = 0;
  const cast = (): Cast => {
    const story = stories++;
    const vmid = 200 + 2 * story + (scene.guest === "running" ? 0 : 1);
    return { ...stage, operators, vmid, fresh: 1000 + story };
  };
  const { commits, end } = await playWithoutKill(kind, cast());
  const cells: Cell[] = [];
  for (const [index, writes] of commits.entries()) {
    for (const side of ["before", "after"] as const) {
      const deadline: Deadline = { commit: index + 1, side };
      const then = whoTakesOver(commits, deadline);
      const problems = await problemsOf(kind, cast(), { deadline, end, then });
      cells.push({ deadline, writes, problems });
    }
  }
  return { kind, cells };
}

/** Who takes over: the shipped bundle where something is left to it, and in the end. */
function whoTakesOver(commits: readonly string[], deadline: Deadline): Life {
  const { commit, side } = deadline;
  const isShipped = side === "before"
    ? leftBehind(commits, deadline) === "work"
    : commit === commits.length;
  return isShipped ? "shipped" : "mortal";
}

async function playWithoutKill(kind: ActionKind, cast: Cast): Promise<Played> {
  const played = await play(SCENES[kind], cast);
  assertEquals(played.problems, []);
  return played;
}

/** What is wrong after a story with a kill in it; one that comes to no end keeps none from being told. */
async function problemsOf(
  kind: ActionKind,
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
    return [messageOf(error)];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
      const rows: MatrixRow[] = [];
      const kinds = Object.keys(SCENES).filter(isKind).toSorted((a, b) => turnOf(a) - turnOf(b));
      await inLanes(kinds, async (kind) => {
        rows.push(
          await playKind(kind, { programs, operators }).catch((error) => ({
            ...{ kind, cells: [], broken: messageOf(error) },
          })),
        );
      }, { atOnce: AT_ONCE });
      const table = matrixTable(rows.toSorted((a, b) => a.kind < b.kind ? -1 : 1));
      const took = `  in ${((performance.now() - began) / 1000).toFixed(0)} s`;
      await Deno.stdout.write(new TextEncoder().encode(`${table}\n${took}\n`));
      const bad = rows.filter(({ cells, broken }) =>
        broken !== undefined || cells.some(({ problems }) => problems.length > 0)
      );
      assertEquals(bad.map(({ kind }) => kind), [], table);
    } finally {
      await people.close();
    }
  },
);

/** What waits longest begins first, so that the others fill the cores meanwhile. */
function turnOf(kind: ActionKind): number {
  return SCENES[kind].takes === undefined ? 1 : 0;
}

function isKind(kind: string): kind is ActionKind {
  return Object.hasOwn(SCENES, kind);
}
