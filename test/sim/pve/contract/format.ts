import { isCidr, isIpv4, isIpv6 } from "./ip_address.ts";
import { perlMatch, splitList } from "./perl_match.ts";
import {
  NAMED_PROPERTY_FORMATS,
  type NamedFormat,
  type PropertyFormat,
} from "./property_formats.ts";
import { type Problem, problemsOfPropertyString } from "./property_string.ts";

/** Answers what is wrong with a text, in Proxmox's words, or nothing. */
type Verify = (text: string) => string | undefined;

const STORAGE_ID = "[a-zA-Z][a-zA-Z0-9\\-_.]*[a-zA-Z0-9]";
const CONFIG_ID = "[a-zA-Z][a-zA-Z0-9_-]+";
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const EMAIL_USER = "[\\w+\\-~]+(?:\\.[\\w+\\-~]+)*";
const CONTENT = ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none"];

/** The formats `PVE::JSONSchema` registers, as far as the product's endpoints use them. */
const VERIFY = {
  "pve-configid": matching(CONFIG_ID, (id) => `invalid configuration ID '${id}'`),
  "pve-storage-id": matching(STORAGE_ID, (id) => `storage ID '${id}' contains illegal characters`),
  "pve-vmid": matching("[1-9][0-9]{2,8}", "value does not look like a valid VM ID"),
  "pve-node": matching(LABEL, "value does not look like a valid node name"),
  "dns-name": matching(`(?:${LABEL}\\.)*${LABEL}`, "value does not look like a valid DNS name"),
  "mac-addr": matching(
    "[a-fA-F0-9][02468aceACE](?::[a-fA-F0-9]{2}){5}",
    "value does not look like a valid unicast MAC address",
  ),
  "ipv4": (text) => isIpv4(text) ? undefined : "value does not look like a valid IPv4 address",
  "ipv6": (text) => isIpv6(text) ? undefined : "value does not look like a valid IPv6 address",
  "pve-ipv4-config": (text) =>
    /^(?:dhcp|manual)$/.test(text) || isCidr(text, 4)
      ? undefined
      : "value does not look like a valid ipv4 network configuration",
  "pve-ipv6-config": (text) =>
    /^(?:auto|dhcp|manual)$/.test(text) || isCidr(text, 6)
      ? undefined
      : "value does not look like a valid ipv6 network configuration",
  "lxc-ip-with-ll-iface": verifyNameserver,
  "disk-size": matching(
    "\\d+(?:\\.\\d+)?[KMGT]?",
    (size) => `value does not look like a valid disk size: ${size}`,
  ),
  "pve-startup-order": verifyStartup,
  "pve-tag": matching("[a-zA-Z0-9_][a-zA-Z0-9_\\-+.]*", "invalid characters in tag"),
  "pve-task-status-type": (text) =>
    /^(?:ok|error|warning|unknown)$/i.test(text) ? undefined : `invalid status '${text}'`,
  "pve-lxc-mp-string": (path) =>
    /\/\.\.?(?:\/|$)|^\.\.\//.test(path)
      ? `${path} contains illegal character sequences`
      : undefined,
  "pve-lxc-dev-string": (path) =>
    /\/\.\.?(?:\/|$)/.test(path) || !path.startsWith("/dev/")
      ? `${path} is not a valid device path`
      : undefined,
  "pve-volume-id": matching(`${STORAGE_ID}:.+`, (id) => `unable to parse volume ID '${id}'`),
  "pve-ct-timezone": verifyTimezone,
  "pve-poolid": matching(
    "[A-Za-z0-9.\\-_]+(?:/[A-Za-z0-9.\\-_]+){0,2}",
    (id) => `pool name '${id}' contains invalid characters`,
  ),
  "pve-storage-content": (text) =>
    CONTENT.includes(text) ? undefined : `invalid content type '${text}'`,
  "email-or-username": matching(
    `${EMAIL_USER}(?:@[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*)?`,
    "value does not look like a valid email address or user name",
  ),
} satisfies Record<string, Verify>;

type PlainFormat = keyof typeof VERIFY;

/** A format by its registered name, the same for each entry of a list, or a property string. */
export type Format = PlainFormat | `${PlainFormat}-list` | NamedFormat | PropertyFormat;

/** What is wrong with `text` in the light of `format`. Empty lists pass. */
export function checkFormat(format: Format, text: string): readonly Problem[] {
  if (typeof format === "object") return problemsOfPropertyString(format, text, checkFormat);
  if (isNamedFormat(format)) {
    const { properties, validate } = NAMED_PROPERTY_FORMATS[format];
    const problems = problemsOfPropertyString(properties, text, checkFormat);
    const invalid = problems.length === 0 ? validate?.(text) : undefined;
    return invalid === undefined ? problems : [{ text: invalid }];
  }
  const plain = plainFormatOf(format);
  const entries = plain === format ? [text] : splitList(text);
  for (const entry of entries) {
    const problem = VERIFY[plain](entry);
    if (problem !== undefined) return [{ text: problem }];
  }
  return [];
}

function isNamedFormat(name: string): name is NamedFormat {
  return Object.hasOwn(NAMED_PROPERTY_FORMATS, name);
}

function isPlainFormat(name: string): name is PlainFormat {
  return Object.hasOwn(VERIFY, name);
}

function plainFormatOf(name: string): PlainFormat {
  const plain = name.replace(/-list$/, "");
  if (!isPlainFormat(plain)) throw new Error(`Cannot verify unregistered format "${name}"`);
  return plain;
}

function matching(pattern: string, message: string | ((text: string) => string)): Verify {
  return (text) => {
    if (perlMatch(pattern, text)) return undefined;
    return typeof message === "string" ? message : message(text);
  };
}

function verifyNameserver(text: string): string | undefined {
  const scoped = /^(fe80:[^%]+)%([a-z][a-z0-9_]{1,20}(?:[:.]\d+)?)$/i.exec(text);
  const address = scoped?.[1] ?? text;
  return isIpv4(address) || isIpv6(address)
    ? undefined
    : "value does not look like a valid IP address";
}

function verifyStartup(text: string): string | undefined {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const fine = text !== "" && text !== "0" &&
    parts.every((part) => /^(?:(?:order=)?\d+|up=\d+|down=\d+)$/.test(part));
  return fine ? undefined : "unable to parse startup options";
}

/** Proxmox looks the name up in zone.tab; `Intl` knows the same database. */
function verifyTimezone(text: string): string | undefined {
  if (text === "host" || text === "UTC") return undefined;
  const known = text.includes("/") && Intl.supportedValuesOf("timeZone").includes(text);
  return known ? undefined : `invalid time zone '${text}'`;
}
