/** What a task's name is made of. */
export interface UpidParts {
  readonly node: string;
  readonly pid: number;
  /** Start of the process in clock ticks (1/100 s) since the node's boot. */
  readonly pstart: number;
  /** The node's epoch seconds. */
  readonly starttime: number;
  readonly type: string;
  readonly id: string;
  /** Full id, `user@realm!token` for a token. */
  readonly user: string;
}

/** Writes a task's name as Proxmox does: hexadecimal, upper case, 8 wide or more (FACTS §2.1). */
export function printUpid(parts: UpidParts): string {
  const { node, pid, pstart, starttime, type, id, user } = parts;
  return `UPID:${node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${type}:${id}:${user}:`;
}

const UPID =
  /^UPID:([a-zA-Z0-9]+(?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** Takes a task's name apart; `undefined` where Proxmox would not parse it either. */
export function parseUpid(text: string): UpidParts | undefined {
  const match = UPID.exec(text);
  if (match === null) return undefined;
  const [, node = "", pid = "", pstart = "", starttime = "", type = "", id = "", user = ""] = match;
  return {
    node,
    pid: parseInt(pid, 16),
    pstart: parseInt(pstart, 16),
    starttime: parseInt(starttime, 16),
    type,
    id,
    user,
  };
}

/** Where a task's log lies: the last hexadecimal digit of its start names the folder (FACTS §2.1). */
export function logPath(upid: string, parts: UpidParts): string {
  return `/var/log/pve/tasks/${hex(parts.starttime).slice(-1)}/${upid}`;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}
