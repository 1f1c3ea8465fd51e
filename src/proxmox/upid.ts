import { FelhomError } from "../errors.ts";

declare const upidBrand: unique symbol;

/** Id of a Proxmox task, as `UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve!agent:`. */
export type Upid = string & { readonly [upidBrand]: true };

/** What a task id says (FACTS §2.1). */
export interface UpidParts {
  readonly node: string;
  readonly pid: number;
  /** Start of the worker process in clock ticks since the node's boot. */
  readonly pstart: number;
  /** Seconds since the epoch, by the node's clock. */
  readonly starttime: number;
  /** Kind of worker, as `vzstart` or `vzdump`. */
  readonly type: string;
  /** What it works on, mostly a VMID; may be empty. */
  readonly id: string;
  /** Whose task it is: `user@realm`, or a token's full `user@realm!name`. */
  readonly user: string;
}

/** Proxmox prints `%08X`: a ninth digit of the process's start never has a zero before it. */
const UPID =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([1-9A-Fa-f]?[0-9A-Fa-f]{8}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** Whether `value` is a task id. */
export function isUpid(value: unknown): value is Upid {
  return typeof value === "string" && UPID.test(value);
}

/**
 * Takes a task id apart.
 *
 * @throws {FelhomError} `upid.invalid`
 */
export function parseUpid(text: string): UpidParts {
  const [, node, pid, pstart, starttime, type, id, user] = UPID.exec(text) ?? [];
  if (
    node === undefined || pid === undefined || pstart === undefined || starttime === undefined ||
    type === undefined || id === undefined || user === undefined
  ) {
    throw new FelhomError("upid.invalid", `Cannot parse UPID ${JSON.stringify(text)}`, {
      hint: "A UPID is UPID:NODE:PID:PSTART:STARTTIME:TYPE:ID:USER: with its last colon.",
    });
  }
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

/**
 * Puts a task id together, as Proxmox prints it.
 *
 * @throws {FelhomError} `upid.invalid` when a part cannot stand in a task id
 */
export function formatUpid(parts: UpidParts): Upid {
  const { node, type, id, user } = parts;
  const numbers = [parts.pid, parts.pstart, parts.starttime].map(hex).join(":");
  return asUpid(`UPID:${node}:${numbers}:${type}:${id}:${user}:`);
}

/**
 * The text as a task id.
 *
 * @throws {FelhomError} `upid.invalid`
 */
export function asUpid(text: string): Upid {
  if (isUpid(text)) return text;
  parseUpid(text);
  throw new FelhomError("internal.bug", `Cannot agree on UPID ${JSON.stringify(text)}`);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}
