import type { Action, Intent } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import type { Policy } from "./policy.ts";

/**
 * What nobody signed and would get in the way of signed work: on ZFS a guest goes back to its latest
 * snapshot alone, so whoever takes snapshots of it keeps an operator from taking it back.
 *
 * A wish for a rollback that waits for a signature counts when an operator on the host made it, or
 * who now asks for the snapshot: a hub holds up no snapshot of an operator's by wishing.
 */
export function disturbsSigned(
  { action, source }: Pick<Intent, "source"> & { readonly action: Action },
  { signedWork, now }: Facts,
  { quietAfterSigned }: Policy,
): Extract<Decision, { outcome: "refused" }> | undefined {
  if (action.kind !== "guest.snapshot" || signedWork === null) return undefined;
  const { open, lastAt, rollbackWishedBy } = signedWork;
  const no = (why: string) =>
    refuse(
      "signed_work_first",
      `No snapshot of guest ${action.guest} is taken now: ${why}. A newer snapshot could keep the ` +
        "guest from going back to an older one.",
    );
  if (open) return no("signed work of it waits or is under way");
  if (rollbackWishedBy.some((wisher) => wisher === "control socket" || wisher === source)) {
    return no("a rollback of it waits for a signature");
  }
  if (lastAt === null || Math.abs(now - lastAt) >= quietAfterSigned) return undefined;
  const minutes = Math.max(1, Math.ceil((lastAt + quietAfterSigned - now) / 60_000));
  return no(
    `signed work of it was taken within ${
      quietAfterSigned / 60_000
    } min; one fits in ${minutes} min`,
  );
}
