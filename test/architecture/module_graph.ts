/** One import as it stands in a file. */
export interface Import {
  /** `src/log/mod.ts`, `npm:zod`, `node:tls`, `data:…`, or `missing:…` for what does not resolve. */
  readonly to: string;
  /** Only types are taken: nothing of it is there when the program runs. */
  readonly typeOnly: boolean;
  /** 1-based line of the import. */
  readonly line: number;
}

/** Every file of the product with what it imports. Keys are paths below the repository's root. */
export type ModuleGraph = ReadonlyMap<string, readonly Import[]>;

interface InfoReference {
  readonly specifier?: string;
  readonly error?: string;
  readonly span?: { readonly start: { readonly line: number } };
}

interface InfoDependency {
  readonly specifier: string;
  readonly code?: InfoReference;
  readonly type?: InfoReference;
}

interface InfoModule {
  readonly specifier: string;
  readonly dependencies?: readonly InfoDependency[];
}

/**
 * Reads the graph of the given files and of all they reach, from `deno info --json`.
 *
 * All files are roots, so a file that nothing imports counts as well. `import`, `export … from`,
 * `import type`, `import("…")` and the types written as `import("…").X` are all edges; an import
 * that takes only types is marked, and is an edge all the same: whoever reads the file depends on it.
 *
 * @throws Error when `deno info` fails
 */
export async function readModuleGraph(
  root: URL,
  files: readonly string[],
): Promise<ModuleGraph> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-graph-" });
  try {
    const entry = `${folder}/entry.ts`;
    const imports = files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--frozen", "--config", new URL("deno.json", root).pathname, entry],
      cwd: root,
    }).output();
    const text = new TextDecoder();
    if (code !== 0) throw new Error(`Cannot read the module graph: ${text.decode(stderr)}`);
    const info: { readonly modules: readonly InfoModule[] } = JSON.parse(text.decode(stdout));
    return new Map(
      info.modules
        .filter(({ specifier }) => specifier.startsWith(root.href))
        .map((module) => [relative(root, module.specifier), importsOf(root, module)]),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All TypeScript files of the product below `root`: `main.ts`, `src/` and `privileged/`. */
export async function productFiles(root: URL): Promise<string[]> {
  const files: string[] = [];
  for (const start of ["src", "privileged"]) await collect(root, start, files);
  return ["main.ts", ...files.toSorted()];
}

async function collect(root: URL, folder: string, files: string[]): Promise<void> {
  try {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await collect(root, path, files);
      else if (/\.(?:ts|tsx|mts|js|mjs)$/.test(path) && !path.endsWith(".d.ts")) files.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function importsOf(root: URL, module: InfoModule): Import[] {
  return (module.dependencies ?? []).flatMap(({ specifier, code, type }) => {
    const reference = code ?? type;
    if (reference === undefined) return [];
    return [{
      to: target(root, reference, specifier),
      typeOnly: code === undefined,
      line: (reference.span?.start.line ?? 0) + 1,
    }];
  });
}

function target(root: URL, reference: InfoReference, written: string): string {
  const { specifier } = reference;
  if (specifier === undefined) return `missing:${written}`;
  if (specifier.startsWith(root.href)) return relative(root, specifier);
  // Versions are the lock file's business; the package of the import map is what a rule names.
  if (specifier.startsWith("npm:")) return `npm:${written.replace(/^npm:\/?/, "")}`;
  return specifier;
}

function relative(root: URL, specifier: string): string {
  return specifier.slice(root.href.length);
}
