import { assertEquals, assertStringIncludes } from "@std/assert";
import { selftestObstacle } from "../../../src/reconcile/transactions/selftest_obstacle.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** A stopped guest of the managed range. */
const VMID = 230;

/** Changes what the guest's configuration says; null takes a key out. */
const set =
  (options: Readonly<Record<string, string | null>>) => ({ simulator: { pve } }: OpenWork) =>
    pve.inject({ kind: "change-config", vmid: VMID, set: options });

Deno.test("a stopped guest of the managed range, on storages with snapshots, is one to try all on", async () => {
  await using opened = await openWork();
  assertEquals(await selftestObstacle(opened.work, VMID), null);
});

Deno.test("why a guest is none to try all on is told", async () => {
  const ways: readonly (readonly [string, (opened: OpenWork) => unknown])[] = [
    [
      "There is no guest 230",
      ({ simulator: { pve } }) => pve.inject({ kind: "vanish", vmid: VMID }),
    ],
    ["Guest 230 is a template", set({ template: "1" })],
    ["Guest 230 is locked (backup)", set({ lock: "backup" })],
    [
      "Guest 230 is running: the self-test takes a stopped one",
      ({ simulator: { pve: { world } } }) => world.guest(VMID).running = world.guest(201).running,
    ],
    ["Guest 230 has a bind mount (mp0), so no snapshots", set({ mp0: "/srv/data,mp=/srv" })],
    [
      "Guest 230 has mp1 on local, a storage without snapshots (dir)",
      set({ mp1: "local:230/vm-230-disk-9.raw,mp=/srv,size=1G" }),
    ],
  ];
  for (const [expected, befall] of ways) {
    await using opened = await openWork();
    befall(opened);
    assertStringIncludes(await selftestObstacle(opened.work, VMID) ?? "", expected);
  }
});

Deno.test("what is no VMID, or none of the managed range, is refused before the host is asked", async () => {
  await using opened = await openWork({ managed: { first: 200, last: 230 } });
  const { work } = opened;
  const told = await Promise.all([99, 199, 230, 231].map((vmid) => selftestObstacle(work, vmid)));
  assertEquals(told, [
    "99 is no VMID",
    "VMID 199 is outside the managed range, 200 to 230",
    null,
    "VMID 231 is outside the managed range, 200 to 230",
  ]);
});

Deno.test("a token that sees its own tasks alone takes no snapshot of a guest: it would stay", async () => {
  await using opened = await openWork();
  const { work, work: { eyes } } = opened;
  const reads = { ...eyes.reads, permissions: () => Promise.resolve({}) };
  const told = await selftestObstacle({ ...work, eyes: { ...eyes, reads } }, VMID);
  assertStringIncludes(told ?? "", "For guest 230, the token may not see the tasks of others");
  assertStringIncludes(told ?? "", "its snapshot would stay");
});
