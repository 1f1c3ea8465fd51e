import * as z from "zod";
import { errorDocument } from "../control/protocol.ts";
import { clientRights, seal, type SealReport } from "../fence/mod.ts";
import { documentOf } from "./failure.ts";
import type { ServeRoleOptions } from "./serve_options.ts";

const address = z.object({ host: z.string(), port: z.number() });

/** What a client's Worker says first. */
export const clientSealed = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("sealed"),
    report: z.custom<SealReport>((value) => typeof value === "object" && value !== null),
  }),
  z.object({ kind: z.literal("failed"), error: errorDocument }),
]);

/**
 * Inside the Worker of a client: waits to be told the address of Proxmox, seals itself so that
 * nothing but that address is left, and says so.
 *
 * @returns whether the seal holds; when it does not, nothing may follow
 */
export async function sealClient(
  port: MessagePort,
  options: ServeRoleOptions = {},
): Promise<boolean> {
  const say = (message: z.infer<typeof clientSealed>) => port.postMessage(message);
  try {
    const rights = clientRights(address.parse(await nextMessage(port)));
    const plan = { isolate: "client", before: rights, after: rights };
    const report = await seal(plan, options.seal);
    await options.sealed?.();
    // The job comes in answer to this, so whoever is to get it must listen in the same turn.
    say({ kind: "sealed", report });
    return true;
  } catch (error) {
    say({ kind: "failed", error: documentOf(error) });
    return false;
  }
}

/** The next message. From then on the port delivers, whether or not somebody listens. */
export function nextMessage(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => {
    port.addEventListener("message", (event) => resolve(event.data), { once: true });
    port.start();
  });
}
