import type { Reply } from "./reply.ts";

/** How the end of an exchange leaves the server. */
export type Delivery =
  | { readonly how: "whole"; readonly reply: Reply }
  | { readonly how: "truncate"; readonly reply: Reply; readonly keep: number }
  | { readonly how: "drip"; readonly reply: Reply; readonly everyMs: number }
  | { readonly how: "huge_body"; readonly bytes: number }
  | { readonly how: "huge_head"; readonly reply: Reply; readonly bytes: number }
  | { readonly how: "reset" }
  | { readonly how: "close" }
  | { readonly how: "silence" };

/** An answer as it should be. */
export function whole(reply: Reply): Delivery {
  return { how: "whole", reply };
}
