import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { acknowledge } from "../../../src/reconcile/housekeeping/acknowledge.ts";
import { recover } from "../../../src/reconcile/recovery/recover.ts";
import { carryOut, edit, onHost, START, STOP, succeed } from "../support/restored_host.ts";

const DAY = 24 * 60 * 60_000;
const signal = new AbortController().signal;

Deno.test("a restored state is in doubt as long as the node knows what was done since, whatever it then does", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    const putBack = await host.keep();
    await host.agent((work) => succeed(work, STOP));
    assertEquals(await host.doubt(), null);
    await putBack();
    const doubt = await host.doubt();
    assertStringIncludes(doubt ?? "", ":vzstop:230:");
    // Work that needs no signature goes on, and hides nothing.
    await host.agent((work) => carryOut(work, START));
    edit(host.folder, "UPDATE instance SET doubt = NULL");
    assertStringIncludes(await host.doubt() ?? "", ":vzstop:230:");
  });
});

Deno.test("a row dated ahead hides nothing of what was done since", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    edit(host.folder, `UPDATE operation SET created_at = 4e12, changed_at = 4e12`);
    edit(host.folder, `UPDATE transition SET at = 4e12`);
    const putBack = await host.keep();
    await host.agent((work) => succeed(work, STOP));
    await putBack();
    assertStringIncludes(await host.doubt() ?? "", ":vzstop:230:");
  });
});

Deno.test("a task of the very second in which the state was last written to is noticed", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    const putBack = await host.keep();
    await host.agent((work) => succeed(work, STOP));
    await putBack();
    // As if both had happened in one second, the later of the node's.
    const [task] = await host.agent(({ eyes: { reads } }) => reads.tasks({ type: "vzstop" }));
    assert(task !== undefined);
    const at = (task.starttime + 1) * 1000 - 1;
    edit(host.folder, `UPDATE operation SET changed_at = ${at}; UPDATE transition SET at = ${at}`);
    edit(host.folder, "UPDATE instance SET doubt = NULL");
    assertStringIncludes(await host.doubt() ?? "", ":vzstop:230:");
  });
});

for (const [what, off] of [["ahead", 365 * DAY], ["behind", -365 * DAY]] as const) {
  Deno.test(`an agent whose clock is a year ${what} notices a restored state, and raises no false doubt`, async () => {
    await onHost(async (host) => {
      const clock = {
        now: () => host.simulator.clock.now() + off,
        monotonic: () => host.simulator.clock.monotonic(),
        sleep: (ms: number, given?: AbortSignal) => host.simulator.clock.sleep(ms, given),
      };
      await host.agent((work) => succeed(work, START));
      assertEquals(await host.doubt({ clock }), null);
      const putBack = await host.keep();
      await host.agent((work) => succeed(work, STOP));
      await putBack();
      assertStringIncludes(await host.doubt({ clock }) ?? "", ":vzstop:230:");
    });
  });
}

Deno.test("an operation that was under way when the state was copied hides no later one of its kind", async () => {
  await onHost(async (host) => {
    const putBack = await host.agent(async (work) => {
      // The copy is taken after the intent was written, and before the answer came.
      const { simulator: { wire } } = host;
      wire.faults.add({ method: "POST", count: 1, fault: { kind: "reset_before" } });
      const away = wire.faults.add({ path: "/tasks", fault: { kind: "status", status: 595 } });
      await carryOut(work, START);
      wire.faults.remove(away);
    }).then(() => host.keep());
    await host.agent(async (work) => {
      await succeed(work, START);
      await succeed(work, STOP);
    });
    await putBack();
    // A quarter of an hour after, a start of the same guest is none of that call.
    edit(
      host.folder,
      `UPDATE transition SET detail = json_set(detail, '$.nodeTime',
         json_extract(detail, '$.nodeTime') - 900) WHERE state = 'started'`,
    );
    assertStringIncludes(await host.doubt() ?? "", ":vzstart:230:");
  });
});

Deno.test("a task whose id the journal has is no later one, however long after its intent the node says it began", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    // As it is left by an agent that ended while the task ran; the node's clock was set on before.
    edit(
      host.folder,
      `UPDATE operation SET state = 'task_running';
       DELETE FROM transition WHERE state = 'succeeded';
       UPDATE transition SET detail = json_set(detail, '$.nodeTime',
         json_extract(detail, '$.nodeTime') - 900) WHERE state = 'started'`,
    );
    assertEquals(await host.doubt(), null);
  });
});

