import * as z from "zod";
import type { Config } from "../config/mod.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import type { Level } from "../log/logger.ts";
import type { Guest, GuestConfig, Preflight, Snapshot } from "../proxmox/mod.ts";
import type { CheckResult } from "./check.ts";
import type { Expected } from "./proxmox_checks.ts";

/**
 * What a command and the Worker that asks Proxmox for it say to each other. Both are the same build,
 * so the inside of a value needs no second check, only its kind.
 */
function document<T extends object>() {
  return z.custom<T>((value) => typeof value === "object" && value !== null);
}

/** The Proxmox server, how it is recognised, and the token in the clear. */
export type ClientSetup = Omit<Config["proxmox"], "token"> & {
  readonly token: { readonly id: string; readonly text: string };
  readonly logLevel: Level;
  readonly logFormat: "json" | "human";
};

/** To the Worker, once: what to ask. */
export const clientJob = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("selftest"),
    setup: document<ClientSetup>(),
    expected: document<Expected>(),
  }),
  z.object({ kind: z.literal("guests"), setup: document<ClientSetup>() }),
  z.object({ kind: z.literal("permissions"), setup: document<ClientSetup>() }),
  z.object({ kind: z.literal("target"), setup: document<ClientSetup>(), vmid: z.int() }),
]);

/** What a signed document names of a guest; `undefined` where there is none under the VMID. */
export interface GuestTarget {
  /** As the list shows it. */
  readonly name: string;
  /** What is in force, and what is with all that is pending. */
  readonly configs: readonly GuestConfig[];
  readonly snapshots: readonly Snapshot[];
}

export type ClientJob = z.infer<typeof clientJob>;

/** From the Worker: findings as they come, then `done` or `failed`. */
export const clientMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("check"), result: document<CheckResult>() }),
  z.object({ kind: z.literal("guests"), guests: document<readonly Guest[]>() }),
  z.object({ kind: z.literal("permissions"), preflight: document<Preflight>() }),
  z.object({ kind: z.literal("target"), target: document<GuestTarget>().optional() }),
  z.object({ kind: z.literal("done") }),
  z.object({
    kind: z.literal("failed"),
    code: z.custom<ErrorCode>((value) => ERROR_CODES.some((code) => code === value)),
    message: z.string(),
    hint: z.string().optional(),
  }),
]);

export type ClientMessage = z.infer<typeof clientMessage>;
