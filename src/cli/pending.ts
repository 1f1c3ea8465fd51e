import { redateDocument } from "../authz/mod.ts";
import { pendingList } from "../control/answers.ts";
import { EXIT, FelhomError } from "../errors.ts";
import type { PendingOperation } from "../state/mod.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { askOrRead } from "./daemon_link.ts";
import { signingLines } from "./signing_line.ts";
import { age } from "./status.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "id", align: "right" },
  { title: "vmid", align: "right" },
  { title: "operation" },
  { title: "from" },
  { title: "first", align: "right" },
  { title: "times", align: "right" },
  { title: "ends in", align: "right" },
  { title: "reason" },
];

/** Lists what waits for a signature; with `--id`, prints the exact document to sign. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output, clock } = invocation;
  const now = clock.now();
  const { value: { pending }, from } = await askOrRead(invocation, {
    question: { op: "pending" },
    schema: pendingList,
    read: (state) => ({ pending: state.pending.list(now) }),
  });
  const id = options.operation?.id;
  if (id !== undefined) {
    const { document } = find(pending, id);
    // What loses data is signed for a short time, which has mostly gone by when somebody looks.
    output.write(redateDocument(document, now));
    output.writeError(signingLines());
    return EXIT.ok;
  }
  if (options.json) {
    output.writeJson({ version: 1, from, pending });
    return EXIT.ok;
  }
  if (pending.length === 0) {
    output.write("Nothing waits for a signature.\n");
    return EXIT.ok;
  }
  const rows = pending.map((row) => [
    String(row.id),
    row.vmid === null ? "" : String(row.vmid),
    row.kind,
    row.source,
    `${age(now - row.firstAt)} ago`,
    String(row.times),
    age(row.expiresAt - now),
    row.reason,
  ]);
  output.write(renderTable(COLUMNS, rows, { width: output.width }));
  return EXIT.ok;
}

function find(pending: readonly PendingOperation[], id: string): PendingOperation {
  const found = pending.find((row) => String(row.id) === id);
  if (found !== undefined) return found;
  throw new FelhomError("usage.invalid", `Nothing waits for a signature under the id "${id}"`, {
    hint: "See: felhom-agent pending",
  });
}
