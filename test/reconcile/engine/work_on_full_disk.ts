/**
 * Runs an engine whose state is on a small disk, fills that under a task that runs, and makes room
 * again. Says as a line of JSON what it saw. Argument: folder.
 */
import { runEngine, wanted } from "./run_engine.ts";

const [folder = ""] = Deno.args;

/** Takes whatever is left of the disk. */
function fill(filler: Deno.FsFile): void {
  for (const size of [65_536, 4_096, 1]) {
    try {
      while (true) filler.writeSync(new Uint8Array(size));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}

const found: Record<string, unknown> = {};
{
  await using host = await runEngine({
    folder,
    simulator: { scenario: "mixed", guests: 6, taskMs: 20_000 },
    prepare: ({ want }) => void want(wanted(201, { state: "running" })),
  });
  const { operations } = host.work.state;
  const states = () =>
    operations.list().flatMap((row) => "unreadable" in row ? [] : `${row.vmid} ${row.state}`)
      .toReversed();
  await host.until(() => states().includes("201 task_running"));
  using filler = Deno.openSync(`${folder}/filler`, { write: true, create: true });
  fill(filler);
  // Who asks for the state's room may have freed a page: nothing of it is left.
  await host.until(() => {
    fill(filler);
    return host.engine.report().shortage === "disk";
  });
  host.want(
    wanted(201, { state: "running" }),
    wanted(203, { state: "running" }),
    wanted(205, { settings: { cores: 3 } }),
  );
  await host.until(() => states().includes("201 succeeded"));
  // The one that is under way may have looked before; the next one does not.
  for (const _ of ["under way", "next"]) {
    const { passes } = host.engine.report();
    host.engine.passNow();
    await host.until(() => host.engine.report().passes > passes);
  }
  found["states"] = states();
  found["sent"] = host.sent();
  found["why"] = host.desk.why(203);
  found["planned"] = host.engine.report().lastPass?.planned;
  const asked = await host.desk.request({
    action: { kind: "guest.start", guest: 205, params: {} },
    why: "asked for",
  }).then(({ outcome }) => outcome, ({ code }) => code);
  found["a wish"] = asked;
  filler.truncateSync(0);
  await host.quiet();
  found["after"] = states().toSorted();
  found["accepts"] = host.engine.report().shortage === null;
}
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(found)}\n`));
