import { archive, configOf } from "../captured_state.ts";
import { act, call, replay, type Scenario, task } from "../scenario.ts";
import { backupOf102, laterGuests } from "./backups.ts";

/** Restores that work, that are refused, and that leave nothing behind. */
export const restores: Scenario = {
  name: "restores",
  since: "err-restore-existing-no-force",
  given: (stage) => {
    laterGuests(stage);
    backupOf102(stage);
    stage.guest(150, "restored-config-150", {
      changes: { rootfs: "ctbtrfs:150/vm-150-disk-1.raw,size=3G" },
    });
    const of102 = configOf(stage.captures, "storage-unmounted.config-102");
    const of103 = configOf(stage.captures, "get-lxc-config-103-mp0");
    stage.file(
      archive("vzdump-lxc-102-2026_01_01-00_00_00.tar.zst", of102, { truncated: true }),
      archive("vzdump-lxc-103-2026_11_21-00_19_48.tar", of103),
    );
  },
  steps: [
    replay("err-restore-existing-no-force"),
    task("ok-restore-existing-force-stopped"),
    replay("restored-config-150"),
    task("ok-restore-unique-overrides"),
    act("its start has come to an end", (stage) => stage.idle()),
    replay("restored-status-151", "err-restore-force-running", "err-delete-running"),
    task("ok-delete-running-force"),
    replay("status-after-delete"),
    task("err-restore-no-such-archive"),
    replay("status-152-after-failed-restore"),
    task("err-restore-truncated-archive"),
    replay("status-152-after-truncated-restore", "config-152-after-truncated-restore"),
    task("err-restore-force-truncated-over-existing"),
    replay("config-150-after-failed-force-restore", "content-btrfs-after-failed-restore"),
    task(
      "restore-no-storage-param",
      "restore-new-without-VM.Backup",
      "restore-force-noalloc-but-backup",
    ),
    replay("restore-noalloc-new"),
    task(
      "restore-nosdn",
      "restore-no-config-network",
      "restore-no-datastore-audit",
      "restore-no-datastore-allocate",
      "ok-restore-103-with-mp0",
      "restore-103-rootfs-param-only",
    ),
    replay("restored-config-159"),
  ],
};

/** Restores over a guest with snapshots, and of what root had made. */
export const riskyRestores: Scenario = {
  name: "risky restores",
  since: "restore-override-no-unique",
  given: (stage) => {
    laterGuests(stage);
    const of101 = configOf(stage.captures, "running-get-config3", { memory: "150" });
    stage.file(archive("vzdump-lxc-101-2026_11_21-00_19_49.tar", of101));
  },
  steps: [
    task("restore-override-no-unique"),
    replay("restored-override-config"),
    task("restore-force-existing-without-VM.Backup"),
    act("root locks 150", (stage) => stage.world.setLock(150, "backup")),
    replay("err-restore-force-locked-stopped", "err-restore-force-neither-alloc"),
    act("root unlocks 150", (stage) => stage.world.setLock(150, undefined)),
    replay("config-150-after-missing-archive"),
    task("snapshot-150"),
    task("restore-force-over-ct-with-snapshot"),
    replay(
      "snapshots-150-after-force-restore",
      "err-restore-mp-without-rootfs",
      "err-create-keyctl",
      "err-create-bind-mount",
      "err-create-privileged",
      "err-restore-keyctl-param",
    ),
    act("root gives 150 keyctl and a bind mount, and backs it up", (stage) => {
      stage.guest(150, "config-150-after-bind-restore-failed");
      const config = configOf(stage.captures, "config-150-after-bind-restore-failed");
      stage.file(archive("vzdump-lxc-150-2026_11_21-00_21_15.tar.zst", config));
    }),
    replay("config-161"),
    task("restore-backup-containing-bind-mount-rootfs-param"),
    replay("config-162"),
    task("err-restore-bind-mount-over-existing"),
    replay("config-150-after-bind-restore-failed"),
    act("root takes the bind mount away and backs 150 up", (stage) => {
      const changes = { mp0: undefined };
      stage.guest(150, "config-150-after-bind-restore-failed", { changes });
      const config = configOf(stage.captures, "config-150-after-bind-restore-failed", changes);
      stage.file(archive("vzdump-lxc-150-2026_11_21-00_21_17.tar.zst", config));
    }),
    task("restore-backup-with-keyctl"),
    replay("config-163-restored-from-keyctl-backup"),
    task("restore-backup-with-keyctl-force-over-itself"),
    replay("config-150-restored-from-keyctl-backup"),
    task("delete-plain", "delete-with-snapshot", "delete-ct-with-snapshot"),
    replay("content-150-after-delete"),
  ],
};

/** What others see of a restore that goes on, and one that is aborted. */
export const restoreInProgress: Scenario = {
  name: "restore in progress",
  since: "restore-in-progress.call",
  given: (stage) => {
    laterGuests(stage);
    const of102 = configOf(stage.captures, "storage-unmounted.config-102");
    stage.file(archive("vzdump-lxc-102-2026_11_21-00_22_11.tar.zst", of102, {
      content: new Map([["rootfs", { bytes: 90 * 2 ** 20, marks: [] }]]),
    }));
  },
  steps: [
    replay(
      "restore-in-progress.call",
      "restore-in-progress.config",
      "restore-in-progress.status-current",
      "restore-in-progress.second-restore",
      "restore-in-progress.second-restore-force",
    ),
    task("restore-in-progress.start"),
    replay(
      "restore-in-progress.put",
      "restore-interrupted.call",
    ),
    act("it has come to unpacking", (stage) => stage.pass(0.5)),
    replay(
      "restore-interrupted.delete-task",
      "restore-interrupted.task-log",
      "restore-interrupted.task-status",
      "restore-interrupted.config",
    ),
  ],
};

