import * as z from "zod";
import type { ControlQuestion } from "../../../src/control/protocol.ts";
import { FelhomError } from "../../../src/errors.ts";
import type { RunningProcess } from "../../support/agent_rig.ts";
import { judge } from "../ledger/judge.ts";
import { portrait } from "../ledger/portrait.ts";
import type { Bookmark, Life } from "./crash_host.ts";
import { leftBehind } from "./left_behind.ts";
import { COMMIT_MARK, type Deadline } from "./orders.ts";
import { untilQuiet } from "./quiet.ts";
import type { Cast, Scene } from "./scenes.ts";

/** Exit status of a process that SIGKILL ended. */
const KILLED = 128 + 9;

/** How a story went. */
export interface Played {
  /** What each commit wrote, from the wish on. */
  readonly commits: readonly string[];
  /** What stands in the end. */
  readonly end: readonly string[];
  readonly problems: readonly string[];
}

const convergence = z.looseObject({
  revision: z.string(),
  waiting: z.array(z.unknown()),
  quarantined: z.array(z.unknown()),
});

export interface PlayOptions {
  /** Where it dies; without, the story goes through as it would every day. */
  readonly die?: Deadline;
  /** What takes over. @default "mortal", with no orders to die */
  readonly then?: Life;
}

/**
 * Plays one story: a daemon runs, something is wished for, the daemon dies beside a commit, and
 * another one takes over, which stays for the next story. Who asked and got no answer, or sees that
 * it was not done, asks once more, as an operator would.
 */
export async function play(scene: Scene, cast: Cast, options: PlayOptions = {}): Promise<Played> {
  const { host } = cast;
  const { die } = options;
  if (scene.asksTheSame === true) await host.bury();
  const daemon = await host.daemon();
  await untilQuiet(host);
  const question = await scene.prepare(cast);
  await untilQuiet(host);
  const since = host.bookmark();
  const from = await host.order(die);
  await ask(cast, question);
  const survived = await seeToItsEnd(scene, cast, { daemon, question, since });
  const commits = commitsOf(daemon.lines.slice(from));
  if (survived) {
    const never = die === undefined ? [] : [`Commit ${die.commit} never came`];
    return { commits, ...await takeStock(scene, cast, { since, more: never }) };
  }
  const { code } = await daemon.finished();
  const more = code === KILLED ? [] : [`It was not killed, it ended with ${code}`];
  await host.bury();
  await host.daemon(options.then);
  await untilQuiet(host);
  if (!await isDone(scene, cast, { question, since })) {
    if (die !== undefined && leftBehind(commits, die) === "work") {
      more.push("What was written down, and not lost on its way, was not done by itself");
    }
    const again = scene.desired ? question : await scene.prepare(cast);
    await ask(cast, again);
    const also = () => isDone(scene, cast, { question: again, since });
    await untilQuiet(host, { also });
  }
  const stock = await takeStock(scene, cast, { since, more });
  // The next story takes one that can be told to die.
  if (options.then === "shipped") await host.bury();
  return { commits, ...stock };
}

/** @returns whether the daemon lives */
async function seeToItsEnd(
  scene: Scene,
  { host, ...cast }: Cast,
  { daemon, question, since }: {
    readonly daemon: RunningProcess;
    readonly question: ControlQuestion;
    readonly since: Bookmark;
  },
): Promise<boolean> {
  const over = new AbortController();
  const also = () => isDone(scene, { host, ...cast }, { question, since });
  const quiet = untilQuiet(host, { also, signal: over.signal }).then(() => true);
  const survived = await Promise.race([quiet, daemon.finished().then(() => false)]);
  over.abort();
  await quiet;
  return survived;
}

/** Whoever asks may get no answer: the daemon died. One that lives and gives none is told of. */
async function ask({ host }: Cast, question: ControlQuestion): Promise<void> {
  try {
    await host.ask(question);
  } catch (error) {
    if (!(error instanceof FelhomError) || !error.code.startsWith("control.")) throw error;
  }
}

/** Whether what was wished for is done, as far as the agent itself says. */
async function isDone(
  scene: Scene,
  { host }: Cast,
  { question, since }: { readonly question: ControlQuestion; readonly since: Bookmark },
): Promise<boolean> {
  if (scene.desired && question.op === "apply") {
    const { revision, waiting, quarantined } = convergence.parse(
      await host.ask({ op: "convergence" }),
    );
    return question.text.includes(JSON.stringify(revision)) &&
      waiting.length + quarantined.length === 0;
  }
  return host.read(({ operations }) =>
    operations.list({ limit: 10 }).some((row) =>
      row.seq > since.seq && "state" in row && row.state === "succeeded"
    )
  );
}

async function takeStock(
  scene: Scene,
  { host, vmid, fresh, disk }: Cast,
  { since, more }: { readonly since: Bookmark; readonly more: readonly string[] },
): Promise<Pick<Played, "end" | "problems">> {
  const books = host.books(since);
  const { problems, unknown } = judge(books);
  const unseen = scene.mayStayUnknown === true ? [] : unknown;
  return {
    end: [
      ...[vmid, fresh].flatMap((each) => portrait(books.world, each)),
      ...(disk === undefined ? [] : [`disk mounted: ${await disk.isMounted()}`]),
    ],
    problems: [
      ...more,
      ...problems,
      ...unseen.map((id) => `Operation ${id} is said to be unknown`),
    ],
  };
}

function commitsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [mark, said] = [line.slice(0, COMMIT_MARK.length), line.slice(COMMIT_MARK.length)];
    const [, writes] = mark === COMMIT_MARK ? /^\d+ before (.*)$/.exec(said) ?? [] : [];
    return writes ?? [];
  });
}
