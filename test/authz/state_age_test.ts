import { assertEquals } from "@std/assert";
import { type LostCall, strangeTasks } from "../../src/authz/mod.ts";

const AT = 1_796_000_000;

const task = (upid: string, starttime = AT, type = "vzstart", id = "230") => ({
  ...{ upid, starttime, type, id },
});
const known = (...upids: string[]) => ({ upids: new Set(upids), lost: [] });

Deno.test("A task that the state knows by its id is no surprise, whenever it was", () => {
  const tasks = [task("UPID:known", AT - 9), task("UPID:late", AT + 9), task("UPID:now")];
  const all = known("UPID:known", "UPID:late", "UPID:now");
  assertEquals(strangeTasks([], known()), { explained: [], unknown: [] });
  assertEquals(strangeTasks(tasks, all), { explained: [], unknown: [] });
});

Deno.test("Any other shows that the state is older than the host, whenever it was", () => {
  for (const starttime of [0, AT - 9, AT, AT + 9, 2 * AT]) {
    const other = task("UPID:other", starttime);
    const { unknown } = strangeTasks([task("UPID:known"), other], known("UPID:known"));
    assertEquals(unknown, [other]);
  }
});

Deno.test("A call whose answer was lost explains tasks of its kinds and ids, in its while, and no others", () => {
  const call: LostCall = {
    ...{ types: ["vzstart", "hastart"], ids: ["230"], from: AT, until: AT + 80 },
  };
  const strange = (...given: Parameters<typeof task>) =>
    strangeTasks([task(...given)], { upids: new Set(), lost: [call] }).unknown.length;
  assertEquals(strange("a", AT), 0);
  assertEquals(strange("a", AT + 80, "hastart"), 0);
  assertEquals(strange("a", AT - 1), 1);
  assertEquals(strange("a", AT + 81), 1);
  assertEquals(strange("a", AT, "vzstop"), 1);
  assertEquals(strange("a", AT, "vzstart", "231"), 1);
});
