import { assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { expectedBytes, type SizeSources } from "../../../src/reconcile/facts/expected_bytes.ts";
import { ACTION } from "../../gate/scene.ts";

const GIB = 1024 ** 3;
const config = {
  digest: "d",
  rootfs: "local-lvm:vm-101-disk-0,size=8G",
  mp0: "local-lvm:vm-101-disk-1,mp=/srv,backup=1,size=4G",
  mp1: "local-lvm:vm-101-disk-2,mp=/cache,size=2G",
};
const stopped: SizeSources = {
  config,
  status: { status: "stopped", disk: 0 },
  backupConfig: "rootfs: local:101/x.raw,size=3G\nmp0: local:101/y.raw,mp=/srv,size=1G\n",
};
const running = { ...stopped, status: { status: "running", disk: GIB } };
const nothing: SizeSources = { config: null, status: null, backupConfig: null };
const uncompressed: Action = {
  ...ACTION.backup,
  params: { ...ACTION.backup.params, compress: "0" },
};

const rows: readonly (readonly [string, Action, SizeSources, number | null])[] = [
  ["a new guest: all volumes of the image, full", ACTION.create, stopped, 4 * GIB],
  ["a new guest, the image unreadable: nobody can tell", ACTION.create, nothing, null],
  ["a restore: all volumes of the backup, full", ACTION.restoreOver, running, 4 * GIB],
  ["a golden container: its root file system, full", ACTION.golden, nothing, 8 * GIB],
  ["a snapshot: all that the guest may overwrite", ACTION.snapshot, running, 14 * GIB],
  ["a snapshot of what cannot be read: nobody can tell", ACTION.snapshot, nothing, null],
  [
    "a backup of a running guest: what it holds, other volumes full",
    ACTION.backup,
    running,
    5 * GIB,
  ],
  ["a backup of a stopped guest: its volumes, full", ACTION.backup, stopped, 12 * GIB],
  ["a backup that is not compressed: its volumes, full", uncompressed, running, 12 * GIB],
  ["a backup of what cannot be read: nobody can tell", ACTION.backup, nothing, null],
  ["a start: nothing", ACTION.start, nothing, 0],
  ["a destroy: nothing", ACTION.destroy, nothing, 0],
];

for (const [name, action, sources, bytes] of rows) {
  Deno.test(`What is written at most by ${name}`, () => {
    assertEquals(expectedBytes(action, sources), bytes);
  });
}
