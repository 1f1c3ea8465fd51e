import { normalise } from "../../../../src/reconcile/actual/normalise.ts";
import type { ActualGuest, NormalSettings } from "../../../../src/reconcile/actual/actual_guest.ts";
import type {
  DesiredCreation,
  DesiredGuest,
  DesiredSettings,
} from "../../../../src/reconcile/desired/desired_state.ts";
import type { GuestPlan } from "../../../../src/reconcile/plan/guest_plan.ts";
import { planGuest } from "../../../../src/reconcile/plan/plan_guest.ts";
import { describeStep } from "../../../../src/reconcile/plan/render_plan.ts";

export const VMID = 1001;
export const MANAGED = { first: 1000, last: 1999 };

/** A guest as it is wanted; settings stand beside the rest, as in a document. */
export type Wish = DesiredSettings & Partial<Pick<DesiredGuest, "vmid" | "state" | "restart">> & {
  readonly create?: DesiredCreation;
};

/** A guest as it is: running and with Proxmox's defaults, unless something else is said. */
export type Fact = Partial<NormalSettings> & Partial<Omit<ActualGuest, "settings">> & {
  readonly pending?: Partial<NormalSettings>;
  readonly otherPending?: readonly string[];
  readonly unreadable?: true;
};

export const GOLDEN: DesiredCreation = {
  image: "local:backup/vzdump-lxc-900-2026_10_22-03_00_00.tar.zst",
  storage: "local-lvm",
  hostname: "customer-a",
  network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
};

export function desiredGuest(wish: Wish): DesiredGuest {
  const { vmid = VMID, state, restart = "never", create, ...settings } = wish;
  return {
    vmid,
    settings,
    restart,
    ...(state === undefined ? {} : { state }),
    ...(create === undefined ? {} : { create }),
  };
}

export function actualGuest(fact: Fact): ActualGuest {
  const {
    vmid = VMID,
    name = "customer-a",
    running = true,
    template = false,
    lock = null,
    unreadable,
    pending,
    otherPending = [],
    ...settings
  } = fact;
  const live = { ...normalise([]).live, ...settings };
  const next = pending === undefined ? live : { ...live, ...pending };
  return {
    vmid,
    name,
    running,
    template,
    lock,
    settings: unreadable ? null : { live, next, otherPending },
  };
}

/** The whole plan for one guest; `null`: there is none. */
export function planFor(wish: Wish, fact: Fact | null): GuestPlan {
  const actual = fact === null ? undefined : actualGuest(fact);
  return planGuest(desiredGuest(wish), actual, { managed: MANAGED });
}

/** What is to be done, as prose. */
export function plan(wish: Wish, fact: Fact | null): string[] {
  return planFor(wish, fact).steps.map(describeStep);
}

/** What is told instead, as prose. */
export function told(wish: Wish, fact: Fact | null): string[] {
  return planFor(wish, fact).told.map(({ code, message }) => `${code}: ${message}`);
}
