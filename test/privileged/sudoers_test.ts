import { assert, assertEquals, assertThrows } from "@std/assert";
import { commandLine, slot } from "../../privileged/command_line.ts";
import { DISK_NAME } from "../../privileged/grammar.ts";
import { renderSudoers } from "../../privileged/sudoers.ts";
import { HELPER_ARGS } from "../support/helper_host.ts";
import { repositoryRoot } from "../support/repository.ts";

const SHIPPED = await Deno.readTextFile(new URL("configs/sudoers", repositoryRoot));

/** Every setting there may be, and must be. */
const DEFAULTS: readonly string[] = [
  "Defaults:felhom-helper !requiretty",
  "Defaults:felhom-helper passwd_tries=0",
  "Defaults:felhom-helper env_reset, !setenv, !user_command_timeouts",
  'Defaults:felhom-helper !env_keep, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"',
];

/** Why a sudoers text breaks the rules this file has to keep; empty when it keeps them. */
function flawsOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) => {
    if (DEFAULTS.includes(line)) return [];
    const rule =
      /^felhom-helper ALL=\(root\) TIMEOUT=([1-9][0-9]{0,2})s NOPASSWD: (\/usr\/s?bin\/[a-z]+) (\^.*\$)$/
        .exec(line);
    if (rule === null) return [`no rule of the one form: ${line}`];
    const pattern = rule[3] ?? "";
    const flaws = {
      "is longer than sudo takes": pattern.length > 1024,
      "has a wildcard or an unbounded repetition": /[*+](?![^[]*\])/.test(pattern),
      "has a class that is negated": pattern.includes("[^"),
      "has a dot outside a class": /\.(?![^[]*\])/.test(pattern),
      "has a class with a space or a slash": /\[[^\]]*[ /][^\]]*\]/.test(pattern),
      "has a repetition without an end": /\{[0-9]+,\}/.test(pattern),
      "has an escape": pattern.includes("\\"),
      "has an anchor inside": /[\^$]/.test(pattern.slice(1, -1)),
      "has an optional space": / [?*+{]/.test(pattern),
    };
    return Object.entries(flaws).filter(([, is]) => is).map(([flaw]) => `${flaw}: ${pattern}`);
  });
}

Deno.test("the shipped sudoers file keeps its rules", () => {
  assertEquals(flawsOf(SHIPPED), []);
  assertEquals(SHIPPED.match(/^Defaults.*$/gm), DEFAULTS);
});

const RULE = SHIPPED.match(/^felhom-helper .*\/umount .*$/m)?.[0] ?? "";
const BROKEN: Readonly<Record<string, string>> = {
  "no limit": RULE.replace("TIMEOUT=45s ", ""),
  "a password": RULE.replace("NOPASSWD: ", ""),
  "another user": RULE.replace("felhom-helper", "felhom-agent"),
  "all users": RULE.replace("felhom-helper", "ALL"),
  "any target user": RULE.replace("(root)", "(ALL)"),
  "the environment": RULE.replace("NOPASSWD:", "NOPASSWD: SETENV:"),
  "a setting for everybody": "Defaults env_reset",
  "a setting that lets in": "Defaults:felhom-helper setenv",
  "a wildcard": "felhom-helper ALL=(root) TIMEOUT=45s NOPASSWD: /usr/bin/umount /mnt/felhom/*",
  "any arguments": "felhom-helper ALL=(root) TIMEOUT=45s NOPASSWD: /usr/bin/umount",
  "a relative program": RULE.replace("/usr/bin/umount", "umount"),
  "a folder of programs": RULE.replace("/usr/bin/umount", "/usr/bin/"),
  "no anchor at the start": RULE.replace("^", ""),
  "no anchor at the end": RULE.replace(/\$$/, ""),
  "a dot": RULE.replace("[a-z0-9]", "."),
  "a negated class": RULE.replace("[a-z0-9]", "[^/]"),
  "an endless repetition": RULE.replace("{0,30}", "{0,}"),
  "a star": RULE.replace("{0,30}", "*"),
  "a plus": RULE.replace("{0,30}", "+"),
  "a space in a class": RULE.replace("[a-z0-9]", "[a-z0-9 ]"),
  "a slash in a class": RULE.replace("[a-z0-9]", "[a-z0-9/]"),
  "an escape": RULE.replace("[a-z0-9]", "\\w"),
};

for (const [what, line] of Object.entries(BROKEN)) {
  Deno.test(`the rules notice ${what}`, () => {
    assert(line !== RULE && line !== "");
    assert(flawsOf(line).length > 0, line);
  });
}

Deno.test("the shipped file is what the helper prints for the unit's VMIDs", () => {
  const [, first, last] = HELPER_ARGS.join(" ").match(/--vmids (\d+)-(\d+)/) ?? [];
  assertEquals(SHIPPED, renderSudoers({ first: Number(first), last: Number(last) }));
});

Deno.test("the unit's VMIDs are those of the example configuration", async () => {
  const file = new URL("configs/agent.example.json", repositoryRoot);
  const { guests } = JSON.parse(await Deno.readTextFile(file));
  const { first, last } = guests.managed_vmids;
  assert(HELPER_ARGS.join(" ").includes(`--vmids ${first}-${last}`), HELPER_ARGS.join(" "));
});

Deno.test("without VMIDs there is no rule for containers", () => {
  assert(!renderSudoers(null).includes("/usr/sbin/pct"));
  assertEquals(flawsOf(renderSudoers(null)), []);
});

Deno.test("the widest range of VMIDs still makes a rule that sudo takes", () => {
  assertEquals(flawsOf(renderSudoers({ first: 100, last: 999_999_999 })), []);
  assertEquals(flawsOf(renderSudoers({ first: 123_456_789, last: 987_654_321 })), []);
});

Deno.test("a value that does not fit its place never becomes an argument", () => {
  const umount = commandLine("/usr/bin/umount", 30)`/mnt/felhom/${slot("disk", DISK_NAME)}`;
  assertEquals(umount.args({ disk: "backup" }), ["/mnt/felhom/backup"]);
  for (const disk of ["", "a b", "-a", "../etc", "a\n", "A", "a".repeat(33)]) {
    assertThrows(() => umount.args({ disk }), Error, "as disk");
  }
});

Deno.test("a literal that means something to sudo cannot stand in a command line", () => {
  for (const literal of [".", "*", "[a]", "a\\b", "(a)", "a|b", "a#b", "a?"]) {
    assertThrows(() => commandLine("/usr/bin/x", 1)(Object.assign([literal], { raw: [literal] })));
  }
});
