import type { Action } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";

/**
 * MACs, in capitals, that an action brings up on the network: those of a stopped guest that it starts,
 * as they are and as they will be after its start. Empty for every other action, and for a guest whose
 * configuration cannot be read.
 */
export function macsToStart({ kind }: Action, { place }: Pick<Facts, "place">): readonly string[] {
  if (kind !== "guest.start" && kind !== "guest.restart") return [];
  if (place.kind !== "here" || place.guest.running) return [];
  return (place.guest.config?.identity.macs ?? []).filter((mac) => mac !== "")
    .map((mac) => mac.toUpperCase());
}

/**
 * No guest is started beside another one with its MAC, whoever asks: each would get what is meant for
 * the other. Where nobody can tell, it is started: after a power cut no guest stays down because
 * another one cannot be read.
 */
export function macInUse(
  action: Action,
  facts: Facts,
): Extract<Decision, { outcome: "refused" }> | undefined {
  const macs = macsToStart(action, facts);
  const holder = facts.macs?.holders.find(({ mac }) => macs.includes(mac.toUpperCase()));
  return holder === undefined ? undefined : refuse(
    "mac_in_use",
    `Guest ${holder.guest} has the MAC ${holder.mac} too, and runs or is being started: shut down ` +
      "the one that is not wanted, or give one of them another MAC.",
  );
}
