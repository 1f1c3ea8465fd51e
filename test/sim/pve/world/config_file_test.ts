import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { isReferenceMissing } from "../../reference.ts";
import { CAPTURES, readCaptures } from "../../replay/captures.ts";
import { type ConfigFile, digestOf, emptyConfig, renderConfig } from "./config_file.ts";

Deno.test("a file is its description as comments, its options by the alphabet, then pending and snapshots", () => {
  const file: ConfigFile = {
    options: new Map([["memory", "512"], ["description", "100% mine: yes\n\u00fc\n"], [
      "arch",
      "amd64",
    ]]),
    raw: [["lxc.cap.drop", "sys_module"]],
    pending: new Map([["delete", "mp0"], ["cores", "2"]]),
    snapshots: new Map([["b", new Map([["memory", "256"]])], ["a", new Map([["snaptime", "1"]])]]),
  };
  assertEquals(
    renderConfig(file),
    "#100%25 mine%3A yes\n#%C3%BC\narch: amd64\nmemory: 512\nlxc.cap.drop: sys_module\n" +
      "\n[pve:pending]\ncores: 2\ndelete: mp0\n\n[a]\nsnaptime: 1\n\n[b]\nmemory: 256\n",
  );
});

Deno.test("any change changes the digest: an option, a lock, a pending value, a snapshot", () => {
  const file = emptyConfig([["memory", "512"]]);
  const changed: ConfigFile[] = [
    { ...file, options: new Map([["memory", "513"]]) },
    { ...file, options: new Map([["memory", "512"], ["lock", "backup"]]) },
    { ...file, pending: new Map([["cores", "1"]]) },
    { ...file, snapshots: new Map([["x", new Map()]]) },
  ];
  const digests = [file, ...changed].map(digestOf);
  assertEquals(new Set(digests).size, digests.length);
});

const shown = z.object({
  data: z.looseObject({
    digest: z.string(),
    lxc: z.array(z.tuple([z.string(), z.string()])).optional(),
  }),
});

/** Files whose shown options are not the whole file, so that the digest cannot follow from them. */
const MORE_THAN_SHOWN: Readonly<Record<string, string>> = {
  "get-config-of-snapshot": "shows one snapshot, the digest is of the whole file",
  "locked-config": "the lock was written by hand as the first line",
  "running-get-config4": "has a pending part",
  "running-pending-features.config": "has a pending part",
  "running-pending-features.config-current": "has a pending part",
};

Deno.test({
  name: "the digests of a genuine server follow from the rendered file, byte for byte",
  ignore: isReferenceMissing(CAPTURES),
  fn() {
    let checked = 0;
    for (const [name, capture] of readCaptures().requests) {
      const isConfig = /\/lxc\/\d+\/config$/.test(capture.request.path);
      if (!isConfig || capture.request.method !== "GET" || capture.status !== 200) continue;
      if (name in MORE_THAN_SHOWN) continue;
      const { digest, lxc = [], ...options } = shown.parse(capture.body).data;
      const texts = Object.entries(options).map(([key, value]) => [key, String(value)] as const);
      assertEquals(digestOf({ ...emptyConfig(texts), raw: lxc }), digest, name);
      checked++;
    }
    assert(checked > 30, `only ${checked} configurations were compared`);
  },
});

Deno.test({
  name: "the digest of a file with a pending part is a genuine server's too",
  ignore: isReferenceMissing(CAPTURES),
  fn() {
    const capture = readCaptures().requests.get("running-pending-features.config-current");
    const { digest, ...options } = shown.parse(capture?.body).data;
    const texts = Object.entries(options).map(([key, value]) => [key, String(value)] as const);
    const file = { ...emptyConfig(texts), pending: new Map([["features", "nesting=1"]]) };
    assertEquals(digestOf(file), digest);
  },
});
