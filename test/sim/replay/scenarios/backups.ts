import { archive, configOf, LATER_TEMPLATES } from "../captured_state.ts";
import { act, call, replay, type Scenario, task } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { olderBackups, threeGuests } from "./reads.ts";

/** Guests as they were when backups and restores were tried. */
export function laterGuests(stage: Stage): void {
  threeGuests(stage);
  stage.guest(101, "running-get-config3", { changes: { memory: "150" }, running: true });
  stage.guest(102, "storage-unmounted.config-102");
}

/** The backup of 102 that most restores are made from. */
export function backupOf102(stage: Stage): void {
  stage.file(archive(
    "vzdump-lxc-102-2026_11_21-00_19_45.tar.zst",
    configOf(stage.captures, "storage-unmounted.config-102"),
    { notes: "deb102 102 pve", content: new Map([["rootfs", { bytes: 90 * 2 ** 20, marks: [] }]]) },
  ));
}

/** vzdump in its modes, its errors, pruning, protection, deleting. */
export const backups: Scenario = {
  name: "backups",
  since: "content-volume-attributes",
  given: (stage) => {
    laterGuests(stage);
    olderBackups(stage);
    backupOf102(stage);
  },
  steps: [
    replay("content-volume-attributes", "vzdump-extractconfig"),
    task(
      "ok-vzdump-running-snapshot",
      "ok-vzdump-running-suspend",
      "vzdump-snapshot-mode-unsupported-storage",
      "err-vzdump-no-such-ct",
      "err-vzdump-no-such-storage",
      "err-vzdump-storage-no-backup",
    ),
    replay("err-vzdump-bad-mode"),
    task("vzdump-prune", "vzdump-protected"),
    replay("content-protected"),
    task("err-content-delete-protected"),
    call(
      "PUT",
      "nodes/pve/storage/local/content/local:backup/vzdump-lxc-101-2026_11_21-00_19_50.tar",
      {
        protected: "0",
      },
    ),
    task("content-delete-backup", "content-delete-unknown-volume-task-ok"),
    replay("prunebackups-dry"),
  ],
};

/** Warnings, raw lxc lines, many guests in one task, pages of its log, two backups at once. */
export const manyBackups: Scenario = {
  name: "warnings and paging",
  since: "warn-create-future-debian",
  given: (stage) => {
    laterGuests(stage);
    stage.file(LATER_TEMPLATES.future);
  },
  steps: [
    task("warn-create-future-debian"),
    call("POST", "nodes/pve/lxc/170/status/start"),
    call("POST", "nodes/pve/vzdump", {
      vmid: "170",
      storage: "local",
      compress: "zstd",
      remove: "0",
      mode: "stop",
    }),
    act("root adds raw lines", (stage) => stage.guest(170, "config-170-with-raw-lxc")),
    replay("config-170-with-raw-lxc"),
    task("stop-170", "vzdump-170-raw-lxc"),
    act("a restore with raw lines", (stage) =>
      stage.request("POST", "nodes/pve/lxc", {
        vmid: "170",
        ostemplate: stage.newestBackupOf(170),
        restore: "1",
        force: "1",
        storage: "ctbtrfs",
      })),
    replay("get-tasks-warnings", "get-tasks-errors1-includes-warnings"),
    task("warn-delete"),
    replay(
      "paging.call",
      "paging.log-while-running",
      "paging.default",
      "paging.limit0",
      "paging.limit2",
      "paging.start2-limit2",
      "paging.beyond-end",
      "paging.limit-huge",
    ),
    act("the task list has noticed", (stage) => stage.pass(0.5)),
    replay(
      "paging.tasks-limit0",
      "paging.tasks-start",
      "vzdump-concurrent.a",
      "vzdump-concurrent.b",
      "config-during-vzdump",
    ),
    task("start-during-vzdump"),
    replay("vzdump-concurrent.b.log"),
  ],
};
