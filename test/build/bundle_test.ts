import { assert, assertEquals, assertRejects } from "@std/assert";
import { bundleAgent } from "../../src/build/bundle.ts";
import { repositoryRoot } from "../support/repository.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-bundle-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function scripts(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    found.set(name, await Deno.readTextFile(`${folder}/${name}`));
  }
  return found;
}

/** What a file loads before it runs: the modules it imports by statement, and what they import. */
function loadedBefore(name: string, files: ReadonlyMap<string, string>): Set<string> {
  const loaded = new Set<string>();
  function visit(file: string): void {
    if (loaded.has(file)) return;
    loaded.add(file);
    const imports = /^(?:import|export)\b[^;"]*?(?:from\s*)?"([^"]+)"/gm;
    for (const [, target = ""] of files.get(file)?.matchAll(imports) ?? []) {
      visit(target.replace(/^\.\//, ""));
    }
  }
  visit(name);
  return loaded;
}

Deno.test("The bundle loads no module of the runtime before it knows the command", () =>
  inFolder(async (folder) => {
    await bundleAgent({ output: folder });
    const files = await scripts(folder);
    const names = [...files.keys()];
    const version = names.find((name) => name.startsWith("version-")) ?? "";
    const status = names.find((name) => name.startsWith("status-")) ?? "";
    const ofRuntime = (name: string) =>
      [...loadedBefore(name, files)].filter((module) => module.startsWith("node:"));
    assertEquals(ofRuntime("felhom-agent.js"), []);
    assertEquals(ofRuntime(version), []);
    // The configuration reads certificates, so what looks for such modules does find them.
    assert(ofRuntime(status).includes("node:crypto"));
  }));

Deno.test("The bundle holds the daemon once, as text, and starts without any right to read", () =>
  inFolder(async (folder) => {
    const program = await bundleAgent({ output: folder });
    const files = await scripts(folder);
    const holders = [...files].filter(([, text]) => text.includes('createRequire(\\"file:///'));
    assertEquals(holders.length, 1);
    assertEquals([...files].filter(([, text]) => text.includes("@felhom-daemon-program@")), []);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-remote", "--no-npm", "--cached-only", program, "version"],
      cwd: repositoryRoot,
    }).output();
    assertEquals(code, 0);
    assert(new TextDecoder().decode(stdout).startsWith("felhom-agent "));
  }));

Deno.test("The bundle holds no translation: every isolate would keep all of them in memory", () =>
  inFolder(async (folder) => {
    await bundleAgent({ output: folder });
    const marks = [...(await scripts(folder)).values()].flatMap((text) =>
      [...text.matchAll(/\/locales\/([\w-]+)\.js/g)].map(([, language]) => language)
    );
    // What takes hold of zod as a whole (`const { array } = z`) brings in fifty languages.
    assertEquals([...new Set(marks)], ["en"]);
  }));

Deno.test("A new bundle leaves nothing of the one before, and nothing half made", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/chunk-OLD.js`, "");
    await Deno.writeTextFile(`${folder}/notes.txt`, "");
    await bundleAgent({ output: folder });
    const before = [...(await scripts(folder)).keys()].toSorted();
    assertEquals(before.includes("chunk-OLD.js") || before.includes("staging"), false);
    assert(before.includes("notes.txt"));
    await bundleAgent({ output: folder });
    assertEquals([...(await scripts(folder)).keys()].toSorted(), before);
  }));

Deno.test("An entry that does not bundle is named", () =>
  inFolder(async (folder) => {
    await assertRejects(
      () => bundleAgent({ output: folder, main: "src/no_such_file.ts" }),
      Error,
      "Cannot bundle src/no_such_file.ts",
    );
    assertEquals([...(await scripts(folder)).keys()], []);
  }));
