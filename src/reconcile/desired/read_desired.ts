import { describeFound } from "../../config/found.ts";
import { isList, type JsonDocument, JsonSyntaxError, parseJson } from "../../config/json.ts";
import { isManaged, type VmidRange } from "../../gate/mod.ts";
import { printable } from "../../log/printable.ts";
import { isVmid } from "../../proxmox/mod.ts";
import type { DesiredGuest, DesiredState } from "./desired_state.ts";
import { DesiredError, Findings } from "./findings.ts";
import { readGuest } from "./read_guest.ts";
import { type Field, Section } from "./section.ts";

/** Bytes of UTF-8: room for thousands of guests. */
const LONGEST = 1024 * 1024;

/** What a desired state is read for. */
export interface ReadDesiredOptions {
  /** Who says it: `local`, `hub`. */
  readonly provider: string;
  /** VMIDs that may be in it. @default all: one that is not managed is then told by the plan */
  readonly managed?: VmidRange;
}

const VERSION: Field<1> = {
  allowed: "1, the only version that this program knows",
  read: (value) => value === 1 ? value : undefined,
};
const REVISION: Field<string> = {
  allowed: "a text of 1 to 128 printable characters",
  read: (value) =>
    typeof value === "string" && /\S/.test(value) && value.length <= 128 &&
      printable(value) === value
      ? value
      : undefined,
};

/**
 * Reads a desired state: the settings of the closed list by guest, each in the form that Proxmox
 * keeps it in.
 *
 * @throws {DesiredError} with everything that is wrong: then nothing of it counts
 */
export function readDesired(text: string, options: ReadDesiredOptions): DesiredState {
  const { value, lines } = parse(text);
  const findings = new Findings(lines);
  if (typeof value !== "object" || value === null || isList(value)) {
    throw new DesiredError([{
      path: "document",
      found: describeFound(value),
      allowed: "an object",
    }]);
  }
  const document = new Section(value, [], findings);
  // Of another version nothing else can be said: an older agent never acts on a newer document.
  if (document.need("version", VERSION) === undefined) throw new DesiredError(findings.all);
  const revision = document.need("revision", REVISION);
  const guests = readGuests(document, options.managed);
  document.refuseOthers(() => ({ reason: "No key has this name" }));
  if (revision === undefined || findings.all.length > 0) throw new DesiredError(findings.all);
  return { provider: options.provider, revision, guests };
}

function readGuests(
  document: Section,
  managed: VmidRange = { first: 100, last: 999_999_999 },
): Map<number, DesiredGuest> {
  const guests = new Map<number, DesiredGuest>();
  const section = document.needSection("guests");
  for (const key of section?.keys ?? []) {
    const vmid = /^[1-9]\d{2,8}$/.test(key) ? Number(key) : NaN;
    if (!isVmid(vmid) || !isManaged(vmid, managed)) {
      section?.wrong(key, {
        reason: isVmid(vmid) ? "It is not a managed VMID" : "It is not a VMID",
        allowed: `a whole number from ${managed.first} to ${managed.last}`,
      });
    }
    const guest = section?.section(key);
    if (guest !== undefined) guests.set(vmid, readGuest(vmid, guest));
  }
  return guests;
}

function parse(text: string): JsonDocument {
  if (new TextEncoder().encode(text).length > LONGEST) {
    const reason = `More than ${LONGEST} bytes`;
    throw new DesiredError([{ path: "document", reason, allowed: "at most 1 MiB" }]);
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column, message } = error;
    const where = `line ${line}, column ${column}`;
    throw new DesiredError([{ path: "document", where, reason: message }]);
  }
}
