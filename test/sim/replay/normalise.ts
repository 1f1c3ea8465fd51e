import type { ParamValue } from "../seam.ts";
import { isList, isRecord, type JsonRecord } from "./json_value.ts";

/** A body made comparable. */
export type Normal = ParamValue;

/**
 * Numbers that belong to a host, a process or a moment and cannot be the same twice. Their type
 * stays: a text in the place of a number is a difference.
 */
const OF_THE_MOMENT: ReadonlySet<string> = new Set([
  "avail",
  "cpu",
  "ctime",
  "disk",
  "endtime",
  "free",
  "available",
  "idle",
  "localtime",
  "maxdisk",
  "mem",
  "memhost",
  "netin",
  "netout",
  "pid",
  "pstart",
  "snaptime",
  "starttime",
  "time",
  "uptime",
  "used",
  "used_fraction",
  "wait",
]);

/** Sizes of archives; those of disks are exact. */
const ARCHIVE = /^local:(?:backup|vztmpl)\/|^\/var\/lib\/vz\/dump\//;

/** Texts that differ from run to run, and what stands for them. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/UPID:pve:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:/g, "UPID:pve:PID:START:TIME:"],
  [/BC:24:11(?::[0-9A-F]{2}){3}/g, "BC:24:11:xx:xx:xx"],
  [/bc:24:11(?::[0-9a-f]{2}){3}/g, "bc:24:11:xx:xx:xx"],
  [/(Filesystem UUID: )[0-9a-f-]{36}/g, "$1UUID"],
  [/(Total bytes (?:read|written): )\d+ \([^)]*\)/g, "$1N"],
  [/\/proc\/\d+\/root\//g, "/proc/PID/root/"],
  [/(sync finished - transferred ).*/g, "$1N"],
  [/(archive file size: )\S+/g, "$1N"],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "DATE"],
  [/(vzdump-lxc-\d+-)\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/g, "$1DATE"],
  [/(Finished Backup of VM \d+ )\(\d\d:\d\d:\d\d\)/g, "$1(TIME)"],
];

/** Lists whose order is Perl's hash order and means nothing, by the keys that name their rows. */
const ROW_NAMES = ["volid", "storage", "vmid", "id", "key", "name", "filename"] as const;

/**
 * Makes two answers comparable: drops what cannot be equal (figures of the moment, process ids,
 * generated MACs), sorts what has no order, and keeps everything else, types and digests included.
 */
export function normalise(body: ParamValue, options: Options): Normal {
  return walk(body, "", options);
}

interface Options {
  /** Whether the order of lists means something. */
  readonly ordered: boolean;
  /** Whether digests are compared: they cannot be where a MAC was generated. */
  readonly digests: boolean;
}

/** The MACs in a body, as one text. */
export function macsIn(body: ParamValue): string {
  const macs = JSON.stringify(body).match(/bc:24:11(?::[0-9a-f]{2}){3}/gi) ?? [];
  return macs.toSorted().join();
}

function walk(value: ParamValue, key: string, options: Options): Normal {
  if (typeof value === "string") {
    return key === "digest" && !options.digests ? "<digest>" : text(value, key);
  }
  if (isList(value)) {
    const rows = value.map((entry) => walk(entry, "", options));
    return options.ordered ? rows : rows.toSorted(byName);
  }
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => {
        if (typeof entry === "number" && isOfTheMoment(name, value)) return [name, "<number>"];
        return [name, walk(entry, name, options)];
      }),
    );
  }
  return value;
}

function isOfTheMoment(name: string, row: JsonRecord): boolean {
  if (OF_THE_MOMENT.has(name)) return true;
  const where = row.volid ?? row.path;
  return name === "size" && typeof where === "string" && ARCHIVE.test(where);
}

function text(value: string, key: string): string {
  if (key === "flags") return "<processor flags>";
  if (key === "content" && value.includes(",")) return value.split(",").toSorted().join(",");
  const start = /^(INFO: starting new backup job: vzdump [\d ]*)(.*)$/.exec(value);
  if (start !== null) return `${start[1]}${sortOptions(start[2] ?? "")}`;
  return TEXTS.reduce((result, [pattern, stand]) => result.replace(pattern, stand), value);
}

/** `--storage local --mode stop`: options come in hash order. */
function sortOptions(options: string): string {
  return options.split(/ ?--/).filter((option) => option !== "").toSorted().join(" --");
}

function byName(a: Normal, b: Normal): number {
  const [left, right] = [nameOf(a), nameOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function nameOf(row: Normal): string {
  if (!isRecord(row)) return JSON.stringify(row);
  const name = ROW_NAMES.find((name) => Object.hasOwn(row, name));
  return name === undefined ? JSON.stringify(row) : String(row[name]);
}
