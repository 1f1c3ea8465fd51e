import { assertEquals } from "@std/assert";
import { unexplained, unsanitized, workplaceNames } from "./text_rules.ts";

const IGNORE = "deno-lint-" + "ignore";

for (
  const { name, rule, path = "test/x_test.ts", found, fine } of [
    {
      name: "a directive without a reason",
      rule: unexplained,
      found: [
        `// ${IGNORE} no-console`,
        `  // ${IGNORE}-file`,
        `/* ${IGNORE} no-console */`,
        `// ${IGNORE} no-console --`,
        "// @ts-" + "ignore",
        "// @ts-" + "expect-error",
        "// deno-fmt-" + "ignore",
      ],
      fine: [
        `// ${IGNORE} no-console -- the bench prints its table`,
        "// @ts-" + "expect-error the token is no string",
        "// deno-fmt-" + "ignore -- a table reads better in columns",
        "// A comment.",
      ],
    },
    {
      name: "a directive of the product against our own rules, reason or not",
      rule: unexplained,
      path: "src/log/line.ts",
      found: [`// ${IGNORE} felhom/no-reach -- it is quicker`],
      fine: [`// ${IGNORE} no-control-regex -- that is what is stripped`],
    },
    {
      name: "a sanitizer that is switched off",
      rule: unsanitized,
      found: [
        'Deno.test({ name: "x", saniti' + "zeOps: false, fn() {} });",
        "  saniti" + "zeResources:false,",
      ],
      fine: ["  saniti" + "zeOps: true,"],
    },
    {
      name: "a name of one machine",
      rule: workplaceNames,
      found: [
        "cd /wo" + "rk/main",
        "see /ro" + "ot/.cache",
        '"/ho' + 'me/someone/x"',
        "https://regis" + "try.npmjs.org/deno",
        "/op" + "t/deno/bin",
      ],
      fine: [
        "/etc/felhom-agent/agent.json",
        "/var/lib/felhom-agent",
        "/root/token",
        "work/in/progress",
        "src/wo" + "rk/x.ts",
        "the registry of packages",
        "/api2/json/nodes/pve/lxc/101/config",
      ],
    },
  ]
) {
  Deno.test(`The rule over texts finds ${name}`, () => {
    const lines = (list: readonly string[]) => rule({ path, text: list.join("\n") });
    assertEquals(lines(found), found.map((line, at) => `${path}:${at + 1}: ${line.trim()}`));
    assertEquals(lines(fine), []);
  });
}
