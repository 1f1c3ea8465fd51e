/** What keeps new work from beginning, and so much of signed work as is said of it. */
export const SHORTAGES = ["disk", "ceiling", "log"] as const;

/** Of the room that work needs. */
export type Shortage = typeof SHORTAGES[number];

interface Words {
  /** Continues "waits for room: ". */
  readonly why: string;
  readonly toDo: string;
  /** Whether signed work begins all the same. */
  readonly signedBegins: boolean;
}

/** How a shortage is told, and what ends it. */
export const SHORTAGE_WORDS: Readonly<Record<Shortage, Words>> = {
  disk: {
    why: "the disk of the agent's state is full",
    toDo: "Make room on it, outside of the state's own folder: df -h",
    signedBegins: false,
  },
  ceiling: {
    why: "the agent's state is as large as it may become (state.ceiling_mib)",
    toDo: "Export the head of the audit log (felhom-agent audit head), so that what it covers is " +
      "pruned when its time is over; or raise state.ceiling_mib where the disk has room",
    signedBegins: true,
  },
  log: {
    why: "somebody reads the agent's state and does not end, so its log grows",
    toDo: "Look who reads it, as fuser -v shows for state.db, and end that",
    signedBegins: true,
  },
};
