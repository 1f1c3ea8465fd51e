import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { acknowledge } from "../../../src/reconcile/housekeeping/acknowledge.ts";
import { parseUpid } from "../../../src/proxmox/mod.ts";
import type { Simulator } from "../../sim/mod.ts";
import { edit, type Host, onHost, START, STOP, succeed } from "../support/restored_host.ts";

/** What of the node's list of tasks shows that a state is as new as the host, and what does not. */
const HOUR_S = 3_600;
const NO_AUDIT = "Sys.Audit on /nodes/pve";

/** Drops all tasks but those that are to stay, as a list does that was turned, or removed. */
function keepTasks(
  { pve: { world: { tasks } } }: Simulator,
  stays: (task: { readonly type: string; readonly user: string }) => boolean,
): void {
  tasks.forget((task) => !stays(task));
}

/** So many tasks of others that ended so many seconds before now. */
function addForeign(
  { pve: { world } }: Simulator,
  count: number,
  { endedAgo, startedAgo = endedAgo }: { readonly endedAgo: number; readonly startedAgo?: number },
): void {
  const now = world.clock.now();
  for (let index = 0; index < count; index++) {
    world.tasks.addPast({
      ...{ node: world.node.name, pid: world.tasks.nextPid(), pstart: index },
      ...{ type: "vzdump", id: "100", user: "root@pam" },
      starttime: Math.floor(now / 1000) - startedAgo,
    }, { log: ["TASK OK"], ended: now - endedAgo * 1000 });
  }
}

/** Makes all that the state has an hour older, ids of tasks with it. */
function age({ folder }: Host): void {
  const by = HOUR_S * 1000;
  edit(
    folder,
    `UPDATE instance SET created_at = created_at - ${by};
     UPDATE transition SET at = at - ${by};
     UPDATE operation SET created_at = created_at - ${by}, changed_at = changed_at - ${by}`,
  );
  using database = new DatabaseSync(`${folder}/state.db`);
  for (const table of ["operation", "transition"]) {
    const upids = database.prepare(`SELECT DISTINCT upid FROM ${table} WHERE upid IS NOT NULL`)
      .all();
    for (const { upid } of upids) {
      const parts = String(upid).split(":");
      const start = parseInt(parts[4] ?? "", 16) - HOUR_S;
      const earlier = parts.with(4, start.toString(16).toUpperCase()).join(":");
      database.prepare(`UPDATE ${table} SET upid = ? WHERE upid = ?`).run(earlier, upid ?? null);
    }
  }
}

const isForeign = ({ user }: { readonly user: string }) => user === "root@pam";
const nothing = () => false;

/** A copy of a state that knows a start; a stop was done since. */
async function stoppedSince(host: Host): Promise<void> {
  await host.agent((work) => succeed(work, START));
  const putBack = await host.keep();
  await host.agent((work) => succeed(work, STOP));
  await putBack();
}

/** A task that no list has. */
const NOTE = "INSERT INTO noted_task (upid, why, noted_at) VALUES ('UPID:gone', 'before', 1)";

function noted({ folder }: Host): number {
  using database = new DatabaseSync(`${folder}/state.db`);
  return Number(database.prepare("SELECT count(*) AS count FROM noted_task").get()?.["count"]);
}

Deno.test("what the agent did since is found among any number of tasks of others", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    addForeign(host.simulator, 10_500, { endedAgo: 0 });
    assertStringIncludes(await host.doubt() ?? "", ":vzstop:230:");
  });
});

Deno.test("what the agent did since is found in a list of its own tasks that has many pages", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    const doubt = await host.agent(({ state }) => state.instances.current().doubt, {
      reads: (reads) => ({
        ...reads,
        // As if a thousand more than one page of its own had ended later.
        tasks: async (how) => {
          const [first, ...others] = await reads.tasks({ ...how, start: 0 });
          const known = [first, ...others].find((task) => task?.type === "vzstart");
          if (how?.user === undefined || known === undefined) {
            return [first, ...others].flatMap((it) => it ?? []);
          }
          const rows = [...new Array(1_500).fill(known), ...[first, ...others]];
          return rows.slice(how.start ?? 0).slice(0, how.limit);
        },
      }),
    });
    assertStringIncludes(doubt ?? "", ":vzstop:230:");
  });
});

Deno.test("a list of its own tasks that never ends is a doubt", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    edit(host.folder, NOTE);
    let asked = 0;
    const doubt = await host.agent(({ state }) => state.instances.current().doubt, {
      reads: (reads) => ({
        ...reads,
        tasks: async (how) => {
          const rows = await reads.tasks({ ...how, start: 0 });
          if (how?.user === undefined) return rows;
          asked++;
          return new Array(how.limit ?? 0).fill(rows[0]);
        },
      }),
    });
    assertStringIncludes(doubt ?? "", "more tasks of the agent's than can be looked through");
    assertEquals(asked, 10);
    // What the list may have further on is not forgotten.
    assertEquals(noted(host), 1);
  });
});

Deno.test("what was noted and is listed no longer is forgotten", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    edit(host.folder, NOTE);
    assertEquals([noted(host), await host.doubt(), noted(host)], [1, null, 0]);
  });
});

