import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How `npx` was called. */
  readonly npx: string;
  /** How `apt-get` was called, a line a call. */
  readonly apt: string;
}

/** What the script itself calls, apart from what it installs. */
const BASICS = ["bash", "awk", "cat", "dirname", "env", "mktemp", "rm", "sh", "tee"];

interface RunOptions {
  /** Leave all programs out but {@linkcode BASICS}. @default false */
  readonly bare?: boolean;
}

/** Runs `.ci/run` in a folder of its own, with an `npx` that prints `output` and exits with `code`. */
async function run(output: string, code: number, options: RunOptions = {}): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-ci-" });
  try {
    await Deno.mkdir(`${folder}/.ci`);
    await Deno.mkdir(`${folder}/bin`);
    for (const file of ["run", "summary"]) {
      await Deno.copyFile(new URL(`.ci/${file}`, repositoryRoot), `${folder}/.ci/${file}`);
    }
    await Deno.writeTextFile(`${folder}/output`, output);
    await Deno.writeTextFile(
      `${folder}/bin/npx`,
      `#!/bin/sh\necho "$@" > "${folder}/npx"\ncat "${folder}/output"\nexit ${code}\n`,
      { mode: 0o755 },
    );
    await Deno.writeTextFile(
      `${folder}/bin/apt-get`,
      `#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> "${folder}/apt"\n`,
      { mode: 0o755 },
    );
    await Deno.writeTextFile(`${folder}/apt`, "");
    for (const program of BASICS) {
      await Deno.symlink(`/usr/bin/${program}`, `${folder}/bin/${program}`);
    }
    const result = await new Deno.Command(`${folder}/.ci/run`, {
      cwd: "/",
      env: { PATH: options.bare ? `${folder}/bin` : `${folder}/bin:/usr/bin:/bin` },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return {
      code: result.code,
      stdout: text.decode(result.stdout),
      stderr: text.decode(result.stderr),
      npx: (await Deno.readTextFile(`${folder}/npx`)).trim(),
      apt: await Deno.readTextFile(`${folder}/apt`),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

Deno.test(".ci/run runs the README's test command, streams its output and ends with the count", async () => {
  const { code, stdout, npx } = await run(
    "one ... ok\nok | 4 passed | 0 failed | 1 ignored (1s)\n",
    0,
  );
  assertEquals(npx, "--yes --prefer-offline deno@2.9.6 task test");
  assertStringIncludes(stdout, "one ... ok\n");
  assertEquals(lastLine(stdout), "4 passed, 0 failed, 1 skipped");
  assertEquals(code, 0);
});

Deno.test(".ci/run installs what is missing and nothing else, without asking", async () => {
  const output = "ok | 1 passed | 0 failed (1s)\n";
  const { apt, code } = await run(output, 0, { bare: true });
  const [update, install, ...rest] = apt.trimEnd().split("\n");
  assertEquals(update, "noninteractive update -qq");
  assertMatch(install ?? "", /^noninteractive install -y -qq --no-install-recommends .*\bstrace\b/);
  assertEquals({ rest, code }, { rest: [], code: 0 });
});

Deno.test("The README names the command that .ci/run runs", async () => {
  const script = await Deno.readTextFile(new URL(".ci/run", repositoryRoot));
  const command = script.match(/^npx .*? task test/m)?.[0] ?? "no command";
  assertMatch(command, /^npx --yes --prefer-offline deno@\d+\.\d+\.\d+ task test$/);
  const readme = await Deno.readTextFile(new URL("README.md", repositoryRoot));
  assertStringIncludes(`\n${readme}\n`, `\n${command}\n`);
});

for (
  const { name, output, runner, line } of [
    {
      name: "a failed test",
      output: "FAILED | 3 passed | 2 failed (1s)\n",
      runner: 1,
      line: "3 passed, 2 failed",
    },
    {
      name: "a runner that prints no summary",
      output: "error: Cannot resolve\n",
      runner: 1,
      line: "0 passed, 1 failed",
    },
    {
      name: "a runner that prints nothing and says it succeeded",
      output: "",
      runner: 0,
      line: "0 passed, 1 failed",
    },
    {
      name: "a runner that fails though its summary says ok",
      output: "ok | 3 passed | 0 failed (1s)\n",
      runner: 137,
      line: "3 passed, 1 failed",
    },
    {
      name: "a summary that says FAILED though the runner says it succeeded",
      output: "FAILED | 3 passed | 2 failed (1s)\n",
      runner: 0,
      line: "3 passed, 2 failed",
    },
  ]
) {
  Deno.test(`.ci/run fails on ${name}`, async () => {
    const { code, stdout } = await run(output, runner);
    assertEquals(lastLine(stdout), line);
    assertEquals(code === 0, false);
  });
}
