import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../src/clock.ts";
import { listenControl } from "../../src/control/listen.ts";
import { type ControlHandlers, ControlServer } from "../../src/control/server.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { lockState, openState } from "../../src/state/mod.ts";
import { handlersOf } from "../control/support/control_host.ts";
import { operation } from "../state/operation.ts";
import { SMALL_RESERVE } from "../state/state_folder.ts";
import { AgentRig, type Finished } from "../support/agent_rig.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import { story } from "./support/story.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

const SOCKET = "/run/felhom-agent/control.sock";
const DESIRED = JSON.stringify({
  version: 1,
  revision: "7",
  guests: { "1001": { state: "running" } },
});
const APPLIED = {
  provider: "local",
  revision: "7",
  accepted: true,
  guests: 1,
  plan: "1001: start\n\x1b[31mred\n",
  steps: 1,
};
const WISH = '{"action": {"kind": "guest.start"}, "why": "trial"}';

/** Runs a command with something on its stdin. */
async function pipe(rig: AgentRig, input: string, ...args: readonly string[]): Promise<Finished> {
  const child = rig.command(args, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Plays the daemon for the commands of a rig. */
async function serve(
  rig: AgentRig,
  handlers: Partial<ControlHandlers>,
  work: () => Promise<void>,
): Promise<void> {
  const listener = await listenControl(rig.box.outside(SOCKET));
  await using _server = new ControlServer(listener, {
    handlers: handlersOf(handlers),
    signedBy: () => Promise.resolve([]),
    clock: systemClock,
    log: silentLogger,
  });
  await work();
}

Deno.test("Commands that ask the daemon", { ignore }, async (t) => {
  await using rig = await AgentRig.create();

  await t.step("apply hands on the text as it is, and shows the plan, printable", async () => {
    const seen: unknown[] = [];
    const apply: ControlHandlers["apply"] = ({ text, dry_run }) => {
      seen.push([text, dry_run]);
      return { ...APPLIED, accepted: !dry_run };
    };
    await serve(rig, { apply }, async () => {
      const plan = "1001: start\n\\x1b[31mred\n";
      const applied = await pipe(rig, DESIRED, "apply", "-");
      assertEquals([applied.code, applied.stdout], [
        0,
        `Revision 7 of 1 guests was accepted.\n${plan}`,
      ], applied.stderr);
      const dry = await pipe(rig, DESIRED, "apply", "--dry-run");
      assertEquals([dry.code, dry.stdout], [0, plan]);
      const json = JSON.parse((await pipe(rig, DESIRED, "apply", "--json")).stdout);
      assertEquals(json, { version: 1, ...APPLIED });
    });
    assertEquals(seen, [[DESIRED, false], [DESIRED, true], [DESIRED, false]]);
  });

  await t.step("plan shows what the daemon would do, or that nothing is desired", async () => {
    let answer: unknown = { ...APPLIED, plan: "1001: start\n" };
    await serve(rig, { plan: () => answer }, async () => {
      assertEquals((await rig.run(["plan"])).stdout, "1001: start\n");
      answer = null;
      assertStringIncludes((await rig.run(["plan"])).stdout, "Nothing is desired yet");
      assertEquals(JSON.parse((await rig.run(["plan", "--json"])).stdout), {
        version: 1,
        plan: null,
      });
    });
  });

  await t.step("apply --wait ends with 1 and the reason when a guest is left", async () => {
    const report = {
      provider: "local",
      revision: "7",
      guests: 1,
      converged: 0,
      waiting: [{ vmid: 1001, why: "It failed five times.", steps: 1 }],
      quarantined: [1001],
      told: [],
    };
    const status = () => ({ engine: { busy: [] } });
    await serve(rig, { apply: () => APPLIED, convergence: () => report, status }, async () => {
      const { code, stdout, stderr } = await pipe(rig, DESIRED, "apply", "--wait");
      assertEquals([code, stdout], [
        1,
        "0 of 1 guests are as desired.\n1001: It failed five times.\n",
      ]);
      assertStringIncludes(stderr, "0 of 1 guests as desired, 1 left");
    });
    const done = { ...report, converged: 1, waiting: [], quarantined: [] };
    await serve(rig, { apply: () => APPLIED, convergence: () => done }, async () => {
      assertEquals((await pipe(rig, DESIRED, "apply", "--wait")).code, 0);
    });
  });

  await t.step("what was asked for ends with what became of it", async () => {
    let answer: unknown;
    const cases = [
      [{ outcome: "authorised", operation: "o1", vmid: 1001 }, 0, "journal --id o1"],
      [
        { outcome: "pending_signature", why: "It destroys", kept: "added" },
        4,
        "It destroys. It waits for one: felhom-agent pending",
      ],
      [{ outcome: "refused", code: "not_managed", why: "No." }, 4, "Refused: No. (not_managed)"],
    ] as const;
    await serve(rig, { request: () => answer }, async () => {
      for (const [given, code, says] of cases) {
        answer = given;
        const human = await pipe(rig, WISH, "request", "-");
        assertEquals(human.code, code, human.stderr);
        assertStringIncludes(human.stdout, says);
        const json = await pipe(rig, WISH, "request", "--json");
        assertEquals([json.code, JSON.parse(json.stdout)], [code, { version: 1, ...given }]);
      }
    });
  });

  await t.step("--wait ends as the operation ends", async () => {
    let end = story(["authorised", "started", "succeeded"]);
    const handlers = {
      request: () => ({ outcome: "authorised", operation: "o1", vmid: 1001 }),
      operation: () => end,
    };
    await serve(rig, handlers, async () => {
      const good = await pipe(rig, WISH, "request", "--wait");
      assertEquals([good.code, good.stdout], [0, "guest.start (o1): succeeded\n"]);
      assertStringIncludes(good.stderr, "guest.start: started\n");
      end = story(["authorised", "started", "unknown"], "The answer was lost.");
      const lost = await pipe(rig, WISH, "request", "--wait");
      assertEquals([lost.code, lost.stdout], [
        1,
        "guest.start (o1): unknown: The answer was lost.\n",
      ]);
    });
  });

  await t.step("Ctrl-C ends the waiting, not the work, with 130", async () => {
    const asked = Promise.withResolvers<void>();
    const handlers = {
      request: () => ({ outcome: "authorised", operation: "o1", vmid: 1001 }),
      operation: () => {
        asked.resolve();
        return story(["authorised"]);
      },
    };
    await serve(rig, handlers, async () => {
      const child = rig.command(["request", "--wait"], { stdin: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(WISH));
      await writer.close();
      await asked.promise;
      child.kill("SIGINT");
      const { code, stderr } = await child.output();
      assertEquals(code, 130);
      assertStringIncludes(new TextDecoder().decode(stderr), "the work goes on");
    });
  });

  await t.step("Ctrl-C stops a self-test, and waits until it is cleaned up", async () => {
    const asked = Promise.withResolvers<void>();
    let stopped: string | undefined;
    const handlers: Partial<ControlHandlers> = {
      selftest: ({ vmid }) => ({ transaction: `t${vmid}`, vmid: vmid ?? 1999, told: ["Left"] }),
      selftest_stop: ({ transaction }) => {
        stopped = transaction;
        return { stopped: true };
      },
      transaction: ({ transaction }) => {
        asked.resolve();
        const outcome = stopped === undefined ? "open" : "rolled_back";
        return { id: transaction, vmid: 1001, outcome, steps: [], problem: null };
      },
    };
    await serve(rig, handlers, async () => {
      const child = rig.command(["--selftest=task", "--vmid", "1001"]).spawn();
      await asked.promise;
      child.kill("SIGINT");
      const { code, stdout, stderr } = await child.output();
      assertEquals([code, stopped], [130, "t1001"]);
      assertStringIncludes(new TextDecoder().decode(stdout), "it was stopped");
      for (const told of [stdout, stderr]) {
        assertStringIncludes(new TextDecoder().decode(told), "it never rolls back");
      }
      const own = await rig.run(["selftest", "--task"]);
      assertEquals([own.code, own.stdout.includes("rolls back")], [1, false]);
      assertStringIncludes(own.stderr, "A guest is made for it: 1999");
      assertStringIncludes(own.stderr, "Left.");
      const json = await rig.run(["selftest", "--task", "--vmid", "1001", "--json"]);
      assertEquals([json.code, JSON.parse(json.stdout).ok], [1, false]);
    });
  });

  await t.step("state ack does nothing without --yes", async () => {
    let calls = 0;
    const state_ack = () => ({ instance: `new${++calls}` });
    await serve(rig, { state_ack }, async () => {
      const asked = await rig.run(["state", "ack"]);
      assertEquals([asked.code, calls], [4, 0]);
      assertStringIncludes(asked.stdout, "state ack --yes");
      const done = await rig.run(["state", "ack", "--yes"]);
      assertEquals([done.code, calls], [0, 1]);
      assertStringIncludes(done.stdout, "The instance is new1");
    });
  });

  await t.step("audit head prints what to keep elsewhere", async () => {
    const head = { seq: 7, hash: "ab".repeat(32), at: 0, instance: "i" };
    await serve(rig, { audit_head: () => head }, async () => {
      const { code, stdout } = await rig.run(["audit", "head"]);
      assertEquals([code, stdout.split("\n")[0]], [0, `7:${head.hash}`]);
      const json = await rig.run(["audit", "head", "--json"]);
      assertEquals(JSON.parse(json.stdout), { version: 1, ...head });
    });
  });

  await t.step("what the daemon refuses is refused with its own code", async () => {
    await serve(rig, {}, async () => {
      const { code, stderr } = await rig.run(["why", "1001"]);
      assertEquals(code, 70);
      assertStringIncludes(stderr, "(internal.bug)");
    });
  });
});

Deno.test("Without a daemon", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  await t.step("what is no document is refused before anybody is asked", async () => {
    const cases = [
      [["apply", "--dry-run"], '{"version": 1}', "desired.invalid"],
      [["apply"], "{", "desired.invalid"],
      [["apply"], DESIRED.replace("1001", "101"), "desired.invalid"],
      [["submit"], "{}", "authz.unknown_version"],
      [["submit"], "", "authz.not_json"],
      [["request"], "{", "usage.invalid"],
    ] as const;
    for (const [args, input, code] of cases) {
      const { stderr } = await pipe(rig, input, ...args);
      assertStringIncludes(stderr, `(${code})`);
    }
  });

  await t.step("what needs it says how to start it", async () => {
    for (const [command, input] of [["apply", DESIRED], ["request", WISH]] as const) {
      const { code, stderr } = await pipe(rig, input, command);
      assertEquals(code, 3, stderr);
      assertStringIncludes(stderr, "systemctl status felhom-agent");
    }
  });

  {
    using lock = lockState(rig.box.outside("/var/lib/felhom-agent"));
    using state = openState(lock, { now: 1, newInstance: "i", reserve: SMALL_RESERVE });
    state.operations.authorise(operation("o1", { vmid: 1001, evidence: { why: "It is off" } }));
    state.operations.advance("o1", "started", { at: 2 });
    state.operations.advance("o1", "failed", { at: 3, detail: { why: "CT is locked" } });
    for (const at of [4, 5]) state.audit.append({ at, kind: "x", body: {} });
  }

  await t.step(
    "audit verify finds the head that was kept, and says where it does not",
    async () => {
      const whole = await rig.run(["audit", "verify", "--json"]);
      const { version, holds, links, head } = JSON.parse(whole.stdout);
      assertEquals([whole.code, version, holds, links, head.seq], [0, 1, true, 2, 2], whole.stderr);
      const kept = await rig.run(["audit", "verify", "--head", `2:${head.hash}`]);
      assertEquals([kept.code, kept.stderr], [0, ""]);
      assertStringIncludes(kept.stdout, "It has the head 2 that was kept.");
      for (
        const [wrong, code, says] of [
          [`1:${head.hash}`, 1, "at link 1: it is not the one seen before"],
          [`9:${head.hash}`, 1, "links up to 9 were seen before and are missing"],
          ["2:abc", 2, "Cannot read the head"],
        ] as const
      ) {
        const found = await rig.run(["audit", "verify", "--head", wrong]);
        assertEquals(found.code, code);
        assertStringIncludes(found.stderr, says);
      }
    },
  );

  await t.step("why, journal and pending tell what the state on the disk knows", async () => {
    const note = "The daemon does not run; this is what the state on the disk tells.\n";
    const why = await rig.run(["why", "1001"]);
    assertEquals([why.code, why.stderr], [0, note]);
    assertStringIncludes(why.stdout, "guest.start, is failed (CT is locked)");
    const journal = await rig.run(["journal", "--vmid", "1001", "--json"]);
    assertEquals(journal.stderr, note);
    const { version, from, operations } = JSON.parse(journal.stdout);
    assertEquals([version, from, operations[0].said], [1, "disk", "CT is locked"]);
    const one = await rig.run(["journal", "--id", "o1"]);
    assertStringIncludes(one.stdout, "CT is locked");
    assertEquals((await rig.run(["journal", "--id", "o2"])).code, 1);
    assertEquals(JSON.parse((await rig.run(["pending", "--json"])).stdout), {
      version: 1,
      from: "disk",
      pending: [],
    });
  });

  await t.step("status tells what is left to do, and ends with 3 all the same", async () => {
    const human = await rig.run(["status"]);
    assertEquals(human.code, 3);
    assertStringIncludes(human.stderr, "(control.unreachable)");
    assertStringIncludes(human.stdout, "unfinished     0 operations");
    const json = await rig.run(["status", "--json"]);
    assertEquals([json.code, json.stderr], [3, ""]);
    const { version, error, state } = JSON.parse(json.stdout);
    assertEquals([version, error.code], [1, "control.unreachable"]);
    assertEquals(state, {
      instance: "i",
      startedAt: null,
      doubt: null,
      revision: null,
      quarantined: [],
      unfinished: 0,
      pending: 0,
    });
  });

  await t.step("who may not use the socket is told so, and gets nothing else", async () => {
    if (sandboxKind !== "root") return;
    await serve(rig, { why: () => ({ why: "Fine." }) }, async () => {
      // Everything but the socket is the user's.
      await rig.box.giveTo(4711);
      await Deno.chown(rig.box.outside(SOCKET), 0, 0);
      const { code, stdout, stderr } = await rig.run(["why", "1001"], { uid: 4711 });
      assertEquals([code, stdout], [3, ""]);
      assertStringIncludes(stderr, "(control.forbidden)");
      assert(!stderr.includes("on the disk"));
    });
  });
});
