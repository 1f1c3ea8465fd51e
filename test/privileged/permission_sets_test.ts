import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { allNeeds } from "../../privileged/operations.ts";
import { READERS, SUDO } from "../../privileged/programs.ts";
import { repositoryRoot } from "../support/repository.ts";

const read = (name: string) => Deno.readTextFile(new URL(name, repositoryRoot));
const { permissions } = JSON.parse(await read("deno.json"));
const README = await read("README.md");

const readers: readonly string[] = Object.values(READERS);
const needed = allNeeds({ vmids: { first: 1000, last: 1999 } }).map(({ needs }) => needs);

Deno.test("the helper may start sudo and the readers its operations need, and nothing more", () => {
  const names = new Set(needed.flatMap((needs) => needs?.readers ?? []));
  assertEquals([...names].map((name) => READERS[name]).sort(), [...readers].sort());
  assertEquals([...permissions.privileged.run].sort(), [SUDO, ...readers].sort());
});

Deno.test("for development it may start, in place of sudo, what its command lines name", () => {
  const programs = new Set(
    needed.flatMap((needs) => needs?.commands ?? []).map(({ program }) => program),
  );
  assertEquals([...permissions["privileged-direct"].run].sort(), [...programs, ...readers].sort());
});

Deno.test("the README's fence shows what the helper may do, and says what each reader is for", () => {
  const rows = README.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const heading = rows.find((cells) => cells.includes("main, starting"));
  assertEquals(heading?.at(-1), "helper");
  for (const right of ["net", "read", "write", "env", "ffi", "sys"]) {
    assertEquals(rows.find(([name]) => name === right)?.at(-1), "none", right);
  }
  const run = rows.find(([name]) => name === "run")?.at(-1) ?? "";
  assertEquals(
    run.split(", ").sort(),
    permissions.privileged.run.map((path: string) => `\`${path}\``).sort(),
  );
  const reasons = README.match(/The readers run as[^]*?starts a program\./)?.[0];
  assert(reasons !== undefined);
  for (const name of Object.keys(READERS)) assertStringIncludes(reasons, `\`${name}\``);
});
