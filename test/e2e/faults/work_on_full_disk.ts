/**
 * An engine at work while the disk under its state fills up, and is freed again. Says as a line of
 * JSON what it did at each stage. Argument: the folder, on a small file system.
 */
import { until } from "../../sim/wire/until.ts";
import { startEngine } from "./engine_host.ts";
import { mixedWishes } from "./mixed_wishes.ts";

const GUESTS = 6;
const [folder = ""] = Deno.args;
const filler = `${folder}/filler`;

function fill(): void {
  using file = Deno.openSync(filler, { append: true, create: true });
  for (const size of [65536, 4096, 1]) {
    try {
      while (true) file.writeSync(new Uint8Array(size));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}

await using host = await startEngine({
  simulator: { scenario: "mixed", guests: GUESTS, timeScale: 50, taskMs: 50_000 },
  folder,
});
const { engine, opened: { simulator, want, work: { state } } } = host;
const sent = () => simulator.wire.log.rows().filter(({ method }) => method !== "GET").length;
const found: Record<string, unknown> = {};

// While tasks run.
want(...mixedWishes(GUESTS));
engine.passNow();
await until(() => sent() === GUESTS);
fill();
await until(() => state.operations.unfinished().length === 0);
found["while tasks ran"] = { sent: sent(), problems: host.problems() };

// Before anything begins.
fill();
want(...mixedWishes(GUESTS, 2048));
const passes = engine.report().passes;
engine.passNow();
await until(() => {
  // Whatever room there is left is taken, as others on the disk do.
  fill();
  return engine.report().shortage !== null && engine.report().passes > passes + 1;
});
const before = sent();
engine.passNow();
await until(() => engine.report().passes > passes + 3);
found["on a full disk"] = {
  accepts: engine.report().shortage === null,
  begun: sent() - before,
  quarantined: state.quarantines.all().length,
};

// Once there is room again.
Deno.removeSync(filler);
await host.converged();
found["with room again"] = {
  accepts: engine.report().shortage === null,
  problems: host.problems(),
  audit: state.audit.verify().holds,
};
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(found)}\n`));
