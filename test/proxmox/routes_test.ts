import { assert, assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { inline } from "../../src/proxmox/route.ts";
import { ROUTES } from "../../src/proxmox/routes.ts";
import { readContract } from "./support/captures.ts";

/** What each route is called with. */
const METHODS: Readonly<Record<keyof typeof ROUTES, readonly string[]>> = {
  version: ["GET"],
  nextId: ["GET"],
  nodes: ["GET"],
  nodeStatus: ["GET"],
  certificates: ["GET"],
  permissions: ["GET"],
  guests: ["GET", "POST"],
  guest: ["DELETE"],
  guestConfig: ["GET"],
  setGuestConfig: ["PUT"],
  guestPending: ["GET"],
  guestHistory: ["GET"],
  guestStatus: ["GET"],
  start: ["POST"],
  stop: ["POST"],
  shutdown: ["POST"],
  reboot: ["POST"],
  snapshots: ["GET", "POST"],
  snapshot: ["DELETE"],
  rollback: ["POST"],
  storageConfigs: ["GET"],
  storages: ["GET"],
  storageStatus: ["GET"],
  storageContent: ["GET"],
  volume: ["DELETE"],
  vzdump: ["POST"],
  backupConfig: ["GET"],
  tasks: ["GET"],
  task: ["DELETE"],
  taskStatus: ["GET"],
  taskLog: ["GET"],
};

/** Left out of the extract: proxied in pve-container, src/PVE/API2/LXC.pm. */
const NOT_IN_EXTRACT: readonly string[] = ["/nodes/{node}/lxc/{vmid}/rrddata"];

const contract = readContract();

Deno.test({
  name: "every route is in the official API, and proxied exactly when that says so",
  ignore: contract === undefined,
  fn() {
    for (const [name, methods] of Object.entries(METHODS)) {
      const route = Object.entries(ROUTES).find(([key]) => key === name)?.[1];
      assert(route !== undefined);
      for (const method of methods) {
        if (NOT_IN_EXTRACT.includes(route.template)) continue;
        const official = contract?.paths[route.template]?.[method];
        assert(official !== undefined, `${method} ${route.template}`);
        assertEquals(route.proxied, official.protected, `${method} ${route.template}`);
      }
    }
  },
});

Deno.test("a path is encoded value by value", () => {
  assertEquals(ROUTES.guestConfig.path({ node: "pve", vmid: 101 }), "/nodes/pve/lxc/101/config");
  assertEquals(
    ROUTES.taskStatus.path({ node: "pve", upid: "UPID:pve:1:a@pve!b:" }),
    "/nodes/pve/tasks/UPID%3Apve%3A1%3Aa%40pve!b%3A/status",
  );
  const volume = inline("/content/{volume}");
  assertEquals(volume.path({ volume: "local:backup/a.tar" }), "/content/local%3Abackup%2Fa.tar");
});

Deno.test("a value that would change the shape of the path is refused, encoded or not", () => {
  for (const node of ["", ".", "..", "a/b", "/", "../pve", "a\nb", "a\0"]) {
    const error = assertThrows(() => ROUTES.guests.path({ node }), FelhomError);
    assertEquals(error.code, "proxmox.bad_parameter");
  }
  const volume = inline("/content/{volume}");
  for (const name of ["local:/../x", "local:a//b", ""]) {
    assertThrows(() => volume.path({ volume: name }), FelhomError);
  }
});
