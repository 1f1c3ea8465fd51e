import { z } from "zod";
import type { WorldFault } from "./pve/mod.ts";

const vmid = z.int();
const storage = z.string();
const volid = z.string();

const fate = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("stuck") }),
  z.strictObject({ kind: z.literal("fail"), message: z.string() }),
  z.strictObject({ kind: z.literal("warn"), message: z.string() }),
]);

const plainFault = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("task"),
    fate,
    type: z.string().exactOptional(),
    vmid: vmid.exactOptional(),
    times: z.int().min(1).exactOptional(),
    chance: z.number().min(0).max(1).exactOptional(),
  }),
  z.strictObject({ kind: z.literal("restart-daemon") }),
  z.strictObject({ kind: z.literal("vanish"), vmid }),
  z.strictObject({ kind: z.literal("crash"), vmid }),
  z.strictObject({ kind: z.literal("stubborn"), vmid, stubborn: z.boolean() }),
  z.strictObject({
    kind: z.literal("change-config"),
    vmid,
    set: z.record(z.string(), z.string().nullable()),
  }),
  z.strictObject({ kind: z.literal("lock"), vmid, lock: z.string().nullable() }),
  z.strictObject({ kind: z.literal("hold-lock-file"), vmid, ms: z.number().min(0) }),
  z.strictObject({ kind: z.literal("free-lock-file"), vmid }),
  z.strictObject({ kind: z.literal("fill"), storage, leave: z.number().min(0) }),
  z.strictObject({ kind: z.enum(["unmount", "remount"]), storage }),
  z.strictObject({ kind: z.literal("lose-volume"), volid }),
  z.strictObject({ kind: z.literal("truncate-backup"), volid }),
]);

/** What the admin face takes for the world, as {@linkcode WorldFault} says it. */
const worldFault = z.discriminatedUnion("kind", [
  ...plainFault.options,
  z.strictObject({ kind: z.literal("during-task"), vmid, fault: plainFault }),
]);

/**
 * Reads a fault of the world from JSON.
 *
 * @throws {z.ZodError} when it is none
 */
export function parseWorldFault(input: unknown): WorldFault {
  return worldFault.parse(input);
}
