import type { Guest, Reads } from "../../proxmox/mod.ts";

/**
 * Reads that tell of every guest they see running, whoever looks and whatever for: what the agent made
 * and has seen running is not its own any more.
 *
 * @param saw told before the answer is handed on; what it throws, who asked gets in its place
 */
export function watchedReads(reads: Reads, saw: (vmids: readonly number[]) => void): Reads {
  const look = (rows: readonly Guest[]) => {
    const running = rows.filter(({ status }) => status === "running").map(({ vmid }) => vmid);
    if (running.length > 0) saw(running);
  };
  return {
    ...reads,
    async guests(options) {
      const rows = await reads.guests(options);
      look(rows);
      return rows;
    },
    async guestRow(vmid, options) {
      const row = await reads.guestRow(vmid, options);
      look([row]);
      return row;
    },
    async guestStatus(vmid, options) {
      const row = await reads.guestStatus(vmid, options);
      look([row]);
      return row;
    },
  };
}
