import { assert, assertEquals } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import type { State } from "../../../src/state/mod.ts";
import { readState } from "../../../src/state/mod.ts";
import { judge } from "../../e2e/ledger/judge.ts";
import { simulatorBooks } from "../../e2e/ledger/simulator_books.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 4 } as const;

function states({ operations }: State): string[] {
  return operations.list().flatMap((row) =>
    "unreadable" in row ? [] : [`${row.kind} ${row.state}`]
  );
}

/** Nothing lost, nothing sent twice, and all that the journal says is true. */
function assertTrue(host: RunningEngine, simulator: Simulator): void {
  assertEquals(judge(simulatorBooks(host.work.state.operations, simulator)), {
    problems: [],
    unknown: [],
  });
}

Deno.test("a daemon that is told to stop while a task runs leaves it to the next start, which finds its end", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50, taskMs: 60_000 });
  await inFolder(async (folder) => {
    const options = { folder, on: simulator };
    const prepare: Parameters<typeof runEngine>[0] = {
      prepare: ({ want }) => void want(wanted(201, { state: "running" })),
    };
    const first = await runEngine({ ...options, ...prepare });
    await first.until(() => states(first.work.state).includes("guest.start task_running"));
    await first.stop();
    assertEquals(first.engine.phase, "draining");
    assertEquals(states(first.work.state), ["guest.start task_running"]);
    const starts = simulator.pve.world.tasks.all().filter(({ type }) => type === "vzstart");
    assert(starts.every(({ ended }) => ended === undefined));
    await first[Symbol.asyncDispose]();

    await using second = await runEngine({ ...options, ...prepare });
    await second.quiet();
    assertEquals(states(second.work.state), ["guest.start succeeded"]);
    assertEquals(second.sent(), ["POST /nodes/pve/lxc/201/status/start"]);
    assertTrue(second, simulator);
  });
});

Deno.test("a daemon that is told to stop begins nothing more", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50, taskMs: 20_000 });
  await inFolder(async (folder) => {
    await using host = await runEngine({
      ...{ folder, on: simulator, parallel: 1 },
      prepare: ({ want }) =>
        void want(wanted(201, { state: "running" }), wanted(203, { state: "running" })),
    });
    await host.until(() => states(host.work.state).includes("guest.start task_running"));
    await host.stop();
    host.engine.wake(203);
    assertEquals(host.sent().length, 1);
    assertEquals(states(host.work.state), ["guest.start task_running"]);
    assertEquals(host.engine.queue.busy, []);
  });
});

Deno.test("an intent is on the disk before its request leaves, with what a lost answer is looked up by", async () => {
  await inFolder(async (folder) => {
    const seen: string[] = [];
    await using host = await runEngine({
      ...{ folder, simulator: ALIKE },
      alter: (work) => ({
        ...work,
        hands: {
          ...work.hands,
          proxmox: {
            ...work.hands.proxmox,
            start(permit, call) {
              seen.push(whatIsThere(folder));
              return work.hands.proxmox.start(permit, call);
            },
            setConfig(permit, call) {
              seen.push(whatIsThere(folder));
              return work.hands.proxmox.setConfig(permit, call);
            },
          },
        },
      }),
      prepare: ({ want }) => void want(wanted(201, { settings: { cores: 3 }, state: "running" })),
    });
    await host.quiet();
    const started = "started before,nodeTime";
    assertEquals(seen, [`guest.settings ${started}`, `guest.start ${started}`]);
  });
});

/** The newest operation as another process reads it. */
function whatIsThere(folder: string): string {
  return readState(folder, ({ operations }) => {
    const [row] = operations.list({ limit: 1 });
    if (row === undefined || "unreadable" in row) return "nothing";
    const detail = operations.transitions(row.id).at(-1)?.detail;
    return `${row.kind} ${row.state} ${Object.keys(Object(detail)).toSorted().join()}`;
  });
}

Deno.test("what cannot be written down before the request is not sent, and done once it can be", async () => {
  const refused = { times: 0 };
  await using host = await runEngine({
    simulator: ALIKE,
    prepare({ work: { state: { operations } }, want }) {
      const advance = operations.advance.bind(operations);
      operations.advance = (id, to, options) => {
        if (to === "started" && refused.times++ < 3) {
          throw new FelhomError("state.unusable", "The disk does not write");
        }
        advance(id, to, options);
      };
      want(wanted(201, { state: "running" }));
    },
  });
  await host.until(() => refused.times === 3);
  assertEquals(host.sent(), []);
  await host.quiet();
  assertEquals(host.sent().length, 1);
  assertEquals(states(host.work.state), [
    "guest.start succeeded",
    ...Array.from({ length: 3 }, () => "guest.start abandoned"),
  ]);
  assertTrue(host, host.simulator);
});

Deno.test("what cannot be written down after the request is logged, and repaired by recovery", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await inFolder(async (folder) => {
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    const log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const first = await runEngine({
      ...{ folder, on: simulator, log },
      prepare({ work: { state: { operations } }, want }) {
        const advance = operations.advance.bind(operations);
        operations.advance = (id, to, options) => {
          if (to !== "started") throw new FelhomError("state.unusable", "The disk does not write");
          advance(id, to, options);
        };
        want(wanted(201, { state: "running" }));
      },
    });
    await first.until(() => lines.some((line) => line.includes("cannot be written down; it is")));
    assert(lines.includes("a task's id cannot be written down"), lines.join("\n"));
    await first.stop();
    assertEquals(states(first.work.state), ["guest.start started"]);
    await first[Symbol.asyncDispose]();

    await using second = await runEngine({ folder, on: simulator });
    await second.quiet();
    const [row] = second.work.state.operations.list();
    assert(row !== undefined && !("unreadable" in row));
    assertEquals([row.state, row.upid === null], ["succeeded", false]);
    assertEquals(second.sent().length, 1);
    assertTrue(second, simulator);
  });
});
