/**
 * How an operator looks at a guest that a task left locked or half made, before anything is cleared.
 * Each of the commands only reads: on LVM-thin a rollback removes the volume before it makes it anew
 * from the snapshot, so after one that broke off the snapshot may be the only copy.
 */
export function inspectFirst(vmid: number): string {
  return `pct config ${vmid}, pct listsnapshot ${vmid}, and its volumes (lvs, or zfs list -t all)`;
}
