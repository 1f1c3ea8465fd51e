import { assertEquals } from "@std/assert";
import { asUpid, createReads, type TaskLog, type TaskLogOptions } from "../../src/proxmox/mod.ts";
import { connectTo } from "./support/client.ts";
import { apiAnswer, startServer } from "./support/server.ts";

const UPID = asUpid("UPID:other:000018E7:000305BB:6B00E21F:vzdump:101:felhom-agent@pve!agent:");

async function askedFor(
  answer: unknown,
  options?: TaskLogOptions,
): Promise<{ readonly line: string | undefined; readonly log: TaskLog }> {
  await using server = await startServer((socket) => void socket.end(apiAnswer(answer)));
  using client = connectTo(server);
  const log = await createReads(client.transport, { node: "pve" }).taskLog(UPID, options);
  return { line: server.requests[0]?.line, log };
}

Deno.test("the whole log is asked for, of the node that the task's id names", async () => {
  const { line, log } = await askedFor({
    data: [{ n: 1, t: "a" }, { n: "2", t: "TASK OK" }],
    total: 2,
  });
  assertEquals(
    line,
    `GET /api2/json/nodes/other/tasks/${encodeURIComponent(UPID)}/log?start=0&limit=0 HTTP/1.1`,
  );
  assertEquals(log, { lines: ["a", "TASK OK"], total: 2 });
});

Deno.test("a stretch of the log is asked for by its start and length", async () => {
  const { line, log } = await askedFor({ data: [{ n: 51, t: "b" }], total: 90 }, {
    start: 50,
    limit: 1,
  });
  assertEquals(line?.includes("?start=50&limit=1 "), true);
  assertEquals(log, { lines: ["b"], total: 90 });
});

Deno.test("the rows that stand for an empty and for a missing log are no lines", async () => {
  for (const t of ["no content", "unable to open file - No such file or directory"]) {
    assertEquals((await askedFor({ data: [{ n: 1, t }], total: 1 })).log, { lines: [], total: 0 });
  }
  const two = { data: [{ n: 1, t: "no content" }, { n: 2, t: "TASK OK" }], total: 2 };
  assertEquals((await askedFor(two)).log.lines.length, 2);
});
