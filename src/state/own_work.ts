import type { DatabaseSync } from "node:sqlite";

/** The journal, asked by prepared statements. */
type Journal = Pick<DatabaseSync, "prepare">;

/** Kinds of operation that lock a guest while they are at work, or leave it locked when broken off. */
const LOCKED_BY: Readonly<Record<string, readonly string[]>> = {
  create: ["guest.create", "golden.create", "guest.restore_over"],
  snapshot: ["guest.snapshot"],
  "snapshot-delete": ["guest.delete_snapshot"],
  rollback: ["guest.rollback"],
  backup: ["guest.backup"],
  destroyed: ["guest.destroy"],
};

/** Operations that made what stands under a VMID and is marked as made. */
const MADE = `SELECT operation FROM guest_made WHERE vmid = :vmid AND gone_at IS NULL
  UNION SELECT operation FROM snapshot_made WHERE vmid = :vmid AND gone_at IS NULL`;

/**
 * Whether a lock that was seen on a guest is of an operation of the journal's, at work or broken off
 * since what is marked was made. What ended after the look began may have held it, too.
 *
 * @param since when the look began, epoch milliseconds
 */
export function isOwnLock(
  journal: Journal,
  vmid: number,
  { lock, since }: { readonly lock: string; readonly since: number },
): boolean {
  const kinds = LOCKED_BY[lock];
  if (kinds === undefined) return false;
  return journal.prepare(
    `SELECT 1 FROM operation WHERE (vmid = :vmid OR id IN (${MADE}))
       AND kind IN (SELECT value FROM json_each(:kinds))
       AND state NOT IN ('authorised', 'abandoned')
       AND (state <> 'succeeded' OR changed_at >= :since)
       AND seq >= (SELECT MIN(seq) FROM operation WHERE id IN (${MADE}))`,
  ).get({ vmid, kinds: JSON.stringify(kinds), since }) !== undefined;
}

/**
 * Whether it is the journal's doing that a guest it made runs: the last power operation that came to
 * something is a start. One that stopped it after the look began may not have been done by then.
 *
 * @param since when the look began, epoch milliseconds
 */
export function isOwnRun(journal: Journal, vmid: number, since: number): boolean {
  return journal.prepare(
    `SELECT 1 FROM (
       SELECT kind FROM operation WHERE vmid = :vmid AND state NOT IN ('authorised', 'abandoned')
         AND seq > (SELECT seq FROM operation WHERE id =
           (SELECT operation FROM guest_made WHERE vmid = :vmid AND gone_at IS NULL))
         AND (kind IN ('guest.start', 'guest.restart')
           OR kind IN ('guest.stop', 'guest.shutdown') AND state = 'succeeded' AND changed_at < :since)
       ORDER BY seq DESC LIMIT 1)
     WHERE kind IN ('guest.start', 'guest.restart')`,
  ).get({ vmid, since }) !== undefined;
}
