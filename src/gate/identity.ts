import { createHash } from "node:crypto";

/** What of a guest cannot be renamed, as the host shows it. */
export interface IdentityParts {
  /** Its volumes, by volume id: in use, unused and pending. */
  readonly volumes: readonly string[];
  /** Its interfaces' MAC addresses. */
  readonly macs: readonly string[];
}

/** A guest's identity with what the journal knows of its creation. */
export interface Identity extends IdentityParts {
  /** Id of the task that made it; null when the agent did not make it. */
  readonly creation: string | null;
}

/** Where a container's configuration names volumes and interfaces (FACTS §3.1). */
const VOLUME_KEY = /^(?:rootfs|mp\d+|unused\d+)$/;
const NET_KEY = /^net\d+$/;

/**
 * What a container's configurations say of its identity: the live one and the one with what is
 * pending, since a pending volume is freed with the guest too (FACTS §3.8). Snapshots are no part.
 */
export function readIdentity(configs: readonly Readonly<Record<string, unknown>>[]): IdentityParts {
  const volumes: string[] = [];
  const macs: string[] = [];
  for (const [key, value] of configs.flatMap(Object.entries)) {
    if (typeof value !== "string") continue;
    if (VOLUME_KEY.test(key)) volumes.push(volumeOf(value));
    if (NET_KEY.test(key)) macs.push(property(value, "hwaddr") ?? "");
  }
  return normalised({ volumes, macs });
}

/** Whether every interface of a container is down, in each of its configurations. */
export function isLinkDown(configs: readonly Readonly<Record<string, unknown>>[]): boolean {
  return configs.flatMap(Object.entries)
    .filter(([key]) => NET_KEY.test(key))
    .every(([, value]) =>
      typeof value === "string" && /^(?:1|on|yes|true)$/i.test(property(value, "link_down") ?? "")
    );
}

/** Whether two guests have the same volumes and interfaces. Without a volume there is no telling. */
export function sameParts(one: IdentityParts, other: IdentityParts): boolean {
  const [a, b] = [normalised(one), normalised(other)];
  return a.volumes.length > 0 && JSON.stringify(a) === JSON.stringify(b);
}

/**
 * The digest that a signed document names, `sha256:` and 64 hex digits: the same for the same guest
 * in whatever order its parts are read, and another as soon as one of them is another.
 */
export function identityDigest({ volumes, macs, creation }: Identity): string {
  const text = JSON.stringify(["felhom-identity-v1", normalised({ volumes, macs }), creation]);
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function normalised({ volumes, macs }: IdentityParts): IdentityParts {
  return {
    volumes: [...new Set(volumes)].sort(),
    macs: [...new Set(macs.map((mac) => mac.toUpperCase()))].sort(),
  };
}

/** `local:101/vm-101-disk-0.raw,size=4G`; the first part may be written `volume=…`. */
function volumeOf(value: string): string {
  return property(value, "volume") ?? value.split(",")[0] ?? value;
}

function property(value: string, name: string): string | undefined {
  return value.split(",").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}
