import { replay, type Scenario, task } from "../scenario.ts";
import { threeGuests } from "./reads.ts";

/** Snapshots and rollbacks, of a guest that stands still and of one that runs. */
export const snapshots: Scenario = {
  name: "snapshots",
  since: "ok-snapshot-create",
  given: (stage) => {
    threeGuests(stage);
    stage.guest(102, "storage-unmounted.config-102");
  },
  steps: [
    task("ok-snapshot-create", "err-snapshot-duplicate", "snapshot-name-with-dash"),
    replay(
      "err-snapshot-name-dash-start",
      "err-snapshot-name-too-long",
      "err-snapshot-name-vzdump",
    ),
    replay("get-snapshots", "get-snapshot-config", "put-snapshot-config", "get-config-of-snapshot"),
    replay("err-snapshot-config-unknown"),
    task("err-rollback-unknown", "err-snapshot-delete-unknown"),
    task("rollback-not-most-recent-ok-on-btrfs", "rollback-without-VM.Snapshot.Rollback-ok"),
    task("ok-start-before-rollback", "ok-snapshot-running", "rollback-running-ct"),
    replay("status-after-rollback-running"),
    task("rollback-with-start"),
    replay("status-right-after-rollback-with-start", "tasks-after-rollback-with-start"),
    task("ok-snapshot-delete-force", "ok-snapshot-delete2", "err-snapshot-dir-storage"),
    replay("snapshots-103-after-failed"),
  ],
};
