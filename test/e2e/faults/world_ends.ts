import type { Order } from "./every_kind.ts";

/** How an order is to end when the host goes wrong. */
export interface WorldEnd {
  /** Whether it stands still until somebody does something about it on the host. */
  readonly waits: boolean;
  readonly ends: "succeeded" | "failed" | "unknown" | "abandoned" | "refused";
}

const KINDS = [
  ...["guest.start", "guest.shutdown", "guest.stop", "guest.restart", "guest.settings"],
  ...["guest.create", "guest.snapshot", "guest.delete_snapshot", "guest.rollback"],
  ...["guest.backup", "guest.prune", "guest.restore_over", "guest.destroy"],
];

/**
 * What follows from the design and from Proxmox's ways, a letter for each kind: `s`ucceeded,
 * `f`ailed, `u`nknown, `r`efused at the desk, `a`bandoned before anything was sent; `w`: it waits
 * first. Guests 202 to 220 of the even ones run; 201 and 221 are stopped.
 *
 * At work:
 * - A task that fails says so. Even when it leaves a part of it and a lock (a deletion, a rollback:
 *   FACTS §3.7), that it failed is known.
 * - A task that is killed says nothing (FACTS §2.4). Where all is as before, it did not happen; a
 *   part of it, a lock, or a rollback, of which nothing shows, is not decided (DESIGN §4, §7).
 * - A restart that gets as far as the start and fails there has failed: the guest is down.
 * - A backup is whole when its archive is, whatever became of the guest meanwhile; while the storage
 *   cannot be looked at it is not decided, and so is what a backup was restored to.
 *
 * Asked:
 * - Who is stopped already is not stopped: nothing is sent. What the host is not like any more that
 *   was signed for (gone, another MAC) is refused before anybody looks at anything else.
 * - A lock passes: it is waited for. A lock file is not seen from outside: its task fails.
 * - A guest's own locks, volumes and storage are no hindrance to restoring beside it.
 * - What takes room on a storage that is full or cannot be looked at is refused; what only gives
 *   room back is let through, and a deletion waits until the storage can be looked at.
 */
const ENDS = {
  //                        start  stop  settings  snap  rollback  prune  destroy
  //                           shutdown restart create delete backup restore
  "asked": `
    guest vanishes          |  r   r   r   r   r   -   r   r   r   r   r   r   r
    guest dies              |  s   a   a   a   s   -   s   s   s   s   s   s   s
    guest is stubborn       |  s   f   s   s   s   -   s   s   s   s   s   s   s
    description changes     |  s   s   s   s   s   -   s   s   s   s   s   s   s
    MAC changes             |  s   s   s   s   s   -   s   r   r   s   r   r   r
    protection is set       |  s   s   s   s   s   -   s   s   s   s   s   s   a
    lock=backup             |  ws  ws  ws  ws  ws  -   ws  ws  ws  ws  ws  s   ws
    lock=mounted            |  s   ws  s   ws  ws  -   ws  ws  ws  ws  ws  s   ws
    lock file held for 3 s  |  s   s   s   s   s   s   s   s   s   s   s   s   s
    lock file held for 1 h  |  f   f   f   f   f   f   f   f   f   f   s   f   f
    volumes' storage full   |  s   s   s   s   s   r   r   s   s   s   s   r   s
    backups' storage full   |  s   s   s   s   s   s   s   s   s   r   s   s   s
    volumes' storage gone   |  f   s   s   f   s   r   r   f   f   f   s   r   f
    backups' storage gone   |  s   s   s   s   s   r   s   s   s   r   ws  r   s
    volume is gone          |  f   s   s   f   s   s   f   f   f   f   s   s   f
    archive is cut off      |  s   s   s   s   s   f   s   s   s   s   s   f   s
  `,
  "at work": `
    task fails              |  f   f   f   f   -   f   f   f   f   f   f   f   f
    task warns              |  s   s   s   s   -   s   s   s   s   s   s   s   s
    task hangs, is killed   |  wf  wf  wf  wf  -   wu  wu  wu  wu  wu  wf  wu  wf
    daemon restarts         |  f   f   f   f   -   u   u   u   u   u   f   u   f
    guest vanishes          |  f   f   f   f   -   f   f   f   f   s   s   s   f
    guest dies              |  s   s   s   s   -   s   s   s   s   s   s   s   s
    description changes     |  s   s   s   s   -   s   s   s   s   s   s   s   s
    lock=backup             |  s   s   s   f   -   s   s   s   s   s   s   s   s
    volumes' storage full   |  s   s   s   s   -   f   s   s   s   s   s   f   s
    backups' storage full   |  s   s   s   s   -   s   s   s   s   f   s   s   s
    volumes' storage gone   |  s   s   s   f   -   f   s   f   s   f   s   f   f
    backups' storage gone   |  s   s   s   s   -   s   s   s   s   ws  f   ws  s
    volume is gone          |  s   s   s   f   -   s   s   f   s   f   s   s   f
    archive is cut off      |  s   s   s   s   -   f   s   s   s   s   s   f   s
  `,
};

const LETTERS: Readonly<Record<string, WorldEnd["ends"]>> = {
  s: "succeeded",
  f: "failed",
  u: "unknown",
  a: "abandoned",
  r: "refused",
};

/**
 * How orders are to end under a fault.
 *
 * @throws when the table says nothing of it, or nothing that can be read
 */
export function endsOf(
  when: keyof typeof ENDS,
  fault: string,
): (order: Order) => WorldEnd | undefined {
  const rows = ENDS[when].trim().split("\n").map((line) => line.split("|").map((it) => it.trim()));
  const cells = rows.find(([name]) => name === fault)?.[1]?.split(/\s+/) ?? [];
  if (cells.length !== KINDS.length) throw new Error(`Cannot read how ${fault} is to end`);
  return ({ kind }) => {
    const cell = cells[KINDS.indexOf(kind)] ?? "";
    if (cell === "-") return undefined;
    const ends = LETTERS[cell.replace("w", "")];
    if (ends === undefined) throw new Error(`Cannot read how ${kind} is to end: "${cell}"`);
    return { waits: cell.startsWith("w"), ends };
  };
}
