import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ErrorCode, Retry } from "../../src/errors.ts";
import { ApiError, asUpid, type Method, TaskError } from "../../src/proxmox/mod.ts";
import { readCaptures } from "./support/captures.ts";

interface Row {
  readonly status: number;
  readonly text?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly code: ErrorCode;
  readonly privilege?: string;
  readonly on?: string;
  /** After a read, and after a mutation. */
  readonly retry: readonly [Retry, Retry];
}

const never = ["never", "never"] as const;
const unsure = ["safe", "unknown"] as const;
const safe = ["safe", "safe"] as const;
const denied = (detail: string) => `Permission check failed (${detail})`;

/** A row for each class of text that FACTS and the captures know. */
const rows: readonly Row[] = [
  // FACTS §1.1, §1.2: who one is, and what one may.
  { status: 401, text: "No ticket", code: "proxmox.unauthorized", retry: never },
  { status: 401, text: "Authentication failed!", code: "proxmox.unauthorized", retry: never },
  {
    status: 403,
    text: denied("/vms/101, VM.PowerMgmt"),
    code: "proxmox.forbidden",
    privilege: "VM.PowerMgmt",
    on: "/vms/101",
    retry: never,
  },
  {
    status: 403,
    text: denied("/storage/local, Datastore.Audit|Datastore.AllocateSpace"),
    code: "proxmox.forbidden",
    privilege: "Datastore.Audit|Datastore.AllocateSpace",
    on: "/storage/local",
    retry: never,
  },
  {
    status: 403,
    text: denied("/sdn/zones/localnetwork/vmbr0, SDN.Use"),
    code: "proxmox.forbidden",
    privilege: "SDN.Use",
    on: "/sdn/zones/localnetwork/vmbr0",
    retry: never,
  },
  {
    status: 403,
    text: denied("/vms/101, VM.Config.Memory"),
    code: "proxmox.forbidden",
    privilege: "VM.Config.Memory",
    on: "/vms/101",
    retry: never,
  },
  {
    status: 403,
    text: denied("/, Sys.Modify for modifying tag 'x'"),
    code: "proxmox.forbidden",
    privilege: "Sys.Modify",
    on: "/",
    retry: never,
  },
  { status: 403, text: "Permission check failed", code: "proxmox.forbidden", retry: never },
  { status: 403, text: denied("pool 'x' does not exist"), code: "proxmox.forbidden", retry: never },
  { status: 403, text: denied("user != root@pam"), code: "proxmox.root_only", retry: never },
  {
    status: 403,
    text: denied("URI '/access/password' not available with API token, need proper ticket. "),
    code: "proxmox.root_only",
    retry: never,
  },
  // FACTS §3.3: what only root@pam may.
  ...[
    "changing feature flags (except nesting) is only allowed for root@pam",
    "changing feature flags for privileged container is only allowed for root@pam",
    "configuring device passthrough is only allowed for root@pam",
    "mount point type bind is only allowed for root@pam",
    "changing the hookscript is only allowed for root@pam",
  ].map((detail): Row => ({
    status: 403,
    text: denied(detail),
    code: "proxmox.root_only",
    retry: never,
  })),
  {
    status: 500,
    text: "Only root can pass arbitrary filesystem paths.",
    code: "proxmox.root_only",
    retry: never,
  },
  {
    status: 400,
    fields: { skiplock: "Only root may use this option." },
    code: "proxmox.root_only",
    retry: never,
  },
  {
    status: 400,
    fields: { tmpdir: "Only root may set this option." },
    code: "proxmox.root_only",
    retry: never,
  },
  // FACTS §1.3: parameters.
  {
    status: 400,
    fields: {
      memory: "type check ('integer') failed - got 'lots'",
      foo: "property is not defined",
    },
    code: "proxmox.bad_parameter",
    retry: never,
  },
  { status: 400, fields: {}, code: "proxmox.bad_parameter", retry: never },
  { status: 400, fields: { upid: "no such task" }, code: "proxmox.missing", retry: never },
  { status: 400, fields: { storage: "No such storage." }, code: "proxmox.missing", retry: never },
  { status: 400, fields: { vmid: "VM 101 already exists" }, code: "proxmox.exists", retry: never },
  {
    status: 400,
    fields: { storage: "storage 'local' does not support container directories" },
    code: "proxmox.storage",
    retry: never,
  },
  {
    status: 400,
    fields: { net0: "unable to hotplug net0: command '/sbin/tc filter add' failed" },
    code: "proxmox.failed",
    retry: ["unknown", "unknown"],
  },
  // FACTS §1.5: pveproxy's own.
  {
    status: 501,
    text: "Method 'GET /x' not implemented",
    code: "proxmox.not_implemented",
    retry: never,
  },
  { status: 501, text: "for data too large", code: "proxmox.not_implemented", retry: never },
  {
    status: 506,
    text: "upload 'Content-Type 'text/plain'",
    code: "proxmox.not_implemented",
    retry: never,
  },
  { status: 595, text: "Connection refused", code: "proxmox.daemon_down", retry: safe },
  { status: 596, text: "Connection timed out", code: "proxmox.gateway", retry: unsure },
  { status: 597, text: "x", code: "proxmox.gateway", retry: unsure },
  { status: 599, text: "x", code: "proxmox.gateway", retry: unsure },
  {
    status: 500,
    text:
      "RPCEnvironment init request failed: Unable to load access control list: Connection refused",
    code: "proxmox.busy",
    retry: unsure,
  },
  // FACTS §3.4: create and restore.
  {
    status: 500,
    text: "CT 101 already exists on node 'pve'",
    code: "proxmox.exists",
    retry: never,
  },
  {
    status: 500,
    text: "unable to create CT 101 - CT 101 already exists on node 'pve'",
    code: "proxmox.exists",
    retry: never,
  },
  { status: 500, text: "cluster not ready - no quorum?", code: "proxmox.busy", retry: unsure },
  { status: 500, text: "can't overwrite running container", code: "proxmox.state", retry: never },
  {
    status: 500,
    text: "unable to restore CT 101 - protection mode enabled",
    code: "proxmox.protected",
    retry: never,
  },
  {
    status: 500,
    text: "unable to restore CT 150 - CT is locked (backup)",
    code: "proxmox.locked",
    retry: never,
  },
  {
    status: 500,
    text: "mount points configured, but 'rootfs' not set - aborting",
    code: "proxmox.bad_parameter",
    retry: never,
  },
  // FACTS §3.5: configuration.
  {
    status: 500,
    text: "detected modified configuration - file changed by other user? Try again.",
    code: "proxmox.modified",
    retry: safe,
  },
  { status: 500, text: "no options specified", code: "proxmox.bad_parameter", retry: never },
  { status: 500, text: "bridge 'vmbr9' does not exist", code: "proxmox.failed", retry: unsure },
  {
    status: 500,
    text: "can't update CT 101 drive 'mp0' - protection mode enabled",
    code: "proxmox.protected",
    retry: never,
  },
  // FACTS §3.6: locks and states.
  { status: 500, text: "CT is locked (snapshot-delete)", code: "proxmox.locked", retry: never },
  ...[
    "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout",
    "can't lock file '/var/log/pve/tasks/.active.lock' - got timeout",
    "cfs-lock 'storage-x' error: got lock request timeout",
    "'storage-x'-locked command timed out - aborting",
    "no quorum!",
    "Failed to obtain guest migration lock - replication running?",
  ].map((text): Row => ({ status: 500, text, code: "proxmox.busy", retry: unsure })),
  { status: 500, text: "CT 101 already running", code: "proxmox.state", retry: never },
  { status: 500, text: "CT 101 not running", code: "proxmox.state", retry: never },
  { status: 500, text: "VM 101 not running", code: "proxmox.state", retry: never },
  {
    status: 500,
    text: "you can't start a CT if it's a template",
    code: "proxmox.state",
    retry: never,
  },
  // FACTS §3.7, §3.8: snapshots, destroying.
  { status: 500, text: "snapshot 'x' does not exist", code: "proxmox.missing", retry: never },
  {
    status: 500,
    text: "unable to use snapshot name 'vzdump' (reserved name)",
    code: "proxmox.bad_parameter",
    retry: never,
  },
  {
    status: 500,
    text: "can't rollback, 'x' is not most recent snapshot on 'v'",
    code: "proxmox.unsupported",
    retry: never,
  },
  {
    status: 500,
    text: "can't remove CT 101 - protection mode enabled",
    code: "proxmox.protected",
    retry: never,
  },
  {
    status: 500,
    text: "unable to destroy CT 101 - container is running",
    code: "proxmox.state",
    retry: never,
  },
  {
    status: 500,
    text: "unable to remove CT 101 - used in HA resources and purge parameter not set.",
    code: "proxmox.state",
    retry: never,
  },
  // FACTS §3.2, §5, OBSERVED 12: what is not there.
  {
    status: 500,
    text: "Configuration file 'nodes/pve/lxc/999.conf' does not exist",
    code: "proxmox.missing",
    retry: never,
  },
  { status: 500, text: "storage 'nope' does not exist", code: "proxmox.missing", retry: never },
  {
    status: 500,
    text: "hostname lookup 'other' failed - failed to get address info for: other",
    code: "proxmox.missing",
    retry: never,
  },
  ...[
    "storage 'x' is disabled",
    "storage 'x' is not available on node 'y'",
    "storage 'x' is not online",
    "connection check for storage 'x' failed - timeout",
    "unable to activate storage 'x' - directory is expected to be a mount point",
  ].map((text): Row => ({ status: 500, text, code: "proxmox.storage", retry: unsure })),
  { status: 500, text: "something nobody has seen", code: "proxmox.failed", retry: unsure },
];

