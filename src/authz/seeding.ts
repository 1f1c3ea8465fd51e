import { instanceId } from "./instance_id.ts";

/** How root's wish to have the signers' files taken over again is to be understood. */
export type Reseed =
  | { readonly kind: "none" }
  | { readonly kind: "wanted" }
  | { readonly kind: "ignored"; readonly why: string };

/**
 * Reads root's wish: the id of an instance, alone on its line. It holds for that instance and once, so
 * that a file that was left lying undoes no later rotation.
 *
 * @param text of the file; empty when there is none
 */
export function readReseedWish(
  text: string,
  { instance, reseededAt }: { readonly instance: string; readonly reseededAt: number | null },
): Reseed {
  if (text === "") return { kind: "none" };
  const id = instanceId.safeParse(text.replace(/\r?\n$/, ""));
  if (!id.success) return { kind: "ignored", why: "it does not hold the id of an instance alone" };
  if (id.data !== instance) {
    return { kind: "ignored", why: `it names the instance ${id.data}; this is ${instance}` };
  }
  if (reseededAt === null) return { kind: "wanted" };
  const when = new Date(reseededAt).toISOString();
  return { kind: "ignored", why: `the signers of this instance were reseeded already, on ${when}` };
}
