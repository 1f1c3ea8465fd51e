import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compileAll, explain } from "../../src/build/compile.ts";
import { repositoryRoot } from "../support/repository.ts";

/** What `deno compile` bakes into a program: the JSON that stands behind its mark. */
interface Baked {
  readonly argv: readonly string[];
  readonly permissions: Readonly<Record<string, unknown>>;
}

const MARK = "d3n0l4nd{";

/** Modules of which nothing is left but types. */
const TYPES_ONLY = /\/(?:command|command_name)\.ts$/;

/** Reads the part that follows the base, without searching the base byte by byte. */
async function readBaked(path: string, baseBytes: number): Promise<{ baked: Baked; text: string }> {
  using file = await Deno.open(path);
  await file.seek(Math.max(0, baseBytes - 4096), Deno.SeekMode.Start);
  const bytes = new Uint8Array(await new Response(file.readable).arrayBuffer());
  const text = new TextDecoder("latin1").decode(bytes);
  const start = text.search(/\{"argv":\[/);
  if (start === -1) throw new Error(`Cannot find what was baked into ${path} (${MARK})`);
  return { baked: JSON.parse(objectAt(text, start)), text };
}

/** The JSON object that begins at `start`. */
function objectAt(text: string, start: number): string {
  let depth = 0;
  for (const match of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (match[0] === "{") depth++;
    if (match[0] === "}" && --depth === 0) return text.slice(start, start + match.index + 1);
  }
  throw new Error("Cannot find the end of what was baked in");
}

/** A set of `deno.json` as it is baked in: every right it does not name is denied. */
function bakedForm(set: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const form: Record<string, unknown> = { prompt: false };
  for (const right of ["env", "net", "ffi", "read", "run", "sys", "write", "import"]) {
    const value = set[right];
    form[`allow_${right}`] = value === undefined ? null : value === true ? [] : value;
    form[`deny_${right}`] = null;
  }
  return { ...form, ignore_env: null, ignore_read: null };
}

/** The npm packages that the modules of the agent and of its daemon import, by name or scope. */
async function reachedPackages(): Promise<string[]> {
  const names = new Set<string>();
  for (const entry of ["main.ts", "src/daemon/worker.ts"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--frozen", entry],
      cwd: repositoryRoot,
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier } of modules) {
      const name = String(specifier).match(/^npm:\/?(@?[^@/]+)[@/]/)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].sort();
}

Deno.test("both programs are compiled with exactly the rights of deno.json, and without a prompt", async () => {
  const folder = await Deno.makeTempDir({ prefix: "felhom-compile-" });
  try {
    // The runtime stands in for the base: the result can be looked into, though not run.
    const compiled = await compileAll({ output: folder, env: { DENORT_BIN: Deno.execPath() } });
    const { size } = await Deno.stat(Deno.execPath());
    const { permissions } = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", repositoryRoot)),
    );
    const agent = await readBaked(compiled.agent, size);
    assertEquals(agent.baked.permissions, bakedForm(permissions.agent));
    assertEquals(agent.baked.argv, []);

    const privileged = await readBaked(compiled.privileged, size);
    assertEquals(privileged.baked.permissions, bakedForm(permissions.privileged));
    const held = Object.entries(privileged.baked.permissions)
      .filter(([name, value]) => name.startsWith("allow_") && value !== null);
    assertEquals(held.map(([name]) => name).sort(), ["allow_import", "allow_run"]);
    assertEquals(privileged.baked.permissions["allow_import"], ["127.0.0.1:9"]);

    // The bundler names each module in a comment. The daemon is text within the program.
    const commands = Array.fromAsync(Deno.readDir(new URL("src/cli/", repositoryRoot)));
    const modules = (await commands).map(({ name }) => `// src/cli/${name}`)
      .filter((name) => !TYPES_ONLY.test(name));
    for (const inside of [...modules, "// src/daemon/worker.ts"]) {
      assert(agent.text.includes(inside), `${inside} is missing`);
    }
    assert(!agent.text.includes("@felhom-daemon-program@"), "the daemon is missing");
    // Of the npm packages, what is reached and nothing else: the bundler names each file.
    const inside = [...agent.text.matchAll(/^\/\/ \S*\/npm\/[^/\s]+\/([^/\s]+)\//gm)];
    assertEquals([...new Set(inside.map(([, name]) => name))].sort(), await reachedPackages());
    for (const absent of ["// test/", "// privileged/main.ts", "/v4/locales/de"]) {
      assert(!agent.text.includes(absent), `${absent} is in the agent`);
    }
    assert(privileged.text.includes("// privileged/main.ts"));
    for (const absent of ["// src/", "sshpk", "deno-std", "zod/v4/locales/de"]) {
      assert(!privileged.text.includes(absent), `${absent} is in the helper`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("where the base cannot be had, one sentence says so and what else can be done", async () => {
  const folder = await Deno.makeTempDir({ prefix: "felhom-compile-" });
  try {
    const nowhere = { DENORT_BIN: `${folder}/no-such-denort` };
    const error = await assertRejects(() => compileAll({ output: folder, env: nowhere }), Error);
    assertEquals(error.message.split("\n").length, 1);
    for (const way of ["DENORT_BIN", "beside deno", "network", "deno itself"]) {
      assertStringIncludes(error.message, way);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the error of a failed download is recognised, any other is passed on", () => {
  const failed = `error: Writing deno compile executable to temporary file 'x'

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-x86_64.zip)`;
  assertStringIncludes(explain(failed, "agent"), "dl.deno.land");
  assertEquals(
    explain("error: The module was not found\n    at x", "agent"),
    "Cannot compile felhom-agent: The module was not found",
  );
});
