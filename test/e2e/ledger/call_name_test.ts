import { assertEquals } from "@std/assert";
import { readAction } from "../../../src/action/mod.ts";
import { callName } from "./call_name.ts";
import { callsOf } from "./calls_of.ts";

const BACKUP = "local:backup/vzdump-lxc-201-2026_11_01-00_00_00.tar.zst";
const TAKEN = { snapshot: "before", taken_at: 1_800_000_000 };
const NETWORK = { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false };
const CREATION = {
  ...{ image: BACKUP, storage: "local-zfs", hostname: "new", network: NETWORK, cores: 1 },
  ...{ memory: 512, swap: 0, onboot: true, tags: [], description: "" },
};
const BACKING_UP = { storage: "local", mode: "snapshot", compress: "zstd", notes: "" };

for (
  const [kind, params, request, name] of [
    ["guest.start", {}, "POST lxc/201/status/start", "start 201"],
    [
      "guest.shutdown",
      { timeout: 60, then_kill: true },
      "POST lxc/201/status/shutdown",
      "shutdown 201",
    ],
    ["guest.stop", {}, "POST lxc/201/status/stop", "stop 201"],
    ["guest.restart", { timeout: 60 }, "POST lxc/201/status/reboot", "reboot 201"],
    [
      "guest.settings",
      { set: { memory: 512 }, unset: [] },
      "PUT lxc/201/config",
      "config 201",
    ],
    ["guest.create", CREATION, "POST lxc", "create 201"],
    [
      "guest.snapshot",
      { snapshot: "before", description: "" },
      "POST lxc/201/snapshot",
      "snapshot 201 before",
    ],
    [
      "guest.delete_snapshot",
      TAKEN,
      "DELETE lxc/201/snapshot/before",
      "delete_snapshot 201 before",
    ],
    [
      "guest.rollback",
      TAKEN,
      "POST lxc/201/snapshot/before/rollback",
      "rollback 201 before",
    ],
    ["guest.backup", { ...BACKING_UP, protected: false }, "POST vzdump", "backup 201"],
    [
      "guest.prune",
      { backups: [BACKUP] },
      `DELETE storage/local/content/${BACKUP}`,
      `delete_backup ${BACKUP}`,
    ],
    ["guest.destroy", { purge: true }, "DELETE lxc/201", "destroy 201"],
  ] as const
) {
  Deno.test(`The request of ${kind} and the action have one name`, () => {
    const [method = "", path] = request.split(" ");
    const asked = {
      method,
      path: `/nodes/pve/${path}`,
      params: { vmid: "201", snapname: "before" },
    };
    assertEquals(callName(asked), name);
    const read = readAction({ kind, guest: 201, params });
    if (!read.ok) throw new Error(read.message);
    assertEquals(callsOf(read.action).work.map((work) => work.name), [name]);
  });
}

Deno.test("A restore goes to the fresh VMID, not to the guest's", () => {
  const params = { backup: BACKUP, storage: "local-zfs", new_vmid: 301 };
  const read = readAction({ kind: "guest.restore_over", guest: 201, params });
  if (!read.ok) throw new Error(read.message);
  assertEquals(callsOf(read.action).work, [{ name: "create 301", task: "vzrestore 301" }]);
});

Deno.test("A read has no name; what no action asks for is named as it came", () => {
  const named = (method: string, path: string) => callName({ method, path, params: {} });
  assertEquals(named("GET", "/nodes/pve/lxc/201/config"), undefined);
  for (
    const path of [
      "/nodes/pve/lxc/201/clone",
      "/nodes/pve/lxc/201/resize",
      "/access/acl",
      "/nodes/pve/lxc/201/status/suspend",
    ]
  ) {
    assertEquals(named("POST", path), `POST ${path}`);
  }
  assertEquals(named("PUT", "/nodes/pve/lxc/201"), "PUT /nodes/pve/lxc/201");
});