Deno.test("tasks whose answers were lost, and of rows that were pruned, raise no doubt", async () => {
  await onHost(async (host) => {
    await host.agent(async (work) => {
      host.simulator.wire.faults.add({ method: "POST", count: 1, fault: { kind: "reset_after" } });
      await succeed(work, START);
      await succeed(work, STOP);
    });
    assertEquals(await host.doubt(), null);
    await host.agent(({ state }) => {
      const removed = state.operations.prune({
        ...{ before: 4e12, until: 5e12, keep: 0, lastingBefore: 4e12, limit: 100 },
      });
      assertEquals(removed, 2);
    });
    assertEquals(await host.doubt(), null);
    assertEquals(await host.doubt(), null, "and not at the second start either");
  });
});

Deno.test("a task of a call that ended unknown is explained by it, within the while that a call may take", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    // As it is left when several tasks were found: none was its own for certain.
    const forget = (more: string) =>
      edit(
        host.folder,
        `UPDATE operation SET upid = NULL, state = 'unknown'; UPDATE transition SET upid = NULL; ${more}`,
      );
    const putBack = await host.keep();
    forget("");
    assertEquals(await host.doubt(), null);
    // That it was explained is kept, when the row that explains it is there no longer.
    edit(host.folder, "DELETE FROM operation");
    assertEquals(await host.doubt(), null);
    await putBack();
    forget(`UPDATE transition SET detail = json_set(detail, '$.nodeTime', 1000)
            WHERE state = 'started'`);
    assertStringIncludes(await host.doubt() ?? "", ":vzstart:230:");
  });
});

Deno.test("what was there before a new state, and tasks of others, raise no doubt", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    await host.simulator.clock.sleep(50 * 1_100);
    await Deno.remove(`${host.folder}/state.db`);
    assertEquals(await host.doubt(), null);
    await host.agent((work) => succeed(work, STOP));
    assertEquals(await host.doubt(), null);
    // Nor what another user's token did; but what one did that its own user had before.
    for (
      const [tokenId, isOwn] of [["other@pve!agent", false], ["felhom@pve!new", true]] as const
    ) {
      const doubt = await host.agent(async (work) => {
        edit(
          host.folder,
          "DELETE FROM noted_task; UPDATE operation SET upid = NULL; UPDATE transition SET upid = NULL",
        );
        await recover({ ...work, tokenId }, { signal });
        return work.state.instances.current().doubt;
      });
      assertEquals(doubt !== null, isOwn, doubt ?? tokenId);
    }
  });
});

Deno.test("an acknowledgement takes the tasks for known that raised the doubt, and no later ones", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    const putBack = await host.keep();
    await host.agent((work) => succeed(work, STOP));
    await putBack();
    await host.agent((work) => void acknowledge(work));
    assertEquals(await host.doubt(), null);
    const again = await host.keep();
    await host.agent((work) => succeed(work, START));
    assertEquals(await host.doubt(), null);
    await again();
    const doubt = await host.doubt() ?? "";
    assertStringIncludes(doubt, ":vzstart:230:");
    assertEquals(doubt.includes(":vzstop:230:"), false);
  });
});

Deno.test("a state that never held the node's tasks against itself goes by the time it was last at work", async () => {
  await onHost(async (host) => {
    await host.agent((work) => succeed(work, START));
    const putBack = await host.keep();
    await host.simulator.clock.sleep(50 * 2_100);
    await host.agent((work) => succeed(work, STOP));
    await putBack();
    // As an earlier version left it, one of its rows dated ahead.
    edit(
      host.folder,
      `UPDATE instance SET tasks_noted_at = NULL; DELETE FROM noted_task;
       INSERT INTO operation (id, step, kind, action, origin, evidence, created_at, state, changed_at,
         transitions) SELECT 'ahead', 0, kind, action, origin, evidence, 4000000000000, 'failed',
         4000000000000, 1 FROM operation`,
    );
    assertStringIncludes(await host.doubt() ?? "", ":vzstop:230:");
  });
});
