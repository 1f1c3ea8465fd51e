import {
  type JournalEntry,
  journalPage,
  type OperationStory,
  operationStory,
  readJournal,
  readStory,
} from "../control/journal.ts";
import { JOURNAL_PAGE } from "../control/protocol.ts";
import { EXIT, FelhomError } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { askOrRead } from "./daemon_link.ts";
import { readVmid } from "./read_vmid.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "when" },
  { title: "vmid", align: "right" },
  { title: "operation" },
  { title: "outcome" },
  { title: "why" },
  { title: "id" },
];
const DEFAULT_LIMIT = 20;

/** Lists what was done, newest first; with `--id`, tells one operation with its whole way. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const { id, vmid: guest, limit } = options.operation ?? {};
  if (id !== undefined) return await tell(invocation, id);
  const query = {
    ...(guest === undefined ? {} : { vmid: readVmid(guest) }),
    limit: readLimit(limit),
  };
  const { value: { operations }, from } = await askOrRead(invocation, {
    question: { op: "journal", ...query },
    schema: journalPage,
    read: (state) => readJournal(state.operations, query),
  });
  if (options.json) {
    output.writeJson({ version: 1, from, operations });
  } else if (operations.length === 0) {
    output.write("The journal is empty.\n");
  } else {
    const rows = operations.map((row) =>
      "unreadable" in row ? ["", "", `(row ${row.seq})`, "unreadable", row.unreadable, ""] : [
        time(row.createdAt),
        row.vmid === null ? "" : String(row.vmid),
        row.kind,
        row.state.replaceAll("_", " "),
        sentence(row),
        row.id,
      ]
    );
    output.write(renderTable(COLUMNS, rows, { width: output.width }));
  }
  return EXIT.ok;
}

async function tell(invocation: Invocation, id: string): Promise<ExitCode> {
  const { options, output } = invocation;
  const { value: story, from } = await askOrRead(invocation, {
    question: { op: "operation", operation: id },
    schema: operationStory,
    read: (state) => readStory(state.operations, id) ?? missing(id),
  });
  if (options.json) output.writeJson({ version: 1, from, operation: story });
  else output.write(renderTable([{ title: "operation" }, { title: "" }], rowsOf(story)));
  return EXIT.ok;
}

function rowsOf(story: OperationStory): string[][] {
  return [
    ["id", story.id],
    ["does", `${story.kind}${story.vmid === null ? "" : `, guest ${story.vmid}`}`],
    ["action", JSON.stringify(story.action)],
    ["wanted by", [story.origin, ...story.source === null ? [] : [story.source]].join(", ")],
    ["why", story.why ?? ""],
    ["signed", story.signed ? "yes" : "no"],
    ...(story.transaction === null ? [] : [["transaction", story.transaction]]),
    ...(story.compensates === null ? [] : [["undoes", story.compensates]]),
    ...story.transitions.map(({ state, at, upid, detail }) => [
      state.replaceAll("_", " "),
      [time(at), upid, detail === null ? null : JSON.stringify(detail)]
        .filter((part) => part !== null).join("  "),
    ]),
  ];
}

/** What went wrong, or else why it was wanted. */
function sentence({ said, why }: JournalEntry): string {
  return said ?? why ?? "";
}

function time(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= JOURNAL_PAGE) return limit;
  throw new FelhomError("usage.invalid", `"${text}" is no number of operations`, {
    hint: `From 1 to ${JOURNAL_PAGE}.`,
  });
}

function missing(id: string): never {
  throw new FelhomError("state.missing", `Cannot find the operation "${id}"`, {
    hint: "See: felhom-agent journal",
  });
}
