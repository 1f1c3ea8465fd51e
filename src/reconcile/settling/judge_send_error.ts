import { FelhomError } from "../../errors.ts";
import { TransportError } from "../../proxmox/mod.ts";

/**
 * Whether a call that threw has certainly done nothing. What is not certain is lost: it is looked
 * for, and never sent again (FACTS §7.1, §7.2).
 */
export function judgeSendError(error: unknown): "refused" | "lost" {
  if (!(error instanceof FelhomError) || error.code === "internal.bug") return "lost";
  // What the transport says of the way counts more than what an answer would mean.
  if (error instanceof TransportError) return error.sent === "no" ? "refused" : "lost";
  switch (error.retry) {
    case "never":
    case "safe":
      return "refused";
    case "unknown":
      return "lost";
    default:
      return error.retry satisfies never;
  }
}
