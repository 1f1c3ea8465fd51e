import * as z from "zod";
import { errorDocument } from "../control/protocol.ts";
import { clientRights, seal, type SealParts, type SealReport } from "../fence/mod.ts";
import { documentOf } from "./failure.ts";

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
  options: { readonly seal?: SealParts } = {},
): Promise<boolean> {
  const say = (message: z.infer<typeof clientSealed>) => port.postMessage(message);
  try {
    const rights = clientRights(address.parse(await nextMessage(port)));
    say({
      kind: "sealed",
      report: await seal({ isolate: "client", before: rights, after: rights }, options.seal),
    });
    return true;
  } catch (error) {
    say({ kind: "failed", error: documentOf(error) });
    return false;
  }
}

/** The next message. What comes after it waits in the port, because nothing listens any more. */
export function nextMessage(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => {
    port.addEventListener("message", (event) => resolve(event.data), { once: true });
    port.start();
  });
}
