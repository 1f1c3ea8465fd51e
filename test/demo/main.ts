/**
 * The demo: `deno task demo`. A simulated Proxmox host, the agent beside it under its real
 * permission set, and what they do; each step checks what it claims. It changes nothing on the
 * machine. With `--keep` both stay when it is over, until Ctrl-C. Exit code 0 when everything held,
 * 1 when something did not, 2 for an unknown option, 3 when it cannot be shown here, 130 when it was
 * interrupted.
 */
import { keep } from "./keep.ts";
import { Narrator } from "./narrator.ts";
import { obstacle } from "./obstacle.ts";
import { ACTS } from "./script.ts";
import { Stage } from "./stage.ts";

class Interrupted extends Error {}

/** Milliseconds in which a signal comes that has ended something else already. */
const GRACE_MS = 300;

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => reject(new Interrupted(signal)));
    }
  });
}

/** Plays; when interrupted, it waits until what was under way has ended and cleaned up as well. */
async function playUntil(
  interrupted: Promise<never>,
  { narrator, stage }: { readonly narrator: Narrator; readonly stage: Stage },
): Promise<void> {
  const playing = play(narrator, stage);
  try {
    await Promise.race([playing, interrupted]);
  } catch (error) {
    await stage.interrupt();
    await playing.catch(() => {});
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function play(narrator: Narrator, stage: Stage): Promise<void> {
  for (const show of ACTS) await show(narrator, stage);
}

async function main(args: readonly string[], narrator: Narrator): Promise<number> {
  const keeps = args.includes("--keep");
  const unknown = args.find((arg) => arg !== "--keep");
  if (unknown !== undefined) {
    narrator.say(`Unknown option "${unknown}". There is one: deno task demo --keep`);
    return 2;
  }
  const missing = obstacle();
  if (missing !== undefined) {
    narrator.say(`Cannot show the demo here: ${missing}`);
    return 3;
  }
  narrator.say("felhom-agent: the host agent of a Proxmox VE host, shown on a simulated one.");
  const interrupted = interruption();
  interrupted.catch(() => {});
  const creating = Stage.create();
  try {
    const stage = await Promise.race([creating, interrupted]);
    const { endpoint, node, token } = stage.simulator;
    narrator.say(`Proxmox VE, simulated: ${endpoint}, node ${node}`);
    narrator.say(`Token: ${token.slice(0, token.indexOf("="))} (its secret stays in a file)`);
    await playUntil(interrupted, { narrator, stage });
    narrator.sum();
    if (keeps) await keep(narrator, stage, interrupted.catch(() => {}));
    return 0;
  } catch (error) {
    // Ctrl-C goes to everything in the terminal: the agent may have ended of it a moment before.
    const told = await Promise.race([interrupted.catch((reason) => reason), pause(GRACE_MS)]);
    if (told instanceof Interrupted) {
      narrator.say("\nInterrupted; cleaning up.");
      return 130;
    }
    narrator.say(`\nTHE DEMO FAILED. ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await creating.then((stage) => stage[Symbol.asyncDispose](), () => {});
  }
}

Deno.exit(await main(Deno.args, new Narrator()));
