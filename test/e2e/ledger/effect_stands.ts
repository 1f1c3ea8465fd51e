import type { Action, ActionOf, Setting } from "../../../src/action/mod.ts";
import type { WorldGuest, WorldView } from "./world_view.ts";

/**
 * Whether the host shows what an action is to bring about; `undefined` where looking cannot tell.
 * It says nothing of who brought it about.
 */
export function effectStands(action: Action, world: WorldView): boolean | undefined {
  const at = (vmid: number | null) => world.guests.find((guest) => guest.vmid === vmid);
  const here = at(action.guest);
  switch (action.kind) {
    case "guest.start":
      return here?.status === "running";
    case "guest.shutdown":
    case "guest.stop":
      return here?.status === "stopped";
    case "guest.settings":
      return here !== undefined && isSet(action, here);
    case "guest.create":
      return here !== undefined;
    case "guest.restore_over":
      return at(action.params.new_vmid) !== undefined;
    case "guest.snapshot":
      return here?.snapshots.includes(action.params.snapshot) === true;
    case "guest.delete_snapshot":
      return here?.snapshots.includes(action.params.snapshot) === false;
    case "guest.prune": {
      const files = world.storages.flatMap((storage) => storage.files.map(({ volid }) => volid));
      return !action.params.backups.some((backup) => files.includes(backup));
    }
    case "guest.destroy":
      return here === undefined;
    case "guest.restart":
    case "guest.rollback":
    case "guest.backup":
    case "golden.create":
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return undefined;
    default:
      return action satisfies never;
  }
}

/** A pending value is a change that was made: it waits for a restart. */
function isSet({ params }: ActionOf<"guest.settings">, guest: WorldGuest): boolean {
  const held = { ...guest.options, ...guest.pending };
  return Object.entries(params.set).every(([name, value]) =>
    held[name]?.trimEnd() === stored(value).trimEnd()
  ) &&
    params.unset.every((name: Setting) => guest.options[name] === undefined);
}

/** A value as a configuration file holds it (FACTS §3.1); a description gains a newline. */
function stored(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return Array.isArray(value) ? value.toSorted().join(";") : String(value);
}
