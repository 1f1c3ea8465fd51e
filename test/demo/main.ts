/**
 * The demo: `deno task demo`. A simulated Proxmox host, the agent beside it under its real
 * permission set, and what they do; each step checks what it claims. It changes nothing on the
 * machine. Exit code 0 when everything held, 1 when something did not, 3 when it cannot be shown
 * here, 130 when it was interrupted.
 */
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { Narrator } from "./narrator.ts";
import { play } from "./script.ts";
import { Stage } from "./stage.ts";

class Interrupted extends Error {}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
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

async function main(narrator: Narrator): Promise<number> {
  if (sandboxKind === undefined) {
    narrator.say(
      `Cannot show the demo here: ${NO_SANDBOX}.\n` +
        "The agent runs under its real permission set, whose folders (/etc/felhom-agent, …) are put\n" +
        "over temporary ones in a mount namespace. Run it as root, or allow user namespaces:\n" +
        "  sudo sysctl kernel.unprivileged_userns_clone=1   (Debian)\n" +
        "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0   (Ubuntu)\n" +
        "In a container: docker run --privileged, or --cap-add SYS_ADMIN.",
    );
    return 3;
  }
  narrator.say("felhom-agent: the host agent of a Proxmox VE host, shown on a simulated one.");
  const interrupted = interruption();
  const creating = Stage.create();
  try {
    const stage = await Promise.race([creating, interrupted]);
    const { endpoint, node, token } = stage.simulator;
    narrator.say(`Proxmox VE, simulated: ${endpoint}, node ${node}`);
    narrator.say(`Token: ${token.slice(0, token.indexOf("="))} (its secret stays in a file)`);
    await playUntil(interrupted, { narrator, stage });
    narrator.say(`\nAll ${narrator.claims} claims hold. ${narrator.seconds} s.`);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) {
      narrator.say("\nInterrupted; cleaning up.");
      return 130;
    }
    narrator.say(`\nTHE DEMO FAILED. ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await creating.then((stage) => stage[Symbol.asyncDispose](), () => {});
  }
}

Deno.exit(await main(new Narrator()));
