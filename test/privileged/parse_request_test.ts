import { assertEquals, assertThrows } from "@std/assert";
import type { HelperErrorCode } from "../../privileged/helper_errors.ts";
import { parseRequest, RequestRefusal } from "../../privileged/parse_request.ts";
import { LIMITS, OPERATION_NAMES, type OperationName } from "../../privileged/protocol.ts";
import { VALID } from "./requests.ts";

for (const op of OPERATION_NAMES) {
  Deno.test(`${op}: a valid request is understood`, () => {
    const { v: _, ...rest } = VALID[op];
    const { v: __, ...understood } = { v: 1, ...parseRequest(JSON.stringify(VALID[op])) };
    assertEquals(understood, rest);
  });
}

/** A request with some of its parameters replaced. */
function withParams(op: OperationName, changes: Readonly<Record<string, unknown>>): string {
  const params = VALID[op]["params"];
  return JSON.stringify({ ...VALID[op], params: { ...Object(params), ...changes } });
}

function withKeys(op: OperationName, changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...VALID[op], ...changes });
}

const smart = JSON.stringify(VALID["hardware.smart"]);
const REFUSED: readonly (readonly [string, HelperErrorCode, string])[] = [
  ["an empty line", "empty", ""],
  ["no JSON", "malformed", "hello"],
  ["half a request", "malformed", smart.slice(0, -1)],
  ["an array", "malformed", "[]"],
  ["null", "malformed", "null"],
  ["a number", "malformed", "1"],
  ["a space too much", "malformed", smart.replace(":", ": ")],
  ["a trailing space", "malformed", smart + " "],
  ["a key twice", "malformed", smart.replace('"v":1', '"v":1,"v":1')],
  [
    "a parameter twice",
    "malformed",
    smart.replace('{"device"', '{"device":"/dev/sdb","device"'),
  ],
  ["a number written otherwise", "malformed", smart.replace('"v":1', '"v":1.0')],
  ["a number with an exponent", "malformed", smart.replace('"v":1', '"v":1e0')],
  ["an escape that need not be", "malformed", smart.replace("sda", "\\u0073da")],
  ["a slash that is escaped", "malformed", smart.replace("/dev", "\\/dev")],
  ["too deep", "malformed", smart.replace('"/dev/sda"', "[[[[1]]]]")],
  ["very deep", "malformed", "[".repeat(1000) + "]".repeat(1000)],
  ["brackets without end", "malformed", '{"v":'.repeat(300)],
  ["no version", "wrong_version", withKeys("hardware.smart", { v: undefined })],
  ["another version", "wrong_version", withKeys("hardware.smart", { v: 2 })],
  ["the version as text", "wrong_version", withKeys("hardware.smart", { v: "1" })],
  ["an empty object", "wrong_version", "{}"],
  [
    "an operation that is not there",
    "unknown_operation",
    withKeys("disk.mount", { op: "disk.wipe" }),
  ],
  ["no operation", "unknown_operation", withKeys("disk.mount", { op: undefined })],
  ["an operation in capitals", "unknown_operation", withKeys("disk.mount", { op: "DISK.MOUNT" })],
  ["a method of all objects", "unknown_operation", withKeys("disk.mount", { op: "toString" })],
  ["the prototype", "unknown_operation", withKeys("disk.mount", { op: "__proto__" })],
  ["several operations", "unknown_operation", withKeys("disk.mount", { op: ["disk.mount"] })],
  ["no id", "invalid", withKeys("hardware.smart", { id: undefined })],
  ["an empty id", "invalid", withKeys("hardware.smart", { id: "" })],
  ["an id of 65 characters", "invalid", withKeys("hardware.smart", { id: "a".repeat(65) })],
  ["an id with a dash in front", "invalid", withKeys("hardware.smart", { id: "-a" })],
  ["an id with a newline", "invalid", withKeys("hardware.smart", { id: "a\n" })],
  [
    "a mutation without the caller's operation",
    "invalid",
    withKeys("disk.mount", { operation: undefined }),
  ],
  ["a key too much", "invalid", withKeys("hardware.smart", { sudo: true })],
  ["a key of the prototype", "invalid", smart.replace("{", '{"__proto__":{},')],
  ["no parameters", "invalid", withKeys("hardware.smart", { params: undefined })],
  ["parameters as a list", "invalid", withKeys("hardware.sensors", { params: [] })],
  ["parameters as text", "invalid", withKeys("hardware.sensors", { params: "-j" })],
  ["a parameter too much", "invalid", withParams("hardware.sensors", { config: "/etc/passwd" })],
  [
    "a parameter of the prototype",
    "invalid",
    smart.replace('{"device"', '{"__proto__":{},"device"'),
  ],

  ...[
    "",
    "sda",
    "/dev/",
    "/dev/sda1",
    "/dev/../dev/sda",
    "/dev//sda",
    "/dev/sda/",
    "//dev/sda",
    "-/dev/sda",
    "--all",
    "/dev/sda --set=x",
    "/dev/sda\n",
    "/dev/sda\0",
    "/dev/sda\t",
    " /dev/sda",
    "/dev/sdaaa",
    "/dev/mem",
    "/dev/disk/by-id/x",
    "/dev/nvme01",
    "/dev/nvme100",
    "/dev/nvme0n1p1",
    "/dev/sd\u0430",
    "/dev/\uff53da",
    "/dev/sda=x",
    "/dev/loop0",
    "/DEV/sda",
    "x".repeat(900),
  ].map((device) =>
    [
      `device ${JSON.stringify(device).slice(0, 40)}`,
      "invalid",
      withParams("hardware.smart", { device }),
    ] as const
  ),
  ["a device that is a number", "invalid", withParams("hardware.smart", { device: 1 })],
  ["a device that is a list", "invalid", withParams("hardware.smart", { device: ["/dev/sda"] })],

  ...[
    "",
    "3f1c2a90",
    "3F1C2A90-5B7E-4D7C-9A41-0C2F7E6D8B15",
    "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b1",
    "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b155",
    "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15 ",
    "UUID=3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15",
    "../../../etc",
    "-a",
    "ABCD-1234",
    "3f1c2a90\u20115b7e-4d7c-9a41-0c2f7e6d8b15",
    "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15\n",
  ].map((uuid) =>
    [`uuid ${JSON.stringify(uuid)}`, "invalid", withParams("disk.mount", { uuid })] as const
  ),

  ...[
    99,
    0,
    -1,
    1e9,
    1.5,
    1e308,
    9007199254740993,
    "1000",
    null,
    true,
    [1000],
    {},
  ].map((vmid) =>
    [`vmid ${JSON.stringify(vmid)}`, "invalid", withParams("golden.create", { vmid })] as const
  ),
  ...[
    "/etc/passwd",
    "local:iso/x.tar.zst",
    "local:vztmpl/../../x.tar.zst",
    "local:vztmpl/x.tar",
    "local:vztmpl/-x.tar.zst",
    "local:vztmpl/x y.tar.zst",
    "local:vztmpl/x.tar.zst --force 1",
    "local:vztmpl/x/y.tar.zst",
    "l:vztmpl/x.tar.zst",
    "-l:vztmpl/x.tar.zst",
    "local:vztmpl/.tar.zst",
    "local:backup/vzdump-lxc-1.tar.zst",
    "http://x/y.tar.zst",
    "local:vztmpl/x.tar.zst\0",
    "local:vztmpl/x=1.tar.zst",
    "local:vztmpl/" + "x".repeat(300) + ".tar.zst",
  ].map((template) =>
    [
      `template ${JSON.stringify(template).slice(0, 50)}`,
      "invalid",
      withParams("golden.create", { template }),
    ] as const
  ),
  ...["", "-a", "a-", "A", "a.b", "a b", "a\n", "a".repeat(64), "a_b", "\u0430", "a=b"].map((
    hostname,
  ) =>
    [
      `hostname ${JSON.stringify(hostname).slice(0, 30)}`,
      "invalid",
      withParams("golden.create", { hostname }),
    ] as const
  ),
  ...[0, 129, -1, 1.5, "2", null].map((cores) =>
    [`cores ${JSON.stringify(cores)}`, "invalid", withParams("golden.create", { cores })] as const
  ),
  ...[0, 63, 1048577, "512", 1e21].map((memory) =>
    [
      `memory ${JSON.stringify(memory)}`,
      "invalid",
      withParams("golden.create", { memory }),
    ] as const
  ),
  ...[
    "local-lvm:8",
    { storage: "local-lvm" },
    { storage: "/dev/sda", gib: 8 },
    { storage: "local,mp0=/", gib: 8 },
    { storage: "local-lvm", gib: 0 },
    { storage: "local-lvm", gib: 8193 },
    { storage: "local-lvm", gib: "8" },
    { storage: "local-lvm", gib: 8, mp: "/" },
    { storage: "-local", gib: 8 },
    { storage: "local-", gib: 8 },
  ].map((rootfs) =>
    [
      `rootfs ${JSON.stringify(rootfs)}`,
      "invalid",
      withParams("golden.create", { rootfs }),
    ] as const
  ),
  ...["unprivileged", "features", "force", "restore", "mp0", "hookscript", "net0", "lxc", "start"]
    .map((key) =>
      [`the option ${key}`, "invalid", withParams("golden.create", { [key]: 1 })] as const
    ),
];

for (const [what, code, line] of REFUSED) {
  Deno.test(`refused as ${code}: ${what}`, () => {
    assertEquals(assertThrows(() => parseRequest(line), RequestRefusal).code, code);
  });
}

Deno.test("a refusal names the request when its id can be read, and only then", () => {
  const named = assertThrows(
    () => parseRequest(withKeys("disk.mount", { op: "x" })),
    RequestRefusal,
  );
  assertEquals(named.id, "r1");
  const odd = assertThrows(
    () => parseRequest(withKeys("disk.mount", { id: "a b" })),
    RequestRefusal,
  );
  assertEquals(odd.id, null);
});

Deno.test("the message of a refusal is bounded, whatever the request holds", () => {
  const keys = Object.fromEntries(
    Array.from({ length: 70 }, (_, index) => [`${"x".repeat(15)}${index}`, 1]),
  );
  const line = withParams("golden.create", keys);
  const { message } = assertThrows(() => parseRequest(line), RequestRefusal);
  assertEquals(line.length <= LIMITS.requestBytes, true);
  assertEquals(message.length <= 400, true, message);
});
