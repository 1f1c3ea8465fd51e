import { assertEquals } from "@std/assert";
import { givenAway } from "../../../src/reconcile/capacity/given_away.ts";

const GIB = 1024 ** 3;
const CONFIG = {
  rootfs: "thin:vm-101-disk-0,size=8G",
  mp0: "thin:vm-101-disk-1,mp=/srv,size=4G",
  mp1: "slow:vm-101-disk-2,mp=/data,size=100G",
  mp2: "/srv/share,mp=/share",
  mp3: "thin:vm-101-disk-4,mp=/odd",
  unused0: "thin:vm-101-disk-3",
};

function given(snapshots: number, root: number | null, others: "full" | "empty") {
  return Object.fromEntries(givenAway(CONFIG, snapshots, { root, others }));
}

Deno.test("A guest takes its volumes where they lie, and each snapshot as much again", () => {
  assertEquals(given(3, null, "full"), {
    thin: { volumes: 12 * GIB, snapshots: 36 * GIB, used: 12 * GIB },
    slow: { volumes: 100 * GIB, snapshots: 300 * GIB, used: 100 * GIB },
  });
  assertEquals(given(0, null, "full")["thin"]?.snapshots, 0);
});

Deno.test("What of it is in use is what was seen, never more than there is, and else as told", () => {
  const used = (...[root, others]: [number | null, "full" | "empty"]) => given(1, root, others);
  assertEquals(used(GIB, "full")["thin"]?.used, 5 * GIB);
  assertEquals(used(GIB, "empty")["thin"]?.used, GIB);
  assertEquals(used(0, "empty")["thin"]?.used, 0);
  assertEquals(used(99 * GIB, "empty")["thin"]?.used, 8 * GIB);
  assertEquals(used(GIB, "empty")["slow"]?.used, 0);
});