/** What happens when a guest's only volume has gone. */
export const missingVolume: Scenario = {
  name: "missing volume",
  since: "err-start-bad-entrypoint",
  given: (stage) => {
    stage.guest(103, "get-lxc-config-103-mp0");
    stage.guest(150, "storage-unmounted.config-150");
  },
  steps: [
    task("err-start-bad-entrypoint"),
    replay("err-start-bad-entrypoint.status"),
    act("somebody deletes the volume", (stage) => {
      for (const volume of stage.world.storage("ctbtrfs").volumes()) {
        if (volume.vmid === 150) volume.missing = true;
      }
    }),
    task("err-start-volume-missing", "err-vzdump-volume-missing", "err-snapshot-volume-missing"),
    replay("config-after-failed-snapshot"),
    task("delete-volume-missing"),
    replay("create-150-again"),
    act("the storage is unmounted", (stage) => stage.world.storage("ctbtrfs").unmount()),
    replay("storage-unmounted.config-150"),
    task("storage-unmounted.delete"),
    act("it is mounted again and 150 removed by hand", (stage) => {
      stage.world.storage("ctbtrfs").remount();
      stage.world.guests.delete(150);
      const { files } = stage.world.storage("ctbtrfs");
      for (const volid of files.keys()) if (volid.includes(":150/")) files.delete(volid);
    }),
    replay("content-leftover-after-delete-with-storage-gone"),
    task("err-create-storage-too-small"),
    replay("err-create-storage-too-small.config"),
    task("err-create-template-missing"),
    replay("nextid", "status-103-stopped"),
    replay(
      "paging.default-limit-of-2554-lines",
      "paging.last-lines",
      "paging.limit0-of-2554-lines",
    ),
  ],
};

/** The storage's mount point goes away, and what each privilege shows. */
export const unmounted: Scenario = {
  name: "unmounted storage",
  since: "storage-unmounted.status",
  given: (stage) => {
    laterGuests(stage);
    backupOf102(stage);
    const of102 = configOf(stage.captures, "storage-unmounted.config-102");
    stage.file(archive("vzdump-lxc-102-2026_11_21-00_22_11.tar.zst", of102));
    stage.world.storage("ctbtrfs").unmount();
  },
  steps: [
    replay(
      "storage-unmounted.status",
      "storage-unmounted.node-storage",
      "storage-unmounted.content",
    ),
    task("storage-unmounted.start", "storage-unmounted.snapshot", "storage-unmounted.vzdump"),
    replay(
      "storage-unmounted.restore",
      "storage-unmounted.config-102",
      "storage-unmounted.resources",
    ),
    act("it is mounted again", (stage) => stage.world.storage("ctbtrfs").remount()),
    replay("storage-remounted.status"),
  ],
};

/** The same reads with one privilege less. */
export const lessPrivileges: Scenario = {
  name: "one privilege less",
  since: "perm-no-VM-Audit.GET-nodes-pve-lxc",
  given: (stage) => {
    laterGuests(stage);
    stage.guest(104, "storage-unmounted.config-150", {
      changes: {
        hostname: "stubborn",
        entrypoint: undefined,
        rootfs: "ctbtrfs:104/vm-104-disk-0.raw,size=1G",
      },
    });
    stage.guest(150, "restored-config-150", { changes: { memory: "77" }, running: true });
    stage.filesOf("perm-no-Datastore-Audit.GET-nodes-pve-storage-local-content");
  },
  steps: [
    call("POST", "nodes/pve/lxc/102/status/start"),
    replay(
      "perm-no-VM-Audit.GET-nodes-pve-lxc",
      "perm-no-VM-Audit.GET-nodes-pve-lxc-102-status-current",
      "perm-no-VM-Audit.GET-nodes-pve-lxc-102-config",
      "perm-no-VM-Audit.GET-nodes-pve-lxc-102-snapshot",
      "perm-no-VM-Audit.GET-cluster-resources",
      "perm-no-Sys-Audit.GET-nodes",
      "perm-no-Sys-Audit.GET-nodes-pve-status",
      "perm-no-Sys-Audit.GET-nodes-pve-tasks",
      "perm-no-Sys-Audit.GET-cluster-tasks",
      "perm-no-Sys-Audit.GET-cluster-resources",
      "perm-no-Sys-Audit.GET-nodes-pve-storage",
      "perm-no-Sys-Audit.GET-version",
      "perm-no-Datastore-Audit.GET-storage",
      "perm-no-Datastore-Audit.GET-nodes-pve-storage",
      "perm-no-Datastore-Audit.GET-nodes-pve-storage-local-status",
      "perm-no-Datastore-Audit.GET-nodes-pve-storage-local-content",
      "perm-no-Datastore-Allocate.GET-storage",
      "perm-no-Datastore-Allocate.DELETE-nodes-pve-storage-local-content-local-3abackup-2fvzdump-lxc-",
    ),
    act("its task is over", (stage) => stage.idle()),
    replay("perm-no-Datastore-AllocateSpace.GET-nodes-pve-storage-local-content"),
  ],
};
