import { assertEquals } from "@std/assert";
import type { ApiAnswer, ApiRequest } from "../seam.ts";
import { AccessControl } from "./access/access_control.ts";
import { createApi } from "./api.ts";
import type { Handlers } from "./contract/endpoints.ts";
import { failure } from "./pve_error.ts";
import { stubHandlers } from "./stub_handlers.ts";

const TOKEN = "PVEAPIToken=agent@pve!ci=secret";

Deno.test("the checks come in Proxmox's order", async (t) => {
  const cases: readonly [string, Partial<ApiRequest>, number, string][] = [
    ["no credentials", { authorization: undefined, segments: ["nope"] }, 401, "No ticket"],
    [
      "an unknown route before anything about its parameters",
      { segments: ["nodes", "pve", "lxc", "101", "nope"], params: { bad: "1" } },
      501,
      "Method 'GET /nodes/pve/lxc/101/nope' not implemented",
    ],
    [
      "a contradicted URL parameter before the permission",
      { segments: ["nodes", "pve", "lxc", "103", "config"], params: { vmid: "101" } },
      400,
      "Parameter verification failed.",
    ],
    [
      "a missing right before the node",
      { segments: ["nodes", "other", "lxc", "103", "config"] },
      403,
      "Permission check failed (/vms/103, VM.Audit)",
    ],
    [
      "a path that no ACL can have is nobody's, whatever is granted above it",
      { segments: ["nodes", "pve", "storage", "t\u00c3\u00a1r", "content"] },
      403,
      "Permission check failed (, Datastore.Audit|Datastore.AllocateSpace)",
    ],
    [
      "an unknown node before the parameters",
      { segments: ["nodes", "other", "lxc", "101", "config"], params: { bad: "1" } },
      500,
      "hostname lookup 'other' failed - failed to get address info for: other: " +
      "Name or service not known",
    ],
    [
      "the node in another spelling",
      { segments: ["nodes", "PVE", "lxc", "101", "config"] },
      596,
      "error:0A000086:SSL routines::certificate verify failed",
    ],
    [
      "what is for tickets only",
      { method: "PUT", segments: ["access", "password"] },
      403,
      "Permission check failed (URI '/access/password' not available with API token, need " +
      "proper ticket.",
    ],
    [
      "bad parameters last",
      { segments: ["nodes", "pve", "lxc", "101", "config"], params: { bad: "1" } },
      400,
      "Parameter verification failed.",
    ],
    ["nothing wrong", { segments: ["nodes", "pve", "lxc", "101", "config"] }, 200, "OK"],
  ];
  for (const [name, request, status, reason] of cases) {
    await t.step(name, async () => {
      const answer = await call(request);
      assertEquals([answer.status, answer.reason], [status, reason]);
    });
  }
});

Deno.test("an error's body has the message, and errors only for parameters", async () => {
  const path = ["nodes", "pve", "lxc", "101", "config"];
  assertEquals((await call({ segments: path, params: { current: "2" } })).body, {
    data: null,
    message: "Parameter verification failed.\n",
    errors: { current: "type check ('boolean') failed - got '2'" },
  });
  const handlers = { ...stubHandlers(), "GET /version": fail };
  assertEquals((await call({ segments: ["version"] }, handlers)).body, {
    data: null,
    message: "no quorum!\n",
  });
  assertEquals((await call({ authorization: "PVEAPIToken=x" })).body, undefined);
  assertEquals((await call({ segments: ["nope"] })).body, {
    data: null,
    message: "Method 'GET /nope' not implemented",
  });
});

Deno.test("a proxied endpoint says so before it runs", async () => {
  const api = createApi({ access: accessControl(), handlers: stubHandlers(), node: "pve" });
  const read = await api.dispatch(request({ segments: ["nodes", "pve", "lxc", "101", "config"] }));
  const list = await api.dispatch(request({ segments: ["nodes", "pve", "lxc"] }));
  assertEquals("run" in read && [read.proxied, read.route], [
    false,
    "/nodes/{node}/lxc/{vmid}/config",
  ]);
  assertEquals("run" in list && [list.proxied, list.route], [true, "/nodes/{node}/lxc"]);
});

async function call(
  change: Partial<ApiRequest>,
  handlers: Handlers = stubHandlers(),
): Promise<ApiAnswer> {
  const api = createApi({ access: accessControl(), handlers, node: "pve" });
  const dispatched = await api.dispatch(request(change));
  return "run" in dispatched ? await dispatched.run() : dispatched;
}

function request(change: Partial<ApiRequest>): ApiRequest {
  return {
    method: "GET",
    segments: ["version"],
    params: {},
    authorization: TOKEN,
    cookie: undefined,
    ...change,
  };
}

function accessControl(): AccessControl {
  const access = new AccessControl({ now: () => 0 });
  access.identities.setUser("agent@pve");
  access.identities.setToken("agent@pve!ci", { secret: "secret", privsep: false });
  access.acl.grant({ path: "/vms/101", role: "PVEVMAdmin", to: "agent@pve" });
  access.acl.grant({ path: "/storage", role: "PVEDatastoreUser", to: "agent@pve" });
  return access;
}

function fail(): never {
  throw failure("no quorum!");
}
