/** Bytes as people read them: `512 MiB`, `1.5 GiB`. */
export function size(bytes: number): string {
  const mib = bytes / 2 ** 20;
  if (mib < 1024) return `${Math.round(mib)} MiB`;
  const gib = mib / 1024;
  return gib < 1024 ? `${short(gib)} GiB` : `${short(gib / 1024)} TiB`;
}

/** Seconds as people read them: `45 s`, `12 min`, `7 h`, `3 days`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

function short(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
