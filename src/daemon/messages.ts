import * as z from "zod";
import { errorDocument } from "../control/protocol.ts";
import type { SealReport } from "../fence/mod.ts";
import type { DaemonSetup } from "./setup.ts";

/**
 * What the two isolates of one process say to each other, over a `MessagePort`. Both are the same
 * build, so a value made by the other side needs no second check of its inside, only of its kind.
 */
const setup = z.custom<DaemonSetup>((value) => typeof value === "object" && value !== null);
const report = z.custom<SealReport>((value) => typeof value === "object" && value !== null);

/** From the main isolate to the daemon. */
export const toDaemon = z.discriminatedUnion("kind", [
  /** First: open everything, then seal. */
  z.object({ kind: z.literal("start"), setup }),
  /** Both isolates are sealed: Proxmox may be asked. */
  z.object({ kind: z.literal("proceed"), mainSeal: report }),
  /** Are you there? */
  z.object({ kind: z.literal("ping") }),
  /** Finish what is under way, then say `stopped`. */
  z.object({ kind: z.literal("stop") }),
]);

/** From the daemon to the main isolate. */
export const fromDaemon = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sealed"), report }),
  /** It could not start, or not go on. Nothing follows. */
  z.object({ kind: z.literal("failed"), error: errorDocument }),
  z.object({ kind: z.literal("pong") }),
  /** Nothing follows. */
  z.object({ kind: z.literal("stopped") }),
]);

export type ToDaemon = z.infer<typeof toDaemon>;
export type FromDaemon = z.infer<typeof fromDaemon>;
