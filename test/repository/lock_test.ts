import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { trackedFiles } from "./tracked_files.ts";

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly dependencies?: readonly string[] }>>;
}

/** Packages that a lock file pins and that no import asks for, not even through another. */
function leftOver(imports: Readonly<Record<string, string>>, lock: Lock): string[] {
  const reached = new Set<string>();
  function reach(id: string): void {
    if (reached.has(id)) return;
    reached.add(id);
    for (const name of lock.npm[id]?.dependencies ?? []) {
      // Of a package that is there once, the lock file names no version.
      reach(
        Object.keys(lock.npm).find((other) => other === name || other.startsWith(`${name}@`)) ??
          name,
      );
    }
  }
  for (const specifier of Object.values(imports)) {
    const asked = /^npm:((?:@[^/]+\/)?[^/@]+@[^/]+)/.exec(specifier)?.[1] ?? specifier;
    reach(asked);
  }
  const specifiers = Object.keys(lock.specifiers).map((key) => key.replace(/^npm:/, ""));
  return [...Object.keys(lock.npm), ...specifiers].filter((id) => !reached.has(id));
}

Deno.test("The lock file pins what the import map asks for, and nothing else", async () => {
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(new URL(name, repositoryRoot)));
  const { imports } = await read("deno.json");
  assertEquals(leftOver(imports, await read("deno.lock")), []);
});

Deno.test("Every name of the import map is imported somewhere", async () => {
  const { imports }: { readonly imports: Readonly<Record<string, string>> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", repositoryRoot)),
  );
  const sources = (await trackedFiles())
    .filter(({ path }) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
  const unused = Object.keys(imports)
    .filter((name) => !sources.some(({ text }) => text.includes(`from "${name}"`)));
  assertEquals(unused, []);
});

Deno.test("A package that nobody asks for any more is found in the lock file", () => {
  const lock: Lock = {
    specifiers: { "npm:a@1.0.0": "1.0.0", "npm:old@2.0.0": "2.0.0" },
    npm: {
      "a@1.0.0": { dependencies: ["b", "@c/d@3.0.0"] },
      "b@1.1.1": {},
      "@c/d@3.0.0": {},
      "old@2.0.0": {},
    },
  };
  assertEquals(leftOver({ a: "npm:a@1.0.0/mod.js" }, lock), ["old@2.0.0", "old@2.0.0"]);
});

Deno.test("The lock file of the benchmarks is the product's, with what is compared beside it", async () => {
  const read = async (name: string): Promise<Lock> =>
    JSON.parse(await Deno.readTextFile(new URL(name, repositoryRoot)));
  const product = await read("deno.lock");
  const bench = await read("test/bench/deno.lock");
  assertEquals({ ...bench.npm, ...product.npm }, bench.npm);
  assertEquals(
    Object.keys(bench.specifiers).filter((key) => !Object.hasOwn(product.specifiers, key)),
    ["npm:proxmox-api@1.1.1"],
  );
});
