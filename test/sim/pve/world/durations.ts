/** How long things take, in milliseconds at time scale 1, as on the genuine server or slower. */
export const durations = {
  start: 1_500,
  stop: 400,
  shutdown: 1_200,
  snapshot: 300,
  deleteSnapshot: 200,
  rollback: 400,
  allocate: 150,
  destroy: 300,
  removeFile: 80,
  resize: 200,
  prune: 100,
  backupOverhead: 300,
} as const;

/** Bytes a second that archives are written and unpacked with. */
const THROUGHPUT = 150 * 1024 * 1024;

/** Milliseconds to copy that many bytes. */
export function copyTime(bytes: number): number {
  return Math.ceil(bytes / THROUGHPUT * 1000);
}
