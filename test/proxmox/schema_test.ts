import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { TransportError } from "../../src/proxmox/mod.ts";
import {
  guestConfigSchema,
  guestsSchema,
  guestStatusSchema,
  pendingsSchema,
  permissionsSchema,
  snapshotsSchema,
} from "../../src/proxmox/schema/guest.ts";
import { nodesSchema, nodeStatusSchema, versionSchema } from "../../src/proxmox/schema/node.ts";
import { parseData } from "../../src/proxmox/schema/parse_data.ts";
import {
  storagesSchema,
  storageStatusSchema,
  volumesSchema,
} from "../../src/proxmox/schema/storage.ts";
import { logSchema, tasksSchema, taskStatusSchema } from "../../src/proxmox/schema/task.ts";
import {
  flag,
  integer,
  must,
  number,
  object,
  type Scalar,
  text,
  vmid,
} from "../../src/proxmox/schema/wire.ts";
import { readCaptures } from "./support/captures.ts";

const scalars: readonly {
  readonly scalar: Scalar<unknown>;
  readonly takes: readonly (readonly [unknown, unknown])[];
  readonly refuses: readonly unknown[];
}[] = [
  {
    scalar: number,
    takes: [[1, 1], [0.5, 0.5], ["0.5", 0.5], ["-3", -3], ["1e-05", 1e-5], ["0", 0]],
    refuses: [
      "",
      " 1",
      "1 ",
      "0x10",
      "1,5",
      "NaN",
      "Infinity",
      "1e999",
      NaN,
      Infinity,
      true,
      {},
      [],
    ],
  },
  {
    scalar: integer,
    takes: [[1, 1], ["512", 512], [9007199254740991, 9007199254740991]],
    refuses: [0.5, "0.5", "007", "9007199254740993", true, "x"],
  },
  {
    scalar: flag,
    takes: [[0, false], [1, true], ["0", false], ["1", true], [true, true], [false, false]],
    refuses: [2, -1, "", "yes", "true", "00", {}],
  },
  { scalar: text, takes: [["a", "a"], ["", ""], [101, "101"]], refuses: [true, {}, []] },
  { scalar: vmid, takes: [[100, 100], ["101", 101]], refuses: [99, "abc", 101.5, -1, "0101"] },
];

for (const { scalar, takes, refuses } of scalars) {
  Deno.test(`${scalar.expected} is read in each of its forms and in no other`, () => {
    for (const [value, expected] of takes) {
      assertEquals(parseData(must(scalar), value, "it"), expected);
    }
    for (const value of [...refuses, undefined, null]) {
      assertThrows(() => parseData(must(scalar), value, "it"), TransportError, "Cannot read it");
    }
  });
}

Deno.test("unknown keys survive, null is absent, and what is wrong is named with its place", () => {
  const config = { digest: "x", memory: "512", net0: "name=eth0", mp7: "a", future: { a: [1] } };
  assertEquals<unknown>(parseData(guestConfigSchema, config, "it"), { ...config, memory: 512 });
  const row = { vmid: 101, status: "running", pressurecpufull: null, tags: null };
  assertEquals(parseData(guestsSchema, [row], "it")[0]?.tags, undefined);
  const error = assertThrows(
    () => parseData(guestsSchema, [{ vmid: 101, status: "running" }, { vmid: "x" }], "the list"),
    FelhomError,
  );
  assertEquals(error.message, "Cannot read the list at 1.vmid: expected a VMID");
  assertEquals(error.code, "proxmox.malformed");
});

Deno.test("a key named like a part of every object does no harm", () => {
  const data = JSON.parse('{"a": 1, "__proto__": {"polluted": true}, "constructor": 7}');
  const parsed: object = parseData(object({ a: must(integer) }), data, "it");
  assertEquals("polluted" in parsed, false);
  assertEquals("polluted" in {}, false);
});

const byPath: readonly (readonly [RegExp, Parameters<typeof parseData>[0]])[] = [
  [/^\/version$/, versionSchema],
  [/^\/nodes$/, nodesSchema],
  [/^\/nodes\/pve\/status$/, nodeStatusSchema],
  [/^\/nodes\/pve\/lxc$/, guestsSchema],
  [/^\/nodes\/pve\/lxc\/\d+\/config$/, guestConfigSchema],
  [/^\/nodes\/pve\/lxc\/\d+\/status\/current$/, guestStatusSchema],
  [/^\/nodes\/pve\/lxc\/\d+\/pending$/, pendingsSchema],
  [/^\/nodes\/pve\/lxc\/\d+\/snapshot$/, snapshotsSchema],
  [/^\/nodes\/pve\/storage$/, storagesSchema],
  [/^\/nodes\/pve\/storage\/\w+\/status$/, storageStatusSchema],
  [/^\/nodes\/pve\/storage\/\w+\/content$/, volumesSchema],
  [/^\/nodes\/pve\/tasks$/, tasksSchema],
  [/^\/nodes\/pve\/tasks\/[^/]+\/status$/, taskStatusSchema],
  [/^\/nodes\/pve\/tasks\/[^/]+\/log$/, logSchema],
  [/^\/access\/permissions$/, permissionsSchema],
];

const captures = readCaptures();

Deno.test({
  name: "every recorded answer to a read is read, and loses nothing",
  ignore: captures === undefined,
  fn() {
    const seen = new Set<RegExp>();
    let read = 0;
    for (const { name, method, path, status, body } of captures ?? []) {
      // A log that was asked for as a file is no API answer.
      if (method !== "GET" || status !== 200 || name === "paging.download") continue;
      const [pattern, schema] = byPath.find(([each]) => each.test(path)) ?? [];
      if (pattern === undefined || schema === undefined) continue;
      assert(typeof body === "object" && body !== null && "data" in body, name);
      const parsed = parseData(schema, body.data, name);
      assertEquals(names(parsed), names(body.data), name);
      seen.add(pattern);
      read++;
    }
    assertEquals(seen.size, byPath.length);
    assertGreater(read, 200);
  },
});

/** All keys that hold something, so that nothing is lost on the way. */
function names(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(names);
  if (typeof value !== "object" || value === null) return undefined;
  const held = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(held.map(([key, inner]) => [key, names(inner)]).toSorted());
}
