import { assert } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

/** Runs one of the checks over the whole tree; what it says is what a failure shows. */
async function check(args: readonly string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: repositoryRoot,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  const said = text.decode(stdout) + text.decode(stderr);
  return { code, said: said.replaceAll(/^Check .*\n/gm, "") };
}

for (
  const [name, args] of Object.entries({
    "The tree is formatted": ["fmt", "--check"],
    "The tree has no lint finding": ["lint"],
    "The tree has no type error, and the lock file is in step with it": ["check", "--frozen"],
  })
) {
  Deno.test(name, async () => {
    const { code, said } = await check(args);
    assert(code === 0, said);
  });
}
