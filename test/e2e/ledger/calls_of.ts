import type { Action } from "../../../src/action/mod.ts";

/** The calls to Proxmox that one operation may make, each once. */
export interface CallsOfAction {
  /** What does the work: named as `callName` names it, with `type id` of the task it starts. */
  readonly work: readonly { readonly name: string; readonly task: string | null }[];
  /** What is written before, so that the work befalls what was checked. */
  readonly guard: string | null;
}

/** What carries out an action; nothing where it does not go to Proxmox. */
export function callsOf(action: Action): CallsOfAction {
  const { guest } = action;
  switch (action.kind) {
    case "guest.start":
      return call(`start ${guest}`, `vzstart ${guest}`);
    case "guest.shutdown":
      return call(`shutdown ${guest}`, `vzshutdown ${guest}`);
    case "guest.stop":
      return call(`stop ${guest}`, `vzstop ${guest}`);
    case "guest.restart":
      return call(`reboot ${guest}`, `vzreboot ${guest}`);
    case "guest.settings":
      return call(`config ${guest}`, null);
    case "guest.create":
      return call(`create ${guest}`, `vzrestore ${guest}`);
    case "guest.restore_over": {
      const { new_vmid: fresh } = action.params;
      return call(`create ${fresh}`, `vzrestore ${fresh}`);
    }
    case "guest.snapshot":
      return call(`snapshot ${guest} ${action.params.snapshot}`, `vzsnapshot ${guest}`);
    case "guest.delete_snapshot":
      return call(`delete_snapshot ${guest} ${action.params.snapshot}`, `vzdelsnapshot ${guest}`);
    case "guest.rollback":
      return call(`rollback ${guest} ${action.params.snapshot}`, `vzrollback ${guest}`);
    case "guest.backup":
      return call(`backup ${guest}`, `vzdump ${guest}`);
    case "guest.prune":
      return {
        work: action.params.backups.map((backup) => ({
          name: `delete_backup ${backup}`,
          task: `imgdel ${guest}@${backup.split(":")[0]}`,
        })),
        guard: null,
      };
    case "guest.destroy":
      return { ...call(`destroy ${guest}`, `vzdestroy ${guest}`), guard: `config ${guest}` };
    case "golden.create":
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return { work: [], guard: null };
    default:
      return action satisfies never;
  }
}

function call(name: string, task: string | null): CallsOfAction {
  return { work: [{ name, task }], guard: null };
}
