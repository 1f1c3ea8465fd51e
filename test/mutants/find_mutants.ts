import { repositoryRoot } from "../support/repository.ts";
import type { Mutant } from "./mutation.ts";
import type { Found } from "./plugin.ts";

/** What `deno lint --json` says, of what is read of it. */
interface Linted {
  readonly diagnostics: readonly {
    readonly filename: string;
    readonly range: { readonly start: { readonly line: number } };
    readonly message: string;
    readonly code: string;
  }[];
  readonly errors: readonly unknown[];
}

/**
 * Every mutant of some files, in the order of the text.
 *
 * @param files below the root
 */
export async function findMutants(files: readonly string[]): Promise<Mutant[]> {
  if (files.length === 0) return [];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["lint", "--json", "--config", "test/mutants/lint.json", ...files],
    cwd: repositoryRoot,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (!said.startsWith("{")) throw new Error(new TextDecoder().decode(stderr));
  const { diagnostics, errors }: Linted = JSON.parse(said);
  if (errors.length > 0) throw new Error(`Cannot read the files: ${JSON.stringify(errors[0])}`);
  return named(
    diagnostics.filter(({ code }) => code === "mutants/all").map((
      { filename, range, message },
    ) => ({
      file: filename.replace(repositoryRoot.href, ""),
      line: range.start.line,
      found: JSON.parse(message),
    })),
  );
}

/** Gives each its id; of several that read the same in one function, the later ones a number. */
export function named(
  all: readonly { readonly file: string; readonly line: number; readonly found: Found }[],
): Mutant[] {
  const seen = new Map<string, number>();
  return all
    .toSorted((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : start(a) - start(b))
    .map(({ file, line, found: { within, change, ...mutation } }) => {
      const id = `${file} › ${within} › ${mutation.operator} › ${change}`;
      const times = (seen.get(id) ?? 0) + 1;
      seen.set(id, times);
      return { ...mutation, file, line, id: times === 1 ? id : `${id} #${times}` };
    });
}

function start({ found: { range } }: { readonly found: Found }): number {
  return range[0];
}
