import type { Params } from "../../action/mod.ts";
import type { GuestConfig } from "../../proxmox/mod.ts";
import { sortedTags, withoutLastNewline } from "../actual/setting_forms.ts";
import { isOn, readProperties } from "./property_string.ts";

/** MiB that a guest has when its configuration says nothing (FACTS §3.1). */
const DEFAULT_MEMORY = 512;
const DEFAULT_SWAP = 512;

const NET_KEY = /^net\d+$/;
const VOLUME_KEY = /^(?:rootfs|mp\d+)$/;

/** What any guest that the agent makes has to be like, whatever it is made from. */
export interface NewGuest {
  readonly storage: string;
  readonly running: boolean;
}

/** In which ways a guest just made is none that the agent makes; empty when it is one. */
export function flawsOfNew(config: GuestConfig, { storage, running }: NewGuest): string[] {
  const flaws = [];
  if (config.lock !== undefined) flaws.push(`it is locked (${config.lock})`);
  if (config.unprivileged !== true) flaws.push("it is privileged");
  if (config.template === true) flaws.push("it is a template");
  if (config.protection === true) flaws.push("it is protected");
  if (running) flaws.push("it runs");
  const volumes = entriesOf(config, VOLUME_KEY);
  if (!volumes.some(([key]) => key === "rootfs")) flaws.push("it has no root volume");
  for (const [key, text] of volumes) {
    if (!volumeOf(text).startsWith(`${storage}:`)) {
      flaws.push(`${key} is not on ${storage}: ${text}`);
    }
  }
  return flaws;
}

/** In which ways a guest is not what `guest.create` asks for, besides {@linkcode flawsOfNew}. */
export function flawsOfCreated(config: GuestConfig, asked: Params<"guest.create">): string[] {
  return [
    ...differing({
      hostname: [config.hostname, asked.hostname],
      cores: [config.cores, asked.cores],
      memory: [config.memory, asked.memory],
      swap: [config.swap ?? DEFAULT_SWAP, asked.swap],
      onboot: [config.onboot ?? false, asked.onboot],
      description: [
        withoutLastNewline(config.description ?? ""),
        withoutLastNewline(asked.description),
      ],
      tags: [tagsOf(config.tags), sortedTags(asked.tags).join(";")],
    }),
    ...flawsOfNets(config, asked.network),
  ];
}

/**
 * Exactly one interface, as asked for. An interface that the image has besides is not overwritten:
 * it comes back with the MAC that the image had, which another guest may have as well (FACTS §3.4).
 */
function flawsOfNets(config: GuestConfig, asked: Params<"guest.create">["network"]): string[] {
  const flaws = [];
  for (const [key, text] of entriesOf(config, NET_KEY)) {
    if (key === "net0") continue;
    flaws.push(`the image brings ${key} along, with the MAC it had: ${text}`);
  }
  const text = config["net0"];
  if (typeof text !== "string") return ["it has no net0", ...flaws];
  const net = readProperties(text);
  if (!net.has("hwaddr")) flaws.push("net0 has no MAC");
  return [
    ...flaws,
    ...differing({
      "net0's bridge": [net.get("bridge"), asked.bridge],
      "net0's VLAN": [net.get("tag"), asked.vlan === null ? undefined : String(asked.vlan)],
      "net0's address": [net.get("ip") ?? "manual", asked.ipv4],
      "net0's gateway": [net.get("gw"), asked.gateway ?? undefined],
      "net0's link_down": [isOn(net.get("link_down")), asked.link_down],
    }),
  ];
}

/**
 * In which ways a restored guest is not what its backup says. What is set anew by every restore
 * (`onboot`, `protection`) and where its volumes are is not held against the backup.
 */
export function flawsOfRestored(
  config: GuestConfig,
  backup: Readonly<Record<string, string>>,
): string[] {
  const flaws = differing({
    hostname: [config.hostname, backup["hostname"] ?? config.hostname],
    cores: [config.cores, numberOf(backup["cores"])],
    memory: [config.memory ?? DEFAULT_MEMORY, numberOf(backup["memory"]) ?? DEFAULT_MEMORY],
    swap: [config.swap ?? DEFAULT_SWAP, numberOf(backup["swap"]) ?? DEFAULT_SWAP],
    tags: [tagsOf(config.tags), tagsOf(backup["tags"])],
    features: [listOf(config.features), listOf(backup["features"])],
    onboot: [config.onboot ?? false, false],
  });
  const here = [...entriesOf(config, NET_KEY), ...entriesOf(config, VOLUME_KEY)].map(([key]) =>
    key
  );
  const there = Object.entries(backup)
    .filter(([key]) => NET_KEY.test(key) || VOLUME_KEY.test(key)).map(([key]) => key);
  const missing = there.filter((key) => !here.includes(key));
  const added = here.filter((key) => !there.includes(key));
  if (missing.length > 0) flaws.push(`it lacks ${missing.sort().join(", ")} of the backup`);
  if (added.length > 0) flaws.push(`it has ${added.sort().join(", ")}, which the backup has not`);
  return flaws;
}

/** In which ways a container is not the golden image's that was asked for. */
export function flawsOfGolden(config: GuestConfig, asked: Params<"golden.create">): string[] {
  const features = config.features?.split(",") ?? [];
  const flaws = differing({
    hostname: [config.hostname, asked.hostname],
    cores: [config.cores, asked.cores],
    memory: [config.memory, asked.memory],
    "the root volume's size in GiB": [gibOf(config.rootfs), asked.rootfs.gib],
  });
  for (const feature of ["nesting=1", "keyctl=1"]) {
    if (!features.includes(feature)) flaws.push(`it lacks the feature ${feature}`);
  }
  for (const [key] of entriesOf(config, NET_KEY)) flaws.push(`it has an interface, ${key}`);
  return flaws;
}

/** What of `[found, asked]` differs, as sentences. */
function differing(pairs: Readonly<Record<string, readonly [unknown, unknown]>>): string[] {
  return Object.entries(pairs)
    .filter(([, [found, asked]]) => found !== asked)
    .map(([what, [found, asked]]) => `${what} is ${said(found)}, not ${said(asked)}`);
}

function said(value: unknown): string {
  return value === undefined || value === "" ? "not set" : JSON.stringify(value);
}

function entriesOf(config: GuestConfig, keys: RegExp): [string, string][] {
  return Object.entries(config).flatMap(([key, value]): [string, string][] =>
    keys.test(key) && typeof value === "string" ? [[key, value]] : []
  );
}

function volumeOf(text: string): string {
  const properties = readProperties(text);
  return properties.get("volume") ?? properties.get("") ?? "";
}

/** Tags are a set (FACTS §3.1). */
function tagsOf(text: string | undefined): string {
  return sortedTags((text ?? "").split(/[;,\s]+/).filter((tag) => tag !== "")).join(";");
}

function listOf(text: string | undefined): string {
  return (text ?? "").split(",").filter((part) => part !== "").sort().join(",");
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Size of a volume in GiB; Proxmox prints it with the largest unit that leaves a whole number. */
function gibOf(text: string | undefined): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMGT])$/.exec(
    readProperties(text ?? "").get("size") ?? "",
  ) ?? [];
  return number === undefined
    ? undefined
    : Number(number) * 1024 ** ("KMGT".indexOf(unit ?? "") - 2);
}
