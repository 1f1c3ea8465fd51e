import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { isUpid } from "../../../src/proxmox/mod.ts";
import { abandon } from "../../../src/reconcile/settling/abandon.ts";
import { concludeAs } from "../../../src/reconcile/settling/conclude.ts";
import { recordTask } from "../../../src/reconcile/settling/record_task.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { openWork } from "../support/open_work.ts";

const UPID = "UPID:pve:00001234:00005678:66A0B0C0:vzstart:230:felhom@pve!agent:";

const WRITES: readonly (readonly [string, (work: Work) => unknown])[] = [
  ["that an operation is given up", (work) => abandon(work, "one", "It is over")],
  ["a task's id", (work) => isUpid(UPID) && recordTask(work, "one", UPID)],
  [
    "an outcome",
    (work) =>
      concludeAs(work, { id: "one", transaction: null, upid: null }, {
        ...{ kind: "unknown", operation: "one", why: "Nobody knows" },
      }),
  ],
];

for (const [what, write] of WRITES) {
  Deno.test(`${what} that cannot be written down is logged as an error, and a bug is thrown`, async () => {
    await using opened = await openWork();
    const { state } = opened.work;
    const told: unknown[] = [];
    const log: Logger = {
      ...silentLogger,
      error: (_message, fields) => void told.push(fields?.code),
    };
    const failing = (error: Error) => {
      state.operations.advance = () => {
        throw error;
      };
      write({ ...opened.work, log });
    };
    failing(new FelhomError("state.full", "The disk is full"));
    assertEquals(told, ["state.full"]);
    assertThrows(() => failing(new RangeError("a bug")), RangeError, "a bug");
    assertEquals(told, ["state.full"]);
  });
}
