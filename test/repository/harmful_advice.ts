/**
 * Steps that can lose data, a way back to it, or the state that says whose it is. No text of the product
 * suggests one: who reads a remedy at three in the morning does what it says.
 */
const HARMFUL: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["clears a lock that guards what is half done", /\bunlock|\bskiplock\b|\block file\b/i],
  [
    "destroys a guest or volume",
    /\b(?:pct|qm|zfs|zpool) (?:destroy|rollback|delsnapshot|restore)\b/,
  ],
  ["destroys a guest or volume", /\bdestroy (?:it|them|the|this|that|both|guest)\b/i],
  [
    "removes or makes volumes",
    /\b(?:lv|vg|pv)(?:remove|convert|reduce)\b|\bpvesm (?:free|remove)\b/,
  ],
  ["writes over a disk", /\b(?:mkfs\S*|wipefs|blkdiscard|fsck\S*|tune2fs|xfs_repair)\b|\bdd if=/],
  ["removes files", /\b(?:rm -|rmdir\b|unlink\b|shred\b|truncate -)/],
  ["uses force", /(?:^|[\s`"])--?force\b|\bforce=1|\bby force\b|\bumount -[a-z]*[fl]/],
  ["moves state away", /\b(?:move|rename|mv|put) [^.;]{0,60}\b(?:away|aside|elsewhere)\b/i],
  [
    "deletes what may be needed",
    /\b(?:delete|remove|erase|empty|clear|wipe|purge|discard|overwrite) (?:it|them|the|this|that|its|all|both|your)\b/i,
  ],
  ["takes a protection off", /\btake (?:the|its) protection off\b|--protection 0/i],
  [
    "leaves out a check",
    /\b(?:skip|disable|ignore|bypass|turn off|switch off) (?:the |its |any )?(?:verif|check|certif|signature|tls|fence)/i,
  ],
  ["trusts whoever answers", /\binsecure_skip_verify\b/],
  ["weakens a limit of signatures", /\b(?:raise|lower) `?operations\./i],
  ["kills what may be at work", /\b(?:kill -|pkill|killall|systemctl (?:kill|mask)|reboot)\b/],
];

/** What of a text suggests a harmful step: `what: the words around it`. */
export function harmfulAdvice(text: string): string[] {
  const line = text.replaceAll(/\s+/g, " ");
  return HARMFUL.flatMap(([what, pattern]) =>
    [...line.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ 0: found, index }) =>
      `${what}: ${line.slice(Math.max(0, index - 40), index + found.length + 40)}`
    )
  );
}
