import { asUpid, TASK_TYPES, type Upid } from "../../../src/proxmox/mod.ts";
import { TOKEN_ID } from "./client.ts";

type Kind = keyof typeof TASK_TYPES;

/** How a call is told by its request line; the first that fits. */
const CALLS: readonly (readonly [RegExp, Kind])[] = [
  [/^POST \S+\/status\/start /, "guest.start"],
  [/^POST \S+\/status\/stop /, "guest.stop"],
  [/^POST \S+\/status\/shutdown /, "guest.shutdown"],
  [/^POST \S+\/status\/reboot /, "guest.restart"],
  [/^POST \S+\/rollback /, "guest.rollback"],
  [/^POST \S+\/snapshot /, "guest.snapshot"],
  [/^DELETE \S+\/snapshot\//, "guest.delete_snapshot"],
  [/^POST \S+\/vzdump /, "guest.backup"],
  [/^DELETE \S+\/content\//, "guest.prune"],
  [/^POST \S+\/lxc /, "guest.create"],
  [/^DELETE \S+\/lxc\//, "guest.destroy"],
];

/** The task that Proxmox starts on a call of the tests' token. */
export function taskOf({ line, body }: { readonly line: string; readonly body: string }): Upid {
  const [, kind] = CALLS.find(([call]) => call.test(line)) ?? [];
  if (kind === undefined) throw new Error(`No task for ${line}`);
  const form = new URLSearchParams(body);
  const vmid = /\/lxc\/(\d+)/.exec(line)?.[1] ?? form.get("vmid") ??
    /vzdump-lxc-(\d+)-/.exec(line)?.[1] ?? "";
  const id = kind === "guest.prune" ? `${vmid}@${/storage\/([^/]+)/.exec(line)?.[1]}` : vmid;
  return asUpid(`UPID:pve:000018E7:000305BB:6B00E21F:${TASK_TYPES[kind][0]}:${id}:${TOKEN_ID}:`);
}
