import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";

const root = repositoryRoot.pathname;

async function probe(set: string): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-probe-" });
  try {
    await Deno.copyFile("/usr/bin/ls", `${folder}/ls`);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", `-P=${set}`, "--no-prompt", "--cached-only", "--no-remote"],
        ...["--config", `${root}deno.json`, `${root}test/privileged/fence_probe.ts`, folder, set],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (text === "") throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const set of ["privileged", "privileged-direct"]) {
  Deno.test(`the set ${set} lets a program start listed programs, and do nothing else`, async () => {
    const { "a listed program": listed, ...rest } = await probe(set);
    assertEquals(listed, "done");
    const expected = Object.fromEntries(Object.keys(rest).map((name) => [name, "denied"]));
    assertEquals(rest, expected);
  });
}

Deno.test("both sets hold the right to run, by absolute path, and none besides", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const set of ["privileged", "privileged-direct"]) {
    const { run, import: imports, ...others } = permissions[set];
    assertEquals(others, {});
    assertEquals(imports, ["127.0.0.1:9"]);
    for (const path of run) assertEquals(/^\/usr\/s?bin\/[a-z]+$/.test(path), true, path);
  }
});
