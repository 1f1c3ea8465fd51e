import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { SETTING_NAMES } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { pendingsSchema } from "../../../src/proxmox/schema/guest.ts";
import { normalise } from "../../../src/reconcile/actual/normalise.ts";
import { differing, FORMS, isSame } from "../../../src/reconcile/actual/setting_forms.ts";
import { readCaptures } from "../../proxmox/support/captures.ts";

/** What comes over the wire, read as the client reads it. */
function read(rows: unknown) {
  return normalise(pendingsSchema.parse(rows));
}

const DEFAULTS = {
  cores: null,
  cpulimit: 0,
  cpuunits: 100,
  memory: 512,
  swap: 512,
  onboot: false,
  startup: null,
  description: "",
  tags: [],
};

Deno.test("what a configuration does not name has Proxmox's default", () => {
  const { live, next, otherPending } = read([{ key: "digest", value: "ab" }]);
  assertEquals(live, DEFAULTS);
  assertStrictEquals(next, live);
  assertEquals(otherPending, []);
});

Deno.test("numbers and flags come as numbers or as text, and read the same", () => {
  const values = { cores: 2, cpulimit: 0.5, cpuunits: 200, memory: 1024, swap: 0, onboot: 1 };
  const asNumbers = Object.entries(values).map(([key, value]) => ({ key, value }));
  const asText = Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));
  assertEquals(read(asText), read(asNumbers));
  assertEquals(read(asText).live, { ...DEFAULTS, ...values, onboot: true });
  assertEquals(read([{ key: "cpulimit", value: "1.50" }]).live.cpulimit, 1.5);
  for (const cpulimit of [0.1 + 0.2, 1e-7, 8192, 2 / 3]) {
    assertEquals(read([{ key: "cpulimit", value: String(cpulimit) }]).live.cpulimit, cpulimit);
  }
  assertEquals(read([{ key: "onboot", value: 0 }]).live.onboot, false);
});

Deno.test("texts that mean the same to Proxmox read the same", () => {
  const table: readonly (readonly ["startup" | "tags" | "description", string, unknown])[] = [
    ["startup", "order=3,up=10", "order=3,up=10"],
    ["startup", "3,up=10", "order=3,up=10"],
    ["startup", "up=10,order=03", "order=3,up=10"],
    ["startup", "down=5", "down=5"],
    ["startup", "", null],
    ["startup", "whenever", "whenever"],
    ["startup", "order=1,order=2", "order=1,order=2"],
    ["tags", "web;a;web", ["a", "web"]],
    ["tags", "B,a c", ["B", "a", "c"]],
    ["tags", "", []],
    ["description", "one\n\ntwo\n", "one\n\ntwo"],
    ["description", "\n", ""],
    ["description", "no newline", "no newline"],
  ];
  for (const [key, value, normal] of table) {
    assertEquals(read([{ key, value }]).live[key], normal, JSON.stringify(value));
  }
});

Deno.test("what is pending is in the next settings alone, and other options are named", () => {
  const { live, next, otherPending } = read([
    { key: "memory", value: 512, pending: "1024" },
    { key: "cores", value: 2, delete: 1 },
    { key: "tags", value: "a", delete: 2 },
    { key: "swap", pending: 0 },
    { key: "cpuunits", value: 200, delete: 0 },
    { key: "nameserver", pending: "9.9.9.9" },
    { key: "features", value: "nesting=1", delete: 1 },
    { key: "hostname", value: "a" },
  ]);
  assertEquals(live, { ...DEFAULTS, memory: 512, cores: 2, tags: ["a"], cpuunits: 200 });
  assertEquals(next, { ...DEFAULTS, memory: 1024, cpuunits: 200, swap: 0 });
  assertEquals(otherPending, ["features", "nameserver"]);
  assertEquals(differing(live, next), ["cores", "memory", "swap", "tags"]);
});

Deno.test("a setting of no known form is an error, not a default", () => {
  const wrong = { memory: "lots", cores: "-1", cpulimit: "", onboot: "yes", cpuunits: "1.5" };
  for (const [key, value] of Object.entries(wrong)) {
    for (const row of [{ key, value }, { key, pending: value }]) {
      const error = assertThrows(() => read([row]), FelhomError);
      assertEquals(
        [error.code, error.message],
        ["proxmox.malformed", `Cannot read ${key}: ${JSON.stringify(value)}`],
      );
    }
  }
});

Deno.test("values compare by what they mean", () => {
  assertEquals(isSame(["a", "b"], ["a", "b"]), true);
  assertEquals(isSame(["a", "b"], ["a"]), false);
  assertEquals(isSame([], null), false);
  assertEquals(isSame(null, 0), false);
  assertEquals(isSame(512, 512), true);
});

Deno.test("every setting of the closed list has a form, and its default reads the same", () => {
  assertEquals(Object.keys(FORMS), [...SETTING_NAMES]);
  assertEquals(
    Object.fromEntries(SETTING_NAMES.map((name) => [name, FORMS[name].standard])),
    DEFAULTS,
  );
});

Deno.test("what a genuine server answers to GET pending is read", () => {
  const captures = readCaptures();
  if (captures === undefined) return;
  const rows = captures.filter(({ path, status }) => path.endsWith("/pending") && status === 200);
  assertEquals(rows.length > 3, true);
  const named = (wanted: string) => {
    const body = captures.find(({ name }) => name === wanted)?.body;
    return read(typeof body === "object" && body !== null && "data" in body ? body.data : body);
  };
  assertEquals(named("running-get-pending"), {
    live: { ...DEFAULTS, cores: 2, memory: 140, swap: 0 },
    next: { ...DEFAULTS, cores: 2, memory: 140, swap: 0 },
    otherPending: [],
  });
  const features = named("running-pending-features.pending");
  assertStrictEquals(features.live.cores, 1);
  assertEquals(features.otherPending, ["features"]);
  assertEquals(differing(features.live, features.next), []);
});
