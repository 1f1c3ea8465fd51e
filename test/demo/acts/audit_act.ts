import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { readState } from "../../../src/state/mod.ts";
import type { Act } from "./act.ts";

const decision = z.object({
  action: z.nullable(z.object({ kind: z.string(), guest: z.number().nullish() })),
});

/** What the acts before have made the gate say. */
const DECISIONS = [
  "gate.pending_signature guest.destroy 220",
  "gate.authorised guest.destroy 220",
  "gate.refused guest.destroy 220",
  "gate.permitted guest.backup 201",
];

/** Every decision is a link of a chain: it is checked, and a copy that is altered is found out. */
export const showAudit: Act = async (narrator, stage) => {
  narrator.step("The audit log: a chain of everything that was decided.");
  const { output } = stage.daemon;
  const line = output.split("\n").find((text) => text.includes("the audit log holds"));
  narrator.claim(
    "the daemon checked the whole chain when it started, and says so in its log",
    line !== undefined && !output.includes("the audit log is broken"),
    output.slice(-400),
  );
  await stage.end();
  const { report, links } = readState(stage.stateFolder, ({ audit }) => ({
    report: audit.verify(),
    links: audit.list({ limit: 100 }),
  }));
  narrator.show(
    "(the chain, read by the demo from the state on the disk)",
    links.map(({ seq, kind, body }) => `${String(seq).padStart(3)}  ${kind}  ${subject(body)}`)
      .join("\n"),
  );
  narrator.claim(
    `read from the disk, all ${report.links} links of the chain hold`,
    report.holds && report.links > 0 && report.links === links.length,
    report,
  );
  const told = links.map(({ kind, body }) => `${kind} ${subject(body)}`).join("\n");
  narrator.claim(
    "the wish that had to wait is in it, the signed operation, and its second try",
    DECISIONS.every((text) => told.includes(text)),
    told,
  );
  const copy = await stage.copyState();
  const seq = links.findLast(({ body }) => subject(body).includes("220"))?.seq ?? 0;
  {
    using database = new DatabaseSync(`${copy}/state.db`);
    database.prepare("UPDATE audit SET body = replace(body, '220', '221') WHERE seq = ?").run(seq);
  }
  const altered = readState(copy, ({ audit }) => audit.verify());
  narrator.claim(
    `another VMID written into link ${seq} of a copy breaks the chain there`,
    !altered.holds && altered.broken.seq === seq,
    altered,
  );
};

/** What was decided about what: `guest.start 210`. Links of other inputs are about no action. */
function subject(body: string): string {
  const read = decision.safeParse(JSON.parse(body));
  if (!read.success || read.data.action === null) return "";
  const { kind, guest } = read.data.action;
  return `${kind} ${guest ?? ""}`.trim();
}