Deno.test("a list that was turned since the state was last at work is a doubt, and says the ways to it", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    age(host);
    keepTasks(host.simulator, nothing);
    addForeign(host.simulator, 200, { endedAgo: HOUR_S / 2 });
    const doubt = await host.doubt() ?? "";
    assertStringIncludes(doubt, "does not go back to 20");
    for (const way of ["off for long", "installed anew", "was removed", NO_AUDIT]) {
      assertStringIncludes(doubt, way);
    }
    // The way out is an operator's word; the list is as it is, and raises no other doubt.
    await host.agent((work) => void acknowledge(work));
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("an empty list is a doubt where the agent's tasks should be, until a later task of its own is listed", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    keepTasks(host.simulator, nothing);
    assertStringIncludes(await host.doubt() ?? "", "does not go back to");
    await host.agent((work) => void acknowledge(work));
    assertStringIncludes(await host.doubt() ?? "", "does not go back to");
    await host.agent(async (work) => {
      acknowledge(work);
      await succeed(work, STOP);
    });
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("a list that has what was before the agent's last task, and none of its own, is a doubt", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    keepTasks(host.simulator, isForeign);
    const doubt = await host.doubt() ?? "";
    assertStringIncludes(doubt, "lists none of the agent's tasks");
    assertStringIncludes(doubt, ":vzstart:230:");
    await host.agent((work) => void acknowledge(work));
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("a first start raises no doubt, whatever the node lists", async () => {
  for (const count of [0, 1, 200]) {
    await onHost(async (host) => {
      keepTasks(host.simulator, nothing);
      addForeign(host.simulator, count, { endedAgo: 60 });
      assertEquals(await host.doubt(), null);
    });
  }
});

Deno.test("an agent that did nothing yet is in doubt while nothing that is listed ended before it was at work", async () => {
  await onHost(async (host) => {
    keepTasks(host.simulator, nothing);
    assertEquals(await host.doubt(), null);
    assertStringIncludes(
      await host.doubt() ?? "",
      "does not go back to",
      "the list may be removed",
    );
    await host.agent((work) => void acknowledge(work));
    age(host);
    addForeign(host.simulator, 1, { endedAgo: 60 });
    assertStringIncludes(await host.doubt() ?? "", "does not go back to");
    await host.agent((work) => void acknowledge(work));
    // It has been at work until now.
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("an agent that ran on without a task of its own is in no doubt once the list was turned", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    // Its task is of an hour ago, and the list has what others did since; but it was there a minute ago.
    await host.agent(({ state, clock }) => void state.timeMark.raise(clock.now() - 60_000));
    age(host);
    keepTasks(host.simulator, nothing);
    addForeign(host.simulator, 200, { endedAgo: HOUR_S / 2 });
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("a mark or a row that is ahead of the clock shows nothing", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    age(host);
    keepTasks(host.simulator, nothing);
    addForeign(host.simulator, 200, { endedAgo: HOUR_S / 2 });
    edit(
      host.folder,
      `UPDATE operation SET created_at = 4000000000000, changed_at = 4000000000000;
       INSERT INTO time_mark (only, at) VALUES (1, 4000000000000)`,
    );
    assertStringIncludes(await host.doubt() ?? "", "does not go back to");
  });
});

Deno.test("a clock that is behind all of the state's times raises no doubt, as long as the list goes back to its beginning", async () => {
  for (const [endedAgo, isWhole] of [[60, true], [-2 * HOUR_S, false]] as const) {
    await onHost(async (host) => {
      keepTasks(host.simulator, nothing);
      assertEquals(await host.doubt(), null);
      edit(host.folder, `UPDATE instance SET created_at = created_at + ${HOUR_S * 1000}`);
      addForeign(host.simulator, 1, { endedAgo });
      const doubt = await host.doubt();
      assertEquals(doubt === null, isWhole, doubt ?? "no doubt");
    });
  }
});

Deno.test("a task that ended after the state was last at work shows nothing of what was before", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    age(host);
    keepTasks(host.simulator, nothing);
    addForeign(host.simulator, 200, { startedAgo: 2 * HOUR_S, endedAgo: 60 });
    assertStringIncludes(await host.doubt() ?? "", "does not go back to");
  });
});

for (
  const [before, as] of [
    ["another token of its user", "felhom@pve!old"],
    ["a token of another user", "old@pve!agent"],
  ] as const
) {
  Deno.test(`the tasks of ${before}, by which the agent worked before, are its own`, async () => {
    await onHost(async (host) => {
      await host.agent((work) => succeed(work, START));
      const renamed = (upid: string) => upid.replace("felhom@pve!agent", as);
      edit(host.folder, `UPDATE operation SET upid = replace(upid, 'felhom@pve!agent', '${as}')`);
      const { tasks } = host.simulator.pve.world;
      const [own] = tasks.all().filter((task) => !isForeign(task));
      assert(own !== undefined);
      keepTasks(host.simulator, isForeign);
      assertStringIncludes(await host.doubt() ?? "", `lists none of the agent's tasks`);
      await host.agent((work) => void acknowledge(work));
      tasks.addPast({ ...own, ...parseUpid(renamed(own.upid)) }, {
        ...{ log: ["TASK OK"], ended: host.simulator.pve.world.clock.now() },
      });
      assertEquals(await host.doubt(), null);
    });
  });
}

Deno.test("one that was begun and not seen to end reaches no further back than its end", async () => {
  await onHost(async (host) => {
    await stoppedSince(host);
    // The copy is of a moment at which the start was under way; its task is all that the list has left.
    edit(
      host.folder,
      `DELETE FROM transition WHERE state = 'succeeded';
       UPDATE operation SET state = 'task_running', transitions = 3, created_at = created_at - 9e6;
       UPDATE instance SET created_at = created_at - 9e6`,
    );
    keepTasks(host.simulator, (task) => task.type === "vzstart" && !isForeign(task));
    addForeign(host.simulator, 200, { endedAgo: 60 });
    const doubt = await host.doubt() ?? "";
    assertStringIncludes(doubt, "does not go back to");
    assert(!doubt.includes("UPID"), doubt);
  });
});
