/**
 * A length of time for people, rounded up so that it is never 0 s while something is still waited
 * for: `40 s`, `5 min`, `3 h`, `2 days`. Pure.
 *
 * @param ms milliseconds; less than nothing counts as nothing
 */
export function timeInWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.ceil(hours / 24)} days`;
}
