import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

/** What `.ci/summary` prints and how it exits when it reads `output`. */
async function summarise(output: string): Promise<{ line: string; code: number }> {
  const child = new Deno.Command(new URL(".ci/summary", repositoryRoot), {
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(output));
  await writer.close();
  const { code, stdout } = await child.output();
  return { line: new TextDecoder().decode(stdout), code };
}

const CASES = [
  {
    name: "counts a run that passed",
    output: "ok | 12 passed | 0 failed (2s)\n",
    line: "12 passed, 0 failed",
    code: 0,
  },
  {
    name: "counts tests and leaves their steps out",
    output: "ok | 12 passed (31 steps) | 0 failed (1m2s)\n",
    line: "12 passed, 0 failed",
    code: 0,
  },
  {
    name: "leaves failed steps out too",
    output: "FAILED | 3 passed (1 step) | 2 failed (4 steps) (5ms)\n",
    line: "3 passed, 2 failed",
    code: 1,
  },
  {
    name: "shows ignored tests as skipped",
    output: "ok | 12 passed | 0 failed | 3 ignored (2s)\n",
    line: "12 passed, 0 failed, 3 skipped",
    code: 0,
  },
  {
    name: "takes no filtered or measured test for a skipped one",
    output: "ok | 1 passed | 0 failed | 0 measured | 4 filtered out (6ms)\n",
    line: "1 passed, 0 failed",
    code: 0,
  },
  {
    name: "reads through colours and carriage returns",
    output:
      "\x1b[0m\x1b[32mok\x1b[0m | 7 passed \x1b[90m(2 steps)\x1b[0m | 0 failed \x1b[90m(1s)\x1b[0m\r\n",
    line: "7 passed, 0 failed",
    code: 0,
  },
  {
    name: "takes the last summary, not that of a runner which a test started",
    output:
      "ok | 900 passed | 0 failed (1s)\nsome test ... FAILED\nFAILED | 5 passed | 1 failed (2s)\n",
    line: "5 passed, 1 failed",
    code: 1,
  },
  {
    name: "does not add two summaries up",
    output: "FAILED | 0 passed | 3 failed (1s)\nok | 5 passed | 0 failed (2s)\n",
    line: "5 passed, 0 failed",
    code: 0,
  },
  {
    name: "fails a run whose verdict is FAILED though no test failed",
    output: "error: Module not found\nFAILED | 4 passed | 0 failed (2s)\n",
    line: "4 passed, 1 failed",
    code: 1,
  },
  {
    name: "fails a run that printed no summary",
    output: "Task test deno test\nerror: Type checking failed.\n",
    line: "0 passed, 1 failed",
    code: 2,
  },
  { name: "fails an empty output", output: "", line: "0 passed, 1 failed", code: 2 },
  {
    name: "takes no sentence about a summary for one",
    output: "it printed ok | 3 passed | 0 failed\n",
    line: "0 passed, 1 failed",
    code: 2,
  },
  {
    name: "reads a summary that has no newline after it",
    output: "ok | 2 passed | 0 failed (1s)",
    line: "2 passed, 0 failed",
    code: 0,
  },
];

for (const { name, output, line, code } of CASES) {
  Deno.test(`The CI summary ${name}`, async () => {
    assertEquals(await summarise(output), { line: `${line}\n`, code });
  });
}