for (const { status, text = "Parameter verification failed.", fields = {}, ...expected } of rows) {
  Deno.test(`${status} ${text} ${Object.values(fields).join(" ")}`, () => {
    const failure = (method: Method) =>
      new ApiError({ method, path: "/nodes/pve/x", status, text, fields });
    const [read, mutation] = [failure("GET"), failure("PUT")];
    for (const error of [read, mutation]) {
      assertEquals(error.code, expected.code);
      assertEquals([error.privilege, error.on], [expected.privilege, expected.on]);
      assertStringIncludes(error.message, `${status} ${text}`);
      assertEquals(error.hint?.endsWith(".") || error.hint?.endsWith(")."), true, error.hint);
    }
    assertEquals([read.retry, mutation.retry], [...expected.retry]);
  });
}

const UPID = asUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzdump:101:felhom-agent@pve!agent:");

const tasks: readonly {
  readonly exitstatus: string | undefined;
  readonly tail?: readonly string[];
  readonly reason?: ErrorCode;
  readonly privilege?: string;
  readonly on?: string;
}[] = [
  {
    exitstatus: "403 Permission check failed (/vms/101, VM.Backup)",
    reason: "proxmox.forbidden",
    privilege: "VM.Backup",
    on: "/vms/101",
  },
  {
    exitstatus:
      "unable to restore CT 154 - 403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)",
    reason: "proxmox.forbidden",
    privilege: "SDN.Use",
    on: "/sdn/zones/localnetwork/vmbr0",
  },
  {
    exitstatus:
      "unable to restore CT 150 - restoring 'mp0' to bind mount is only possible for root",
    reason: "proxmox.root_only",
  },
  {
    exitstatus: "unable to restore CT 152 - volume 'local:backup/x.tar.zst' does not exist",
    reason: "proxmox.missing",
  },
  { exitstatus: "CT is locked (backup)", reason: "proxmox.locked" },
  {
    exitstatus: "can't lock file '/run/lock/lxc/pve-config-104.lock' - got timeout",
    reason: "proxmox.busy",
  },
  { exitstatus: "snapshot name 'pre_update' already used", reason: "proxmox.exists" },
  { exitstatus: "snapshot feature is not available", reason: "proxmox.unsupported" },
  { exitstatus: "container did not stop", reason: "proxmox.guest_failed" },
  { exitstatus: "startup for container '150' failed", reason: "proxmox.guest_failed" },
  { exitstatus: "clone failed: interrupted by signal", reason: "proxmox.interrupted" },
  {
    exitstatus: "cannot remove protected volume 'backup/x.tar' on 'local'",
    reason: "proxmox.protected",
  },
  {
    exitstatus: "job errors",
    tail: [
      "INFO: x",
      "ERROR: Backup of VM 101 failed - unable to find VM '101'",
      "TASK ERROR: job errors",
    ],
    reason: "proxmox.missing",
  },
  { exitstatus: "job errors" },
  { exitstatus: "command 'btrfs subvolume delete' failed: exit code 1" },
  { exitstatus: undefined },
];

