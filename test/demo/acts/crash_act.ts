import { type JournalEntry, journalPage } from "../../../src/control/journal.ts";
import type { Stage } from "../stage.ts";
import { type Act, printed } from "./act.ts";

/** The guest that is backed up while the agent dies. */
const VMID = 201;
const WISH = JSON.stringify({
  action: {
    kind: "guest.backup",
    guest: VMID,
    params: {
      storage: "local",
      mode: "snapshot",
      compress: "zstd",
      notes: "before the upgrade",
      protected: false,
    },
  },
  why: "before the upgrade",
});

/** The agent's process is killed while a task of its runs; the next one knows what became of it. */
export const showCrash: Act = async (narrator, stage) => {
  narrator.step("A crash: the agent's process is killed (SIGKILL) while a backup runs.");
  const before = (await stage.view()).backups(VMID);
  const place = await stage.place();
  const { pid } = stage.daemon;
  const [asked, { task, runs }] = await Promise.all([
    // It is answered before the backup is asked for, and may end after the agent.
    stage.agentWith(WISH, "request", "-"),
    killInBackup(stage),
  ]);
  narrator.show(`echo '${WISH}' | felhom-agent request -`, printed(asked));
  narrator.show(`kill -9 ${pid}`, "");
  narrator.claim(
    "a backup loses nothing, so it needs no signature: the hub may have it",
    asked.code === 0,
    asked,
  );
  narrator.claim(
    `the task runs on without the agent: ${task.upid}`,
    runs?.upid === task.upid,
    runs,
  );
  const offline = await stage.agent("journal", "--limit", "1");
  narrator.show("felhom-agent journal --limit 1", printed(offline));
  const left = await lastBackup(stage);
  narrator.claim(
    "the state on the disk knows of it: it was written down before it was sent",
    left.from === "disk" && ["started", "task_running"].includes(left.entry?.state ?? ""),
    left,
  );

  await stage.start();
  const found = await stage.until("the journal has its outcome", async () => {
    const { entry } = await lastBackup(stage);
    return entry?.state === "succeeded" || entry?.state === "failed" ||
        entry?.state === "unknown"
      ? entry
      : undefined;
  });
  narrator.show(
    `felhom-agent run &   felhom-agent journal --id ${found.id}`,
    printed(await stage.agent("journal", "--id", found.id)),
  );
  const tasks = (await stage.view()).tasks("vzdump", VMID);
  narrator.claim(
    "started again, it finds out how the task really ended, and journals that",
    found.state === "succeeded" && found.upid === task.upid &&
      tasks.find(({ upid }) => upid === task.upid)?.status === "OK",
    { found, tasks },
  );
  const after = (await stage.view()).backups(VMID);
  const sent = (await stage.requests(place)).filter(({ method }) => method !== "GET");
  narrator.claim(
    `nothing was sent twice: ${
      sent.map(({ method, path }) => `${method} ${path}`).join(", ")
    }; one backup more`,
    sent.length === 1 && tasks.length === 1 && after.length === before.length + 1,
    { sent, before, after },
  );
};

/** Kills the agent once the backup runs, and looks whether it still does. */
async function killInBackup(stage: Stage) {
  const task = await stage.until("the backup runs", () => runningBackup(stage));
  await stage.end("SIGKILL");
  return { task, runs: await runningBackup(stage) };
}

async function runningBackup(stage: Stage) {
  return (await stage.view()).tasks("vzdump", VMID).find(({ status }) => status === "RUNNING");
}

/** The last operation on the guest that the journal has; undefined when it is no backup. */
async function lastBackup(stage: Stage) {
  const page = await stage.agent("journal", "--vmid", String(VMID), "--limit", "1", "--json");
  const { from, ...rest } = JSON.parse(page.stdout);
  const entry = journalPage.parse(rest).operations.find((row): row is JournalEntry =>
    "kind" in row && row.kind === "guest.backup"
  );
  return { from, entry };
}
