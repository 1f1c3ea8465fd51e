import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Act } from "./acts/act.ts";
import { showAudit } from "./acts/audit_act.ts";
import { showConvergence } from "./acts/converge_act.ts";
import { showCrash } from "./acts/crash_act.ts";
import { showHealing } from "./acts/heal_act.ts";
import { showSelftest } from "./acts/selftest_act.ts";
import { demo, ignore, leftIn } from "./demo_process.ts";
import { BrokenClaim, Narrator } from "./narrator.ts";
import { Stage } from "./stage.ts";

Deno.test({
  name: "a demo whose stage is broken on purpose fails, and says which claim does not hold",
  ignore,
  async fn(test) {
    await using stage = await Stage.create();
    const { control } = stage.simulator;
    const silent = () => new Narrator(() => {});
    const plays = async (show: Act) => await show(silent(), stage);
    const breaks = async (name: string, show: Act, claim: string) => {
      await test.step(name, async () => {
        await assertRejects(() => plays(show), BrokenClaim, `It does not hold that ${claim}`);
      });
    };

    await control.addFault({
      method: "GET",
      path: "^/nodes/pve/storage$",
      fault: { kind: "status", status: 500 },
    });
    await breaks("a host whose storages cannot be read", showSelftest, "no check failed");
    await control.clearFaults();

    await plays(showConvergence);

    await control.inject({ kind: "task", type: "vzstart", fate: { kind: "fail", message: "no" } });
    await breaks(
      "a start that fails and is sent again",
      showHealing,
      "it took one request for each",
    );

    await control.inject({ kind: "task", type: "vzdump", fate: { kind: "warn", message: "no" } });
    await breaks("a backup that ends with a warning", showCrash, "started again, it finds out");

    await stage.end();
    {
      using database = new DatabaseSync(`${stage.stateFolder}/state.db`);
      // The first that is about it: which guest is looked at first is not said.
      const { changes } = database.prepare(
        `UPDATE audit SET body = replace(body, '210', '211')
         WHERE seq = (SELECT min(seq) FROM audit WHERE instr(body, '210') > 0)`,
      ).run();
      assertEquals(changes, 1);
    }
    await stage.start();
    await breaks("an audit log that somebody altered", showAudit, "the daemon checked the whole");
    await stage.end();
  },
});

Deno.test({
  name: "a demo in which ssh-keygen signs for another purpose fails, and says so by its exit code",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const programs = await Deno.makeTempDir();
    const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
    await Deno.writeTextFile(
      `${programs}/ssh-keygen`,
      `#!/bin/sh\nfor word; do shift; [ "$word" = felhom-op-v1 ] && word=file; ` +
        `set -- "$@" "$word"; done\nPATH=${path} exec ssh-keygen "$@"\n`,
      { mode: 0o755 },
    );
    const { code, stdout } = await demo(temporary, { path: `${programs}:${path}` }).output();
    const left = await leftIn(temporary);
    await Deno.remove(programs, { recursive: true });
    await Deno.remove(temporary, { recursive: true });
    const text = new TextDecoder().decode(stdout);
    assertEquals([code, left], [1, []], text);
    assertStringIncludes(text, "THE DEMO FAILED. It does not hold that this host would accept it");
    assertStringIncludes(text, "authz.signature_namespace");
  },
});
