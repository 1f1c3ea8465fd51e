import { renderTable } from "../../../src/cli/table.ts";
import type { Act } from "./act.ts";
import { findReport } from "./attempts.ts";
import { Decoy } from "./decoy.ts";

/** Somebody runs code of his own inside the sealed daemon, and gets nowhere. */
export const showFence: Act = async (narrator, stage) => {
  narrator.step("The fence: somebody runs code of his own inside the sealed daemon.");
  using decoy = new Decoy();
  await decoy.visit();
  narrator.claim(
    "another server listens, and a program outside reaches it",
    decoy.connections === 1,
  );
  const program = await stage.build("test/demo/acts/intruder.ts");
  await decoy.tell(program, stage.simulator.port);
  await stage.start(program);
  const { daemon } = stage;
  await stage.end();
  const attempts = findReport(daemon.output) ?? [];
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
};

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
