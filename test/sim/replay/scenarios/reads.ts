import { archive, configOf } from "../captured_state.ts";
import { act, replay, type Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** The three guests as they were before anything was done to them. */
export function threeGuests(stage: Stage): void {
  stage.guest(101, "running-get-config-current", {
    changes: { hostname: "tiny101", memory: "128", cores: "1" },
    running: true,
  });
  stage.guest(102, "get-lxc-config");
  stage.guest(103, "get-lxc-config-103-mp0");
}

/** Two older backups of 101. */
export function olderBackups(stage: Stage): void {
  const config = configOf(stage.captures, "running-get-config-current");
  stage.file(
    archive("vzdump-lxc-101-2026_11_21-00_11_19.tar.zst", config),
    archive("vzdump-lxc-101-2026_11_21-00_11_20.tar.zst", config, { notes: "tiny101 x" }),
  );
}

/** Reading, by the agent's token and by a weak one. */
export const reads: Scenario = {
  name: "reads",
  since: "get-nodes",
  given: (stage) => {
    threeGuests(stage);
    olderBackups(stage);
    stage.pastTasks("get-cluster-tasks");
  },
  steps: [
    act("101 has run for a while", (stage) => stage.pass(1)),
    replay(
      "get-nodes",
      "get-backup-jobs",
      "get-cluster-resources-storage",
      "get-cluster-resources-vm",
      "get-cluster-resources",
      "get-cluster-tasks",
      "get-lxc-config-103-mp0",
      "get-lxc-config-current",
      "get-lxc-config",
      "get-lxc-index-101",
      "get-lxc-interfaces-running",
      "get-lxc-snapshots-none",
      "get-lxc-status-current-running",
      "get-node-status",
      "get-node-storage-content-backup",
      "get-node-storage-enabled-rootdir",
      "get-node-storage-status",
      "get-node-storage",
      "get-node-version",
      "get-nodes-time",
      "get-permissions-full-privsep0",
      "get-permissions-path",
      "get-permissions-weak",
      "get-permissions",
      "get-pools",
      "get-storage-content-btrfs",
      "get-storage-content-vmid",
      "get-storage-content",
      "get-version",
      "weak-get-cluster-resources",
      "weak-get-lxc-list",
      "weak-get-node-storage",
      "weak-get-nodes",
      "weak-get-storage",
      "weak-get-tasks",
    ),
  ],
};

/** Credentials that are no good, rights that are missing, parameters and paths that are wrong. */
export const refusals: Scenario = {
  name: "refusals",
  since: "err-401-bad-secret",
  given: threeGuests,
  steps: [
    replay(
      "err-401-bad-secret",
      "err-401-unknown-tokenid",
      "err-401-unknown-user",
      "err-401-malformed-token",
      "err-401-expired-token",
      "err-401-bad-ticket",
      "err-403-config-get",
      "err-403-config-put-memory",
      "err-403-config-put-net0-nosdn",
      "err-403-config-put-net0",
      "err-403-create-noalloc",
      "err-403-create-nosdn",
      "err-403-create-nospace",
      "err-403-delete-ct",
      "err-403-node-status",
      "err-403-snapshot",
      "err-403-start",
      "err-403-status-current",
      "err-403-vzdump-bwlimit",
      "err-403-vzdump-nospace",
      "ok-token-with-space-instead-of-equals",
      "vzdump-without-VM.Backup-200-upid",
      "err-400-bad-boolean",
      "err-400-bad-snapname",
      "err-400-bad-type",
      "err-400-bad-vmid",
      "err-400-duplicate-uri-param",
      "err-400-missing-param",
      "err-400-two-errors",
      "err-400-unknown-param",
      "err-403-storage-content",
      "err-403-token-not-allowed",
      "err-500-bad-node",
      "err-500-vmid-exists",
      "err-ct-does-not-exist-config",
      "err-ct-does-not-exist-put",
      "err-ct-does-not-exist-shutdown",
      "err-ct-does-not-exist-snapshot",
      "err-ct-does-not-exist-start",
      "err-ct-does-not-exist-start.task-log",
      "err-ct-does-not-exist-start.task-status",
      "err-ct-does-not-exist-status",
      "err-ct-does-not-exist-stop",
      "err-storage-unknown",
      "err-unknown-method",
      "err-unknown-node",
      "err-unknown-path",
      "err-unknown-subpath",
    ),
  ],
};

/** The owner disabled, the token revoked. */
export const accounts: Scenario = {
  name: "accounts",
  since: "privsep-token-with-more-than-user.permissions",
  steps: [
    replay("privsep-token-with-more-than-user.permissions", "err-401-revoked-token"),
    act("the user is disabled", (stage) => {
      stage.access.identities.setUser("felhom-agent@pve", { enabled: false });
    }),
    replay("err-401-user-disabled"),
    act("the user is enabled again", (stage) => {
      stage.access.identities.setUser("felhom-agent@pve", { enabled: true });
    }),
    replay("user-enabled-again"),
  ],
};
