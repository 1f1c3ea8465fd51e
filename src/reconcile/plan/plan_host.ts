import type { ActualGuest } from "../actual/actual_guest.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import type { GuestPlan } from "./guest_plan.ts";
import { planGuest, type PlanOptions } from "./plan_guest.ts";

/** What is to be done on a host. */
export interface HostPlan {
  readonly provider: string;
  readonly revision: string;
  /** Of every guest that is wanted, those that need nothing too; by VMID. */
  readonly guests: readonly GuestPlan[];
}

/**
 * Plans for every guest that a desired state names. Guests that it does not name are left alone, so
 * an empty one plans nothing.
 *
 * @param actual by VMID; a guest that is wanted and missing there is not on the node
 */
export function planHost(
  desired: DesiredState,
  actual: ReadonlyMap<number, ActualGuest>,
  options: PlanOptions,
): HostPlan {
  const { provider, revision } = desired;
  const guests = [...desired.guests.values()]
    .map((guest) => planGuest(guest, actual.get(guest.vmid), options))
    .toSorted((one, other) => one.vmid - other.vmid);
  return { provider, revision, guests };
}
