import { act, call, replay, type Scenario, task } from "../scenario.ts";
import { threeGuests } from "./reads.ts";

/** Changing a guest that stands still. */
export const stoppedConfig: Scenario = {
  name: "configuration of a stopped guest",
  since: "config-put-empty",
  given: threeGuests,
  steps: [
    replay(
      "ok-config-put-memory",
      "ok-config-put-right-digest",
      "ok-config-put-tags",
      "ok-config-put-no-change",
      "err-config-put-short-digest",
      "ok-config-delete-tags",
      "ok-config-delete-absent",
      "err-config-delete-unknown",
      "config-put-empty",
      "ok-config-put-description",
      "err-config-keyctl",
      "config-nesting",
      "err-config-nesting-keyctl",
      "err-config-fuse",
      "err-config-bad-feature",
      "err-config-bind-mount",
      "err-config-device-mount",
      "err-config-dev0",
      "err-config-hookscript",
      "err-config-lxc-raw",
      "err-config-unprivileged-change",
      "err-config-cores-bad",
      "err-config-hostname-bad",
      "err-config-net0-bad",
      "config-cpulimit",
      "config-put-net0-new-mac",
      "config-arch-accepted",
      "config-ostype-accepted",
      "config-env-accepted",
    ),
    act("root puts it back", (stage) => stage.guest(102, "get-config-after-features")),
    replay("get-config-after-features"),
    task("ok-resize"),
    replay("err-resize-shrink", "err-501-config-post-method"),
  ],
};

/** Changing a guest that runs: some of it at once, some of it pending, some of it never. */
export const runningConfig: Scenario = {
  name: "configuration of a running guest",
  since: "running-config-memory",
  given: threeGuests,
  steps: [
    replay(
      "running-config-memory",
      "running-config-cores",
      "running-config-hostname",
      "running-get-config",
      "running-get-config-current",
      "running-get-pending",
      "running-config-revert",
      "running-config-hotplug-mp0",
      "running-config-net0-firewall",
      "running-config-delete-net0",
    ),
    call("PUT", "nodes/pve/lxc/101/config", { onboot: "1", startup: "order=3,up=10" }),
    replay("running-get-config3", "running-config-partial-fail", "running-get-config4"),
  ],
};

/** What a PUT accepts though nobody should send it. */
export const dangerousConfig: Scenario = {
  name: "dangerous configuration",
  since: "config-protection",
  given: (stage) => {
    threeGuests(stage);
    stage.guest(102, "get-config-after-rootfs-size", {
      changes: { rootfs: "ctbtrfs:102/vm-102-disk-0.raw,size=3G" },
    });
  },
  steps: [
    replay(
      "config-protection",
      "err-delete-protected",
      "config-unprotect",
      "config-rootfs-size-change-accepted",
      "get-config-after-rootfs-size",
      "ok-config-new-mp0-volume",
      "config-mp1-volume-of-other-ct",
      "get-config-mp1-other-ct",
    ),
    act(
      "root takes the other guest's volume out",
      (stage) => stage.guest(102, "get-config-mp1-other-ct", { changes: { mp1: undefined } }),
    ),
    replay(
      "ok-config-delete-mp0",
      "get-config-unused0",
      "ok-config-delete-unused0",
      "get-config-after-unused0",
      "err-put-500-but-config-changed.put",
      "err-put-500-but-config-changed.get",
      "err-put-500-but-config-changed.fix",
      "err-put-two-one-forbidden.put",
      "err-put-two-one-forbidden.get",
    ),
  ],
};

/** Pending changes of a running guest, shown and taken back. */
export const pendingConfig: Scenario = {
  name: "pending configuration",
  since: "err-400-partially-applied.before",
  given: (stage) => stage.guest(101, "err-400-partially-applied.before", { running: true }),
  steps: [
    replay(
      "err-400-partially-applied.before",
      "err-400-partially-applied.put",
      "err-400-partially-applied.after",
      "err-400-partially-applied.pending",
      "err-400-partially-applied.content",
      "running-pending-swap",
      "running-pending-features.config",
      "running-pending-features.config-current",
      "running-pending-features.pending",
      "running-pending-revert",
      "running-pending-revert.pending",
      "running-delete-hostname",
      "running-delete-hostname.config",
      "running-delete-hostname.pending",
    ),
  ],
};

/** Configurations that were captured for a value or two in them. */
export const values: Scenario = {
  name: "configuration values",
  since: "http-put-json-array-delete.get",
  given: (stage) => stage.guest(102, "http-put-json-array-delete.get"),
  steps: [
    replay("http-put-json-array-delete.get", "pvedaemon-down-unprotected"),
    call("PUT", "nodes/pve/lxc/102/config", {
      tags: "demo;felhom",
      cpulimit: "0.5",
      cpuunits: "200",
    }),
    replay("get-config-cpulimit-types"),
  ],
};

/** Requests that were captured as bytes, for what the API makes of them. */
export const bytes: Scenario = {
  name: "requests in bytes",
  since: "http-keepalive-idle-protected",
  given: (stage) => {
    threeGuests(stage);
    stage.guest(102, "storage-unmounted.config-102");
  },
  steps: [
    replay(
      "http-keepalive-idle-protected",
      "http-put-no-ctype",
      "http-put-form-charset",
      "http-put-form-true",
      "http-put-json-1",
      "http-put-json-true",
      "http-put-json-false",
      "http-put-json-null",
      "http-put-json-float",
      "http-put-json-unicode",
      "http-put-params-in-query",
      "http-put-query-and-body",
      "http-form-duplicate-key",
      "http-form-latin1",
      "http-form-semicolon-escaped",
      "http-form-semicolon-splits",
      "http-post-empty-no-length",
      "http-post-json-empty-object",
      "http-post-json-null",
      "http-post-length-0",
      "http-put-json-array-delete",
      "http-error-closes",
      "http-trailing-slash",
      "http-uppercase-path",
      "http-vmid-leading-zero",
      "http-node-uppercase",
      "http-reason-non-ascii-digest",
      "http-reason-non-ascii-unknown-path",
      "http-reason-non-ascii-unknown-storage",
    ),
  ],
};

/** Features and mounts that only root could have set. */
export const rootsConfig: Scenario = {
  name: "configuration that root made",
  since: "put-memory-on-ct-with-keyctl",
  given: (stage) =>
    stage.guest(150, "config-150-after-bind-restore-failed", { changes: { memory: "150" } }),
  steps: [
    replay(
      "put-same-features-on-ct-with-keyctl",
      "put-same-features-reordered",
      "put-memory-on-ct-with-keyctl",
      "put-drop-keyctl",
      "put-delete-features",
      "put-same-bind-mount",
      "put-delete-bind-mount",
    ),
  ],
};
