import { assert, assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { trackedFiles } from "./tracked_files.ts";
import { unexplained, unsanitized, workplaceNames } from "./text_rules.ts";

interface Config {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly lint: { readonly plugins: readonly string[] };
  readonly lock: { readonly frozen: boolean };
  readonly tasks: Readonly<
    Record<string, { readonly description?: string; readonly command?: string }>
  >;
  readonly test: { readonly sanitizeOps: boolean; readonly sanitizeResources: boolean };
}

async function config(): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));
}

const TOP_LEVEL = [
  "CHANGELOG.md",
  "README.md",
  "configs",
  "deno.json",
  "deno.lock",
  "findings",
  "main.ts",
  "privileged",
  "src",
  "test",
];

Deno.test("The top level holds what the layout says, and nothing else", async () => {
  const names = (await trackedFiles()).map(({ path }) => path.split("/")[0] ?? path);
  const visible = names.filter((name) => !name.startsWith("."));
  assertEquals([...new Set(visible)].filter((name) => !TOP_LEVEL.includes(name)), []);
});

Deno.test("The compiler is as strict as it can be told to be", async () => {
  const { types: _, ...options } = (await config()).compilerOptions;
  assertEquals(options, {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noPropertyAccessFromIndexSignature: false,
    noUnusedLocals: true,
    noUnusedParameters: true,
  });
});

Deno.test("Sanitizers, the frozen lock file and our own lint rules are switched on", async () => {
  const { lint, lock, test } = await config();
  assertEquals(
    {
      plugins: lint.plugins,
      frozen: lock.frozen,
      ops: test.sanitizeOps,
      files: test.sanitizeResources,
    },
    {
      plugins: ["./test/architecture/lint_plugin.ts"],
      frozen: true,
      ops: true,
      files: true,
    },
  );
});

Deno.test("Every task says what it does", async () => {
  const tasks = Object.entries((await config()).tasks);
  assert(tasks.length > 0);
  assertEquals(
    tasks.filter(([, { description }]) => !/^[A-Z].{9,}[^.]$/.test(description ?? "")),
    [],
  );
});

Deno.test("The issue's tasks are there", async () => {
  const names = Object.keys((await config()).tasks);
  assertEquals(
    ["build", "test", "check", "ci", "bench"].filter((name) => !names.includes(name)),
    [],
  );
});

for (
  const [name, rule] of Object.entries({
    "No rule of a tool is ignored without a reason on the same line": unexplained,
    "No test switches a sanitizer off": unsanitized,
    "No file names a folder of one machine or a package registry": workplaceNames,
  })
) {
  Deno.test(name, async () => assertEquals((await trackedFiles()).flatMap(rule), []));
}
