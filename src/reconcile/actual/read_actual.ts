import { FelhomError } from "../../errors.ts";
import { type Guest, parseVmid, type Reads } from "../../proxmox/mod.ts";
import { eachAtOnce } from "../at_once.ts";
import type { ActualGuest, ActualSettings } from "./actual_guest.ts";
import { normalise } from "./normalise.ts";

/** What the guests of a host are read with. */
export type ActualReads = Pick<Reads, "guests" | "guestRow" | "guestPending">;

/** The host, as far as a pass looks at it. */
export interface ActualHost {
  /** By VMID, those of the guests asked for that are there. */
  readonly guests: ReadonlyMap<number, ActualGuest>;
  /** All containers of the node that the token can see, as they were listed. */
  readonly rows: readonly Guest[];
  readonly total: number;
  readonly running: number;
  /** Those whose configuration could not be read. */
  readonly unread: readonly Unread[];
}

/** A guest whose configuration could not be read, and why. */
export interface Unread {
  readonly vmid: number;
  readonly why: string;
}

/** What was read of a guest's configuration, or why it was not. */
type Reading =
  | { readonly settings: ActualSettings }
  | { readonly settings: null; readonly why: string };

/** What {@linkcode readActual} can be told. */
export interface ReadActualOptions {
  /** VMIDs of the guests whose configuration is read. */
  readonly wanted: { has(vmid: number): boolean };
  readonly signal?: AbortSignal;
  /** How many configurations are asked for at once. @default 8, as many as there are connections */
  readonly atOnce?: number;
  /** Called whenever an answer came, or it is known that none comes: it is slow, and alive. */
  readonly advanced?: () => void;
}

/**
 * Reads all guests for a pass: one list, and one call for each guest that is wanted and there, which
 * pveproxy answers itself (OBSERVED 4 and 5). Needs VM.Audit.
 *
 * @throws {FelhomError} when the list cannot be read; a guest's configuration that cannot be read
 * leaves the others alone
 */
export async function readActual(
  reads: ActualReads,
  { wanted, signal, atOnce = 8, advanced = () => {} }: ReadActualOptions,
): Promise<ActualHost> {
  const call = signal === undefined ? {} : { signal };
  const rows = await reads.guests(call);
  advanced();
  const found = rows.filter(({ vmid }) => wanted.has(vmid));
  const unordered: { readonly row: Guest; readonly reading: Reading }[] = [];
  await eachAtOnce(found, atOnce, async (row) => {
    unordered.push({ row, reading: await readSettings(reads, row.vmid, signal) });
    advanced();
  });
  const all = unordered.toSorted((one, other) => one.row.vmid - other.row.vmid);
  return {
    guests: new Map(
      all.map(({ row, reading }) => [row.vmid, actualGuest(row, reading.settings)]),
    ),
    rows,
    total: rows.length,
    running: rows.filter(isRunning).length,
    unread: all.flatMap(({ row, reading }) =>
      reading.settings === null ? { vmid: row.vmid, why: reading.why } : []
    ),
  };
}

/** One guest, and the row that it was read from. */
export interface SeenGuest {
  readonly row: Guest;
  readonly guest: ActualGuest;
}

/**
 * Reads one guest as it is this moment. Needs VM.Audit.
 *
 * @param options.row its row, read a moment ago @default it is read
 * @returns `undefined` when this node has no container of that VMID
 * @throws {FelhomError} when its run state cannot be read
 */
export async function readActualGuest(
  reads: ActualReads,
  vmid: number,
  { signal, row: known }: {
    readonly signal?: AbortSignal;
    readonly row?: Guest | undefined;
  } = {},
): Promise<SeenGuest | undefined> {
  const [row, reading] = await Promise.all([
    known ?? readRow(reads, vmid, signal),
    readSettings(reads, vmid, signal),
  ]);
  return row === undefined ? undefined : { row, guest: actualGuest(row, reading.settings) };
}

async function readRow(
  reads: ActualReads,
  vmid: number,
  signal: AbortSignal | undefined,
): Promise<Guest | undefined> {
  try {
    return await reads.guestRow(parseVmid(vmid), signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof FelhomError && error.code === "proxmox.missing") return undefined;
    throw error;
  }
}

async function readSettings(
  reads: ActualReads,
  vmid: number,
  signal: AbortSignal | undefined,
): Promise<Reading> {
  try {
    const rows = await reads.guestPending(parseVmid(vmid), signal === undefined ? {} : { signal });
    return { settings: normalise(rows) };
  } catch (error) {
    // Given up, or a mistake of ours: neither says anything of the guest.
    if (signal?.aborted || !(error instanceof FelhomError)) throw error;
    return { settings: null, why: error.message };
  }
}

function actualGuest(row: Guest, settings: ActualSettings | null): ActualGuest {
  return {
    vmid: row.vmid,
    name: row.name ?? `CT${row.vmid}`,
    running: isRunning(row),
    template: row.template ?? false,
    lock: row.lock ?? null,
    settings,
  };
}

function isRunning({ status }: Guest): boolean {
  return status === "running";
}
