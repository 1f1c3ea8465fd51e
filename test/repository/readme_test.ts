import { assert, assertEquals } from "@std/assert";
import { COMMAND_NAMES, commandEntry } from "../../src/cli/commands.ts";
import { ERROR_CODES, EXIT } from "../../src/errors.ts";
import { LEAST_PRIVILEGE } from "../sim/pve/scenarios/least_privilege.ts";
import { judgePermissions } from "../../src/proxmox/preflight.ts";
import { repositoryRoot } from "../support/repository.ts";
import { errorLine, keyLines, variableLines } from "./readme_lines.ts";

const TEXT = await Deno.readTextFile(new URL("README.md", repositoryRoot));
/** The formatter breaks lines where it likes. */
const ONE_LINE = collapse(TEXT);

function collapse(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function missing(expected: readonly string[]): string[] {
  return expected.filter((line) => !ONE_LINE.includes(collapse(line)));
}

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  return TEXT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
}

/** What `pattern` finds in a section: its first group. */
function listed(heading: string, pattern: RegExp): string[] {
  return [...section(heading).matchAll(pattern)].flatMap(([, name]) => name ?? []);
}

Deno.test("README: every command is there with its summary, and no other", () => {
  assertEquals(
    missing(
      COMMAND_NAMES.map((name) => `- \`felhom-agent ${name}\`: ${commandEntry(name).summary}.`),
    ),
    [],
  );
  assertEquals(listed("Commands", /^- `felhom-agent ([a-z ]+)`/gm), [...COMMAND_NAMES]);
});

Deno.test("README: every key of the configuration is there, with default and meaning, and no other", () => {
  assertEquals(missing(keyLines()), []);
  assertEquals(
    listed("Configuration", /^- `([a-z_.]+)` \(/gm),
    keyLines().map((line) => line.match(/`(.*?)`/)?.[1] ?? ""),
  );
});

Deno.test("README: every environment variable is there, and no other", () => {
  const block = listed("Configuration", /^(FELHOM_AGENT_[A-Z_]+)$/gm);
  assertEquals(block, variableLines());
});

Deno.test("README: every error code is there under its anchor, with what to do, and no other", () => {
  assertEquals(missing(ERROR_CODES.map(errorLine)), []);
  assertEquals(listed("Errors", /^- <a id="[a-z0-9-]+"><\/a>`([a-z_.]+)`/gm), [...ERROR_CODES]);
  const entries = section("Errors").split(/\n\n|^(?=- )/m).map(collapse);
  const silent = ERROR_CODES.filter((code) => {
    const line = collapse(errorLine(code));
    const entry = entries.find((text) => text.startsWith(line)) ?? "";
    return !/^ \S.{6,}\. ?$/.test(entry.slice(line.length));
  });
  assertEquals(silent, []);
});

Deno.test("README: every exit code is there, and no other", () => {
  assertEquals(listed("Errors", /^\| (\d+) +\|/gm).map(Number), Object.values(EXIT));
});

Deno.test("README: every task is there with its description, and no other", async () => {
  const config: { readonly tasks: Readonly<Record<string, { readonly description: string }>> } =
    JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));
  const tasks = Object.entries(config.tasks);
  assertEquals(
    missing(tasks.map(([name, { description }]) => `- \`deno task ${name}\`: ${description}.`)),
    [],
  );
  assertEquals(
    listed("Development", /^- `deno task ([a-z]+)`/gm).toSorted(),
    tasks.map(([name]) => name).toSorted(),
  );
});

Deno.test("README: each link leads to a file or an anchor that exists", async () => {
  const anchors = [
    ...[...TEXT.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id),
    ...[...TEXT.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
    ),
  ];
  const broken: string[] = [];
  for (const [, target = ""] of TEXT.matchAll(/\]\(([^)]+)\)/g)) {
    if (target.startsWith("#")) {
      if (!anchors.includes(target.slice(1))) broken.push(target);
    } else if (!/^https?:/.test(target)) {
      await Deno.stat(new URL(target, repositoryRoot)).catch(() => broken.push(target));
    }
  }
  assertEquals(broken, []);
});

Deno.test("README: the permissions it tells are those of the permission set", async () => {
  const config: {
    readonly permissions: {
      readonly agent: Readonly<Record<"read" | "write" | "env" | "import", readonly string[]>>;
    };
  } = JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));
  const { read, write, env } = config.permissions.agent;
  const rows = new Map(
    [...TEXT.matchAll(/^\| (read|write|env) +\| ([^|]+) \|/gm)].map(([, name, cell = ""]) => [
      name,
      [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path),
    ]),
  );
  assert(rows.size === 3);
  assertEquals(
    {
      read: rows.get("read")?.toSorted(),
      write: rows.get("write")?.toSorted(),
      env: rows.get("env"),
    },
    { read: read.toSorted(), write: write.toSorted(), env: [...env] },
  );
});

Deno.test("README: the roles and grants it tells to make are those the self-test asks for", () => {
  const nothing = { tokenId: "felhom@pve!agent", token: {}, owner: {} };
  const { commands } = judgePermissions(nothing, {
    node: "pve",
    storages: ["local"],
    bridges: ["vmbr0"],
  });
  const told = [...TEXT.matchAll(/^pveum (?:role|acl) .*$/gm)].map(([line]) => line);
  // Of a role that is there already the self-test says how to change it, too.
  assertEquals(told, commands.map((command) => command.replace(/ \|\| .*$/, "")));
});

Deno.test("README: the simulator's token has the roles that the README tells to make", () => {
  const roles: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
    [...TEXT.matchAll(/^pveum role add (\S+) --privs '?([^'\n]+)'?$/gm)]
      .map(([, role = "", privileges = ""]) => [role, privileges.split(" ")]),
  );
  const expected: typeof roles = LEAST_PRIVILEGE;
  assertEquals(roles, expected);
});

Deno.test("README: nothing is granted on /, and nothing that could change storages", () => {
  const paths = [...TEXT.matchAll(/^pveum acl modify (\S+)/gm)].map(([, path]) => path);
  assert(paths.length > 0);
  assertEquals(paths.filter((path) => path === "/"), []);
  assertEquals(TEXT.match(/^pveum .*Datastore\.Allocate(?!Space)/m), null);
});

Deno.test("README: every check of the self-test is named", async () => {
  const sources = await Promise.all(
    ["src/selftest/proxmox_checks.ts", "src/cli/local_checks.ts"]
      .map((path) => Deno.readTextFile(new URL(path, repositoryRoot))),
  );
  const names = sources.flatMap((text) => [...text.matchAll(/\bname: "([a-z ]+)"/g)])
    .map(([, name = ""]) => name);
  assert(names.includes("guests") && names.includes("helper"));
  const told = section("Self-test").toLowerCase();
  assertEquals(names.filter((name) => !told.includes(name)), []);
});
