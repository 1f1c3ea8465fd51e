import { renderTable } from "../../src/cli/table.ts";
import { statusDocument } from "../../src/daemon/status.ts";
import { findReport } from "./attempts.ts";
import { Decoy } from "./decoy.ts";
import { showHelper } from "./helper_act.ts";
import type { Narrator } from "./narrator.ts";
import { MANAGED, Stage } from "./stage.ts";

/** Plays the demo. Whatever does not show what it claims ends it. */
export async function play(narrator: Narrator, stage: Stage): Promise<void> {
  await showSelftest(narrator, stage);
  await showGuests(narrator, stage);
  await showDaemon(narrator, stage);
  await showIntruder(narrator, stage);
  await showWrongServer(narrator, stage);
  await showHelper(narrator, stage);
}

async function showSelftest(narrator: Narrator, stage: Stage): Promise<void> {
  narrator.step("The self-test: is everything in place? It changes nothing.");
  await stage.configure();
  await stage.simulator.control.clearLog();
  const { code, stdout, stderr } = await stage.agent("selftest");
  narrator.show("felhom-agent selftest", stdout + stderr);
  narrator.claim("no check failed", code === 0 && !stdout.includes("FAILED"), { code });
  const methods = (await stage.simulator.control.log()).map(({ method }) => method);
  narrator.claim(
    `Proxmox was only read: ${methods.length} requests, all of them GET`,
    methods.length > 0 && methods.every((method) => method === "GET"),
    methods,
  );
}

async function showGuests(narrator: Narrator, stage: Stage): Promise<void> {
  narrator.step(`The guests. The agent may touch VMIDs ${MANAGED.first} to ${MANAGED.last} only.`);
  const { code, stdout } = await stage.agent("guests");
  narrator.show("felhom-agent guests", stdout);
  const rows = stdout.trim().split("\n").slice(1);
  const listed = await stage.containers();
  narrator.claim(
    `the table shows all ${listed.length} containers that are on the host`,
    code === 0 && listed.length > 0 && rows.map(vmidOf).join() === listed.join(),
    rows,
  );
  const readOnly = listed.filter((vmid) => vmid < MANAGED.first || MANAGED.last < vmid);
  narrator.claim(
    `${readOnly.length} of them lie outside the managed range, and are marked as not its own`,
    readOnly.length > 0 && readOnly.length < listed.length &&
      rows.every((row) => / no /.test(row) === readOnly.includes(vmidOf(row))),
    rows,
  );
}

/** The first column of a row of the guests' table. */
function vmidOf(row: string): number {
  return parseInt(row, 10);
}

async function showDaemon(narrator: Narrator, stage: Stage): Promise<void> {
  narrator.step("The daemon: started as systemd starts it, asked through its socket.");
  const daemon = stage.startDaemon();
  const { text, status } = await untilItRead(stage);
  narrator.show("felhom-agent run &   felhom-agent status", text);
  const probes = status.seals.flatMap(({ probes }) => probes);
  narrator.claim(
    `both isolates are sealed, and all ${probes.length} of the daemon's own probes were denied`,
    status.seals.length === 2 && probes.every(({ verdict }) => verdict === "denied"),
    status.seals,
  );
  const { code } = await stage.stop(daemon);
  narrator.claim("it ends cleanly when it is told to", code === 0, code);
}

/** Asks for the status until the daemon has read the host once. */
async function untilItRead(stage: Stage) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { code, stdout } = await stage.agent("status", "--json");
    if (code === 0) {
      const status = statusDocument.parse(JSON.parse(stdout));
      if (status.engine.lastPass !== null) {
        return { text: (await stage.agent("status")).stdout, status };
      }
    }
    if (performance.now() > deadline) throw new Error(`The daemon read nothing: ${stdout}`);
  }
}

async function showIntruder(narrator: Narrator, stage: Stage): Promise<void> {
  narrator.step("The fence: somebody runs code of his own inside the sealed daemon.");
  using decoy = new Decoy();
  await decoy.visit();
  narrator.claim(
    "another server listens, and a program outside reaches it",
    decoy.connections === 1,
  );
  const program = await stage.build("test/demo/intruder.ts");
  await decoy.tell(program, stage.simulator.port);
  const daemon = stage.startDaemon(program);
  await untilItRead(stage);
  const { stdout } = await stage.stop(daemon);
  const attempts = findReport(stdout) ?? [];
  const rows = attempts.map(({ what, via, worked, answer }) => [
    what,
    via,
    worked ? "ALLOWED" : "denied",
    worked ? "what the daemon is for" : deniedBy(answer),
  ]);
  const columns = ["tried", "via", "outcome", "by"].map((title) => ({ title }));
  narrator.show("(inside the daemon)", renderTable(columns, rows, { width: 110 }));
  const worked = attempts.filter((attempt) => attempt.worked).map(({ what }) => what);
  narrator.claim(
    `of ${attempts.length} attempts one works: the connection to Proxmox, which is its work`,
    attempts.length > 10 && worked.join() === "connect to Proxmox",
    worked,
  );
  const visits = decoy.connections - 1;
  narrator.claim("nothing from inside reached the other server", visits === 0, visits);
}

/** Who said no, for a reader: the fence has three parts. */
function deniedBy(answer: string): string {
  const missing = /Requires (\w+) access/.exec(answer)?.[1];
  if (missing !== undefined) return `the runtime: no right to ${missing}`;
  if (/is not defined|is not a constructor|undefined/.test(answer)) {
    return "the seal: it is deleted";
  }
  if (/fence is shut/.test(answer)) return "the seal: it was disarmed";
  return answer;
}

async function showWrongServer(narrator: Narrator, stage: Stage): Promise<void> {
  narrator.step("Another server in Proxmox's place: its certificate is not the pinned one.");
  await stage.configure({ fingerprint: "00:".repeat(31) + "00" });
  await stage.simulator.control.clearLog();
  const { code, stderr } = await stage.agent("guests");
  narrator.show("felhom-agent guests", stderr);
  const requests = await stage.simulator.control.log();
  narrator.claim(
    "the agent hangs up",
    code === 1 && stderr.includes("proxmox.pin_mismatch"),
    stderr,
  );
  narrator.claim("and it does so before it sends the token", requests.length === 0, requests);
}
