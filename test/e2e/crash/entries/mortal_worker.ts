/**
 * The daemon as it is shipped, in a process that kills itself beside one commit of its journal: with
 * SIGKILL, from inside the sealed isolate. Deno lets every process signal itself, whatever its
 * rights, and nothing runs after it: neither another statement nor a destructor. (`process.abort`
 * is refused in a Worker, and an exhausted stack is an exception like any other.)
 *
 * Reads its orders from stdin, which needs no right, and says each commit on stdout.
 */
import { systemClock } from "../../../../src/clock.ts";
import { serveRole } from "../../../../src/daemon/serve_role.ts";
import { scaledClock } from "../../../sim/scaled_clock.ts";
import { COMMIT_MARK, type Deadline, type Orders, orders } from "../orders.ts";
import { watchCommits } from "../watch_commits.ts";

let deadline: Deadline | undefined;
let commits = 0;
let text = "";

function follow({ die }: Orders): void {
  deadline = die;
  commits = 0;
}

/** The orders that are there whole. */
function arrived(chunk: Uint8Array): Orders[] {
  const lines = (text + new TextDecoder().decode(chunk)).split("\n");
  text = lines.pop() ?? "";
  return lines.map((line) => orders.parse(JSON.parse(line)));
}

function say(what: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${COMMIT_MARK}${what}\n`));
}

function reach(side: Deadline["side"], writes: string): void {
  say(`${commits} ${side} ${writes}`);
  if (deadline?.commit === commits && deadline.side === side) Deno.kill(Deno.pid, "SIGKILL");
}

/** The first orders are waited for before anything is opened. */
function firstOrders(): Orders {
  const chunk = new Uint8Array(1024);
  for (;;) {
    const length = Deno.stdin.readSync(chunk);
    if (length === null) throw new Error("Cannot start: no orders came");
    const [first] = arrived(chunk.subarray(0, length));
    if (first !== undefined) return first;
  }
}

async function followTheRest(): Promise<void> {
  for await (const chunk of Deno.stdin.readable) {
    for (const each of arrived(chunk)) {
      follow(each);
      say(`orders taken${each.story === undefined ? "" : ` (${each.story})`}`);
    }
  }
}

watchCommits({
  before(writes) {
    commits += 1;
    reach("before", writes);
  },
  after: (writes) => reach("after", writes),
});
const first = firstOrders();
follow(first);
void followTheRest();
await serveRole({ clock: scaledClock(first.time_scale ?? 1), callClock: systemClock });
