import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

/**
 * The only files that write to the terminal; everything else is given a logger or an output. The
 * compile task, which is no part of the programs, says itself why it could not compile.
 */
const PRINTERS = ["src/build/compile.ts", "src/cli/output.ts", "src/daemon/log_sinks.ts"];

/** `Deno.stdout`, `Deno["stdout"]`, `const { stdout } = Deno`, `console`, `process.stdout`. */
const PRINTING =
  /\bDeno\s*(?:\.|\[\s*["'`])\s*(?:stdout|stderr)\b|\{[^{}]*\b(?:stdout|stderr)\b[^{}]*\}\s*=\s*(?:Deno|process)\b|\bconsole\b|\bprocess\s*\.\s*(?:stdout|stderr)\b/;

async function* sources(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) {
      yield new URL(name, folder).pathname.slice(repositoryRoot.pathname.length);
    }
  }
}

async function printers(): Promise<string[]> {
  const found: string[] = [];
  for await (const path of sources(new URL("src/", repositoryRoot))) {
    const text = await Deno.readTextFile(new URL(path, repositoryRoot));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    if (PRINTING.test(code)) found.push(path);
  }
  return found.toSorted();
}

Deno.test("nobody prints but the command line's output and the daemon's log", async () => {
  assertEquals(await printers(), PRINTERS);
});

Deno.test("every way to print is recognised", () => {
  const ways = [
    "Deno.stdout.writeSync(x)",
    'Deno["stderr"].write(x)',
    "const { stdout } = Deno;",
    "const { a, stderr } = process;",
    "console.log(1)",
    "const c = console;",
    "process.stdout.write(x)",
  ];
  for (const way of ways) assertEquals(PRINTING.test(way), true, way);
  assertEquals(PRINTING.test("const { stdout } = await command.output();"), false);
});
