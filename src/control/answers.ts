import * as z from "zod";
import type {
  Applied,
  Convergence,
  EngineReport,
  PassReport,
  SelftestBegun,
  Taken,
  TransactionReport,
} from "../reconcile/commands/commands.ts";
import { type PendingOperation, SHORTAGES } from "../state/mod.ts";

/**
 * What the operations of the control socket answer with, as the other side reads it. Unknown keys
 * are left out, so that a newer daemon may say more.
 */

/** How an answer is read. */
export type AnswerSchema<T> = z.ZodType<T>;

/** Of `apply`. */
export const applied: z.ZodType<Applied> = z.object({
  provider: z.string(),
  revision: z.string(),
  accepted: z.boolean(),
  guests: z.number(),
  plan: z.string(),
  steps: z.number(),
});

/** Of `plan`; null while nothing was applied. */
export const planned: z.ZodType<Applied | null> = z.nullable(applied);

/** Of `submit` and `request`. */
export const taken: z.ZodType<Taken> = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("authorised"),
    operation: z.string(),
    vmid: z.number().nullable(),
  }),
  z.object({ outcome: z.literal("pending_signature"), why: z.string(), kept: z.string() }),
  z.object({ outcome: z.literal("refused"), code: z.string(), why: z.string() }),
]);

/** Of `why`. */
export const reason = z.object({ why: z.string() });

/** Of `transaction`. */
export const transactionReport: z.ZodType<TransactionReport> = z.object({
  id: z.string(),
  vmid: z.number().nullable(),
  outcome: z.enum(["open", "committed", "rolled_back"]),
  steps: z.array(z.object({
    operation: z.string(),
    kind: z.string(),
    state: z.string(),
    compensates: z.string().nullable(),
    why: z.string().nullable(),
  })),
  problem: z.string().nullable(),
});

const told = z.object({
  vmid: z.number(),
  code: z.enum([
    "needs_restart",
    "not_there",
    "locked",
    "template",
    "unreadable",
    "not_managed",
    "pending_elsewhere",
  ]),
  message: z.string(),
});

/** Of `convergence`. */
export const convergence: z.ZodType<Convergence> = z.object({
  provider: z.string(),
  revision: z.string(),
  guests: z.number(),
  converged: z.number(),
  waiting: z.array(z.object({ vmid: z.number(), why: z.string(), steps: z.number().nullable() })),
  quarantined: z.array(z.number()),
  told: z.array(told),
});

/** Of `pending`. */
export const pendingList: z.ZodType<{ readonly pending: readonly PendingOperation[] }> = z.object({
  pending: z.array(z.object({
    id: z.number(),
    source: z.string(),
    kind: z.string(),
    vmid: z.number().nullable(),
    document: z.string(),
    reason: z.string(),
    firstAt: z.number(),
    lastAt: z.number(),
    times: z.number(),
    expiresAt: z.number(),
  })),
});

/** Of `selftest`. */
export const selftestBegun: z.ZodType<SelftestBegun> = z.object({
  transaction: z.string(),
  vmid: z.number(),
  told: z.array(z.string()),
});

/** Of `selftest_stop`. */
export const selftestStopped = z.object({ stopped: z.boolean() });

/** Of `audit_head`. */
export const auditHead = z.object({
  /** Place of the newest link; 0 when there is none. */
  seq: z.number(),
  /** 64 hex digits. */
  hash: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  instance: z.string(),
});

/** Of `state_ack`. */
export const acknowledged = z.object({ instance: z.string() });

const passReport: z.ZodType<PassReport> = z.object({
  at: z.number(),
  tookMs: z.number(),
  guests: z.object({ total: z.number(), running: z.number(), desired: z.number() }),
  planned: z.number(),
  executed: z.number(),
  failed: z.number(),
  errors: z.array(z.string()),
});

/** What `status` says of the engine. */
export const engineReport: z.ZodType<EngineReport> = z.object({
  phase: z.enum(["recovering", "running", "draining"]),
  doubt: z.string().nullable(),
  shortage: z.enum(SHORTAGES).nullable(),
  lastPass: passReport.nullable(),
  lastError: z.object({
    at: z.number(),
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
  }).nullable(),
  passes: z.number(),
  failing: z.number(),
  queued: z.number(),
  busy: z.array(z.number()),
  capacity: z.object({
    at: z.number(),
    storages: z.array(z.object({
      storage: z.string(),
      type: z.string().nullable(),
      ...{ total: z.number(), ratio: z.number(), limit: z.number(), provisioned: z.number() },
      pool: z.array(z.string()),
      ...{ volumes: z.number(), snapshots: z.number(), promised: z.number(), rest: z.number() },
    })),
  }).nullable(),
  unknown: z.number(),
});

/** Of `status`, which guests are worked on right now. */
export const guestsAtWork = z.object({ engine: z.object({ busy: z.array(z.number()) }) });
