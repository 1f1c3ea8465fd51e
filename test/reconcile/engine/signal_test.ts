import { assert, assertEquals } from "@std/assert";
import { getEventListeners } from "node:events";
import { Engine } from "../../../src/reconcile/engine/engine.ts";
import { openWork } from "../support/open_work.ts";
import { wanted } from "./run_engine.ts";

/** Machine time after which something that is waited for will not come. */
const PATIENCE_MS = 20_000;

Deno.test("what a pass and a step leave at the signal that ends the engine does not become more", async () => {
  await using open = await openWork({ simulator: { scenario: "drift" } });
  const engine = new Engine(open.work);
  const ending = new AbortController();
  const until = async (holds: () => boolean) => {
    const limit = performance.now() + PATIENCE_MS;
    while (!holds()) {
      assert(performance.now() < limit, JSON.stringify(engine.report()));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const paused = () => {
    const { queued, busy } = engine.brief();
    return engine.nextPassInMs !== null && queued === 0 && busy.length === 0;
  };
  const passTo = async (passes: number) => {
    while (engine.brief().passes < passes) {
      const before = engine.brief().passes;
      open.want(wanted(201, { settings: { memory: before % 2 === 0 ? 1024 : 2048 } }));
      engine.passNow();
      await until(() => engine.brief().passes > before && paused());
    }
    return getEventListeners(ending.signal, "abort").length;
  };
  const running = engine.run(ending.signal);
  try {
    await until(() => engine.brief().passes > 0 && paused());
    const before = await passTo(3);
    // The workers that wait for a lane.
    assert(before > 0);
    assertEquals(await passTo(23), before);
    assert(open.work.state.operations.count("succeeded", 0) >= 20);
  } finally {
    ending.abort();
    await running;
  }
});
