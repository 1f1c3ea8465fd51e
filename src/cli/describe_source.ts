import type { Config } from "../config/mod.ts";
import { printable } from "../log/printable.ts";

/** Where a configuration came from: its file, or the environment when there is no file. */
export function describeSource({ path, fileFound }: Config): string {
  return fileFound ? printable(path) : `the environment alone (there is no ${printable(path)})`;
}
