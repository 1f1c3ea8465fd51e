const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** Bytes of a disk size as it stands in a configuration (`8G`, `512M`), or `undefined`. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text);
  if (match === null) return undefined;
  return Math.floor(Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1));
}

/** A disk size as Proxmox writes it: the largest unit that divides it without rest. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = "";
  for (const larger of ["K", "M", "G"]) {
    if (value % 1024 !== 0) break;
    value /= 1024;
    unit = larger;
  }
  return `${value}${unit}`;
}

/** A byte count as GNU tar prints it behind `Total bytes …` (captures: `2447360 (2.4MiB, …`). */
export function tarSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = value < 10 && unit > 0
    ? (Math.ceil(value * 10) / 10).toFixed(1)
    : `${Math.ceil(value)}`;
  return `${text}${units[unit] ?? "B"}`;
}