for (const { exitstatus, tail = [], ...expected } of tasks) {
  Deno.test(`a task that ended with ${exitstatus} ${tail[1] ?? ""}`, () => {
    const error = new TaskError("task.failed", { upid: UPID, exitstatus, warnings: ["w"], tail });
    assertEquals(error.reason, expected.reason);
    assertEquals([error.privilege, error.on], [expected.privilege, expected.on]);
    assertEquals([error.upid, error.exitstatus, error.warnings], [UPID, exitstatus, ["w"]]);
    assertStringIncludes(error.message, "Cannot finish vzdump 101 on pve");
  });
}

const captures = readCaptures();

Deno.test({
  name: "every refusal and failure of a genuine server has a class, but for those that are known",
  ignore: captures === undefined,
  fn() {
    const unknown = new Set<string>();
    for (const { method, path, status, reason, body } of captures ?? []) {
      if (status < 400) continue;
      const said = typeof body === "object" && body !== null ? body : {};
      const message = "message" in said && typeof said.message === "string" ? said.message : reason;
      const errors = "errors" in said && typeof said.errors === "object" ? said.errors ?? {} : {};
      const fields = Object.fromEntries(
        Object.entries(errors).map(([name, text]) => [name, String(text).trim()]),
      );
      const error = new ApiError({ method, path, status, text: message.trim(), fields });
      if (error.code === "proxmox.failed") {
        unknown.add(`${message.trim()} ${Object.keys(fields)}`.trim());
      }
    }
    assertEquals([...unknown].toSorted(), [
      "Parameter verification failed. mp0",
      "Parameter verification failed. net0",
      "bridge 'vmbr9' does not exist",
    ]);
  },
});
