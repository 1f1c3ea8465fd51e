import { assert, assertEquals } from "@std/assert";
import { TABLE } from "../../privileged/operations.ts";
import { OPERATION_NAMES, OPERATIONS } from "../../privileged/protocol.ts";
import { ACTIONS } from "../../src/action/kinds.ts";
import { repositoryRoot } from "../support/repository.ts";

const README = await Deno.readTextFile(new URL("README.md", repositoryRoot));
const SUDOERS = await Deno.readTextFile(new URL("configs/sudoers", repositoryRoot));

const viaHelper = Object.entries(ACTIONS).filter(([, { route }]) => route === "helper");

Deno.test("what is routed to the helper is what the helper does, and for the same reasons", () => {
  assertEquals(viaHelper.map(([kind]) => kind).sort(), [...OPERATION_NAMES].sort());
  for (const op of OPERATION_NAMES) {
    const { reason, source, mutates } = ACTIONS[op];
    assertEquals({ reason, source }, { reason: TABLE[op].reason, source: TABLE[op].source }, op);
    assertEquals(mutates, OPERATIONS[op].mutates, op);
  }
});

Deno.test("every command line of the helper has its rule in the sudoers file, and no rule is left over", () => {
  const rules = SUDOERS.match(/^felhom-helper ALL=.*$/gm) ?? [];
  const wanted = OPERATION_NAMES.flatMap((op) =>
    TABLE[op].needs({ vmids: { first: 1000, last: 1999 } })?.commands ?? []
  );
  for (const { program, pattern } of wanted) {
    assert(rules.some((rule) => rule.endsWith(`NOPASSWD: ${program} ${pattern}`)), pattern);
  }
  assertEquals(rules.length, new Set(wanted.map(({ pattern, program }) => program + pattern)).size);
});

Deno.test("the README shows the routing table as the code has it", () => {
  for (const [kind, { route, mutates, summary, reason, source }] of Object.entries(ACTIONS)) {
    const row = [`\`${kind}\``, summary, route, mutates ? "mutation" : "read", reason, source];
    const shown = README.split("\n").some((line) =>
      line.split("|").map((cell) => cell.trim()).filter((cell) => cell !== "").join("|") ===
        row.join("|")
    );
    assert(shown, `The README has no row: | ${row.join(" | ")} |`);
  }
});
