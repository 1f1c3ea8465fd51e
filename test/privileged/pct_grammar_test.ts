import { assertEquals, assertThrows } from "@std/assert";
import { containerCommands } from "../../privileged/commands.ts";
import { BOUNDS } from "../../privileged/grammar.ts";
import { LXC_ENDPOINTS } from "../sim/pve/contract/lxc_endpoints.ts";
import { verify } from "../sim/pve/contract/verify.ts";

const { create } = containerCommands(BOUNDS.vmid);
const schema = LXC_ENDPOINTS["POST /nodes/{node}/lxc"].parameters;

/**
 * The parameters of `pct create VMID OSTEMPLATE --OPTION VALUE …`. pct has no grammar of its own: it
 * checks them against the schema of the API method, as here (`PVE::CLIHandler`).
 */
function parametersOf(args: readonly string[]): Record<string, string> {
  const [command, vmid = "", ostemplate = "", ...options] = args;
  assertEquals(command, "create");
  const params: Record<string, string> = { node: "pve", vmid, ostemplate };
  for (let at = 0; at < options.length; at += 2) {
    const [, name = ""] = options[at]?.match(/^--([a-z]+)$/) ?? [];
    params[name] = options[at + 1] ?? "";
  }
  return params;
}

const SMALL = {
  vmid: "100",
  template: "a1:vztmpl/xy.tar.gz",
  storage: "a1",
  gib: "1",
  hostname: "a",
  cores: "1",
  memory: "64",
};
const LARGE = {
  vmid: "999999999",
  template: `${"s".repeat(32)}:vztmpl/${"t".repeat(128)}.tar.zst`,
  storage: "Local-Store_1",
  gib: "8192",
  hostname: "h".repeat(63),
  cores: "128",
  memory: "1048576",
};

for (const [what, values] of [["smallest", SMALL], ["largest", LARGE]] as const) {
  Deno.test(`pct takes the ${what} golden container that can be asked for`, () => {
    const params = verify(schema, parametersOf(create.args(values)));
    assertEquals(params.vmid, Number(values.vmid));
  });
}

Deno.test("pct would not take what is wrong, so that taking it says something", () => {
  const good = parametersOf(create.args(SMALL));
  for (
    const wrong of [
      { features: "nesting=1,keyctl=maybe" },
      { hostname: "a_b" },
      { cores: "0" },
      { memory: "1" },
      { unprivileged: "yes" },
      { nosuchoption: "1" },
      { vmid: "99" },
    ]
  ) assertThrows(() => verify(schema, { ...good, ...wrong }), Error);
});
