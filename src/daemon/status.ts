import * as z from "zod";
import { engineReport } from "../control/answers.ts";

const probe = z.object({
  name: z.string(),
  right: z.string(),
  via: z.string(),
  verdict: z.string(),
  detail: z.string(),
});

const seal = z.object({
  isolate: z.string(),
  held: z.record(z.string(), z.array(z.string()).readonly()),
  removed: z.array(z.string()).readonly(),
  probes: z.array(probe).readonly(),
  tookMs: z.number(),
});

/** What the daemon says of itself: the `result` of the operation `status`. Times are epoch ms. */
export const statusDocument = z.object({
  /** Version of the product. */
  agent: z.string(),
  pid: z.number(),
  instance: z.string(),
  startedAt: z.number(),
  sealedAt: z.number(),
  proxmox: z.object({ endpoint: z.string(), node: z.string(), token: z.string() }),
  /** Of the main isolate and of the daemon. */
  seals: z.array(seal).readonly(),
  /** By role: the set in force (0: none), root's floor, and whether there was ever a rotation. */
  signers: z.array(z.object({
    role: z.string(),
    sequence: z.number(),
    floor: z.number(),
    rotated: z.boolean(),
  })).readonly(),
  engine: engineReport,
});

export type StatusDocument = z.infer<typeof statusDocument>;
