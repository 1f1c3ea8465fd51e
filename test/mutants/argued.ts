import { repositoryRoot } from "../support/repository.ts";

const FILE = new URL("test/mutants/argued.txt", repositoryRoot);

/** The survivors that were looked at, by id, and why none of them is a danger. */
export async function readArgued(): Promise<ReadonlyMap<string, string>> {
  return parseArgued(await Deno.readTextFile(FILE));
}

/** Reads ids at the margin and, indented below each, its argument. Lines that begin with # are none. */
export function parseArgued(text: string): ReadonlyMap<string, string> {
  const argued = new Map<string, string>();
  let id: string | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (!line.startsWith(" ")) {
      if (id !== undefined && argued.get(id) === "") throw new Error(`No argument: ${id}`);
      id = line.trim();
      if (argued.has(id)) throw new Error(`Argued twice: ${id}`);
      argued.set(id, "");
    } else if (id !== undefined) {
      argued.set(id, `${argued.get(id) ?? ""} ${line.trim()}`.trim());
    }
  }
  if (id !== undefined && argued.get(id) === "") throw new Error(`No argument: ${id}`);
  return argued;
}
