import type { Clock } from "../clock.ts";
import type { HelperLink } from "../helper/mod.ts";

/** How a command reaches the helper: by a connection of its own for each call. */
export function helperLink(path: string, clock: Clock): HelperLink {
  return {
    connect: () => Deno.connect({ transport: "unix", path }),
    clock,
    newId: () => crypto.randomUUID(),
  };
}
