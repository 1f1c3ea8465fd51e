import { LATER_TEMPLATES } from "../captured_state.ts";
import { act, call, replay, type Scenario, task } from "../scenario.ts";
import { olderBackups, threeGuests } from "./reads.ts";

/** Starting and stopping, one guest that does not want to, tasks that are aborted, locks. */
export const power: Scenario = {
  name: "power",
  since: "create-104",
  given: (stage) => {
    threeGuests(stage);
    olderBackups(stage);
    stage.file(LATER_TEMPLATES.stubborn);
    stage.pastTasks("get-cluster-tasks-active", "get-tasks-since-until", "get-tasks-typefilter");
  },
  steps: [
    task("create-104", "task-vzdump-without-VM.Backup", "ok-start"),
    replay("err-start-already-running"),
    call("POST", "nodes/pve/lxc/102/status/shutdown"),
    replay("err-reboot-not-running", "err-shutdown-not-running"),
    task("ok-start-104"),
    replay(
      "shutdown-running-task.call",
      "get-cluster-tasks-active",
      "get-tasks-active",
      "task-log-running",
      "task-status-running",
      "task-log-shutdown-timeout",
      "task-status-shutdown-timeout",
    ),
    call("POST", "nodes/pve/lxc/104/status/stop"),
    call("POST", "nodes/pve/lxc/104/status/start"),
    replay(
      "task-stop.call",
      "err-second-shutdown-while-first-runs.call",
      "task-stop-delete",
      "task-log-after-stop",
      "task-status-after-stop",
      "stop-while-shutdown-task-holds-lock",
      "task-status-upid-unescaped",
      "task-status-of-other-token",
      "stop-while-shutdown-task-holds-lock.task-log",
      "stop-while-shutdown-task-holds-lock.task-status",
    ),
    act("root locks 102", (stage) => stage.world.setLock(102, "backup")),
    replay("err-locked-config-put"),
    task("err-locked-start"),
    replay("locked-cluster-resources", "locked-config", "locked-list", "locked-status-current"),
    call("POST", "nodes/pve/lxc/102/snapshot", { snapname: "locked" }),
    call("POST", "nodes/pve/vzdump", { vmid: "102", storage: "local" }),
    act("root locks 101", (stage) => stage.world.setLock(101, "backup")),
    replay("err-locked-delete-force", "err-locked-delete", "err-locked-running-restore-force"),
    task("err-locked-running-stop", "err-locked-running-shutdown"),
    replay(
      "err-task-status-malformed",
      "err-task-status-othernode",
      "err-task-status-unknown",
      "get-tasks-since-until",
      "get-tasks-statusfilter",
      "get-tasks-typefilter",
      "get-tasks-vmid",
      "get-tasks",
    ),
    act("root unlocks both", async (stage) => {
      stage.world.setLock(101, undefined);
      stage.world.setLock(102, undefined);
      await stage.idle();
    }),
    task("ok-stop-104", "start-104c"),
    replay("overrule.shutdown-call"),
    task("ok-stop-overrule-shutdown"),
    replay("overrule.shutdown-task-status"),
  ],
};

/** Starting, rebooting and shutting down a guest that does as it is told. */
export const reboot: Scenario = {
  name: "reboot",
  since: "ok-start-102",
  given: (stage) => {
    threeGuests(stage);
    stage.guest(102, "storage-unmounted.config-102");
  },
  steps: [
    task("ok-start-102"),
    replay("status-running-102"),
    task("ok-reboot"),
    replay("status-after-reboot", "status-after-reboot-5s"),
    task("ok-shutdown-102"),
  ],
};

/** The guest's lock file is held by somebody else. */
export const heldLock: Scenario = {
  name: "held lock",
  since: "task-waits-for-lock-and-fails",
  given: (stage) => {
    threeGuests(stage);
    stage.guest(102, "storage-unmounted.config-102");
  },
  steps: [
    act("root holds the lock file", (stage) => stage.holdConfigLock(102)),
    task("task-waits-for-lock-and-fails"),
    replay("create-existing-while-lock-held"),
  ],
};
