const ROOT = new URL("../../../", import.meta.url).pathname;

/** The path of a linted file below the repository's root. */
export function pathOf(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename;
}

/** Whether the file is code of the product: `main.ts`, `src/`, `privileged/`; not declarations. */
export function isProduct(path: string): boolean {
  return !path.endsWith(".d.ts") && (path === "main.ts" || /^(?:src|privileged)\//.test(path));
}

/** The keys under which a table may name the file: itself, and the folders it stands in. */
export function placesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}
