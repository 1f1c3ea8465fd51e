import * as z from "zod";

/** A commit of the journal, and the moment beside it at which the process is to die. */
const deadline = z.strictObject({
  /** Counted from 1, from the order on. */
  commit: z.int().min(1),
  side: z.enum(["before", "after"]),
});

/** What a mortal daemon is told on its stdin, a line of JSON each. The first one starts it. */
export const orders = z.strictObject({
  /** How many times as short its waits are, not the limits of its calls; in the first orders only. */
  time_scale: z.number().positive().optional(),
  /** Said again when the orders are taken, so that they are told from others. */
  story: z.int().optional(),
  /** When to die; it lives on without. */
  die: deadline.optional(),
});

export type Orders = z.infer<typeof orders>;
export type Deadline = z.infer<typeof deadline>;

/** Before each line that says which commit is at hand, so that it is told from the log. */
export const COMMIT_MARK = "commit ";
