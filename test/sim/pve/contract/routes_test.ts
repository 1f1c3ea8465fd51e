import { assertEquals } from "@std/assert";
import { findRoute, isForTicketsOnly } from "./routes.ts";

const ROWS: readonly [string, string, string | undefined, Record<string, string>][] = [
  ["GET", "version", "GET /version", {}],
  ["GET", "nodes/pve/lxc/101/config", "GET /nodes/{node}/lxc/{vmid}/config", {
    node: "pve",
    vmid: "101",
  }],
  ["GET", "nodes/pve/lxc/101/snapshot/s1", "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}", {
    node: "pve",
    vmid: "101",
    snapname: "s1",
  }],
  ["GET", "nodes/pve/storage/local/content", "GET /nodes/{node}/storage/{storage}/content", {
    node: "pve",
    storage: "local",
  }],
  [
    "GET",
    "nodes/pve/storage/local/content/local:backup/vzdump-lxc-101.tar",
    "GET /nodes/{node}/storage/{storage}/content/{volume}",
    { node: "pve", storage: "local", volume: "local:backup/vzdump-lxc-101.tar" },
  ],
  ["GET", "nodes/pve/tasks/UPID:a/log", "GET /nodes/{node}/tasks/{upid}/log", {
    node: "pve",
    upid: "UPID:a",
  }],
  ["POST", "version", undefined, {}],
  ["GET", "Version", undefined, {}],
  ["GET", "", undefined, {}],
  ["GET", "nodes/pve/lxc/101/nope", undefined, {}],
];

Deno.test("a path leads to the endpoint whose template it fills", () => {
  for (const [method, path, key, params] of ROWS) {
    const route = findRoute(method, path.split("/").filter((segment) => segment !== ""));
    assertEquals([path, route?.key, route?.params ?? {}], [path, key, params]);
  }
});

Deno.test("passwords and second factors are for tickets only", () => {
  assertEquals(isForTicketsOnly("PUT", "/access/password"), true);
  assertEquals(isForTicketsOnly("POST", "/access/tfa/a@pve"), true);
  assertEquals(isForTicketsOnly("GET", "/access/permissions"), false);
});
