/** An ACL path in its one form, or nothing where it has characters no path may have. */
export function normalisePath(path: string): string | undefined {
  const trimmed = path.replace(/\/+/g, "/").replace(/\/$/, "");
  const rooted = trimmed.startsWith("/") ? trimmed : `/${trimmed}`;
  return /^[A-Za-z0-9.\-_/]+$/.test(rooted) ? rooted : undefined;
}
