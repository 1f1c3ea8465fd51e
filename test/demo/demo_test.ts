import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { repositoryRoot } from "../support/repository.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";
import type { Act } from "./acts/act.ts";
import { showAudit } from "./acts/audit_act.ts";
import { showConvergence } from "./acts/converge_act.ts";
import { showCrash } from "./acts/crash_act.ts";
import { showHealing } from "./acts/heal_act.ts";
import { showSelftest } from "./acts/selftest_act.ts";
import { showSignedDestroy } from "./acts/signed_act.ts";
import { BrokenClaim, Narrator } from "./narrator.ts";
import { Stage } from "./stage.ts";

const ignore = sandboxKind === undefined;
if (ignore) {
  // deno-lint-ignore no-console -- whoever reads the result must know what was left out
  console.log(`The demo is not tested: ${NO_SANDBOX}`);
}

interface DemoOptions {
  readonly args?: readonly string[];
  /** @default the caller's */
  readonly path?: string;
}

function demo(temporary: string, { args = [], path }: DemoOptions = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--frozen", "test/demo/main.ts", ...args],
    cwd: repositoryRoot,
    env: {
      TMPDIR: temporary,
      NO_COLOR: "1",
      ...path === undefined ? {} : { PATH: path },
    },
    // A group of its own, as in a terminal, where Ctrl-C goes to everything that was started.
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function leftIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

/** Reads what a program prints, on and on. */
class Reading {
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = "";

  constructor(child: Deno.ChildProcess) {
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until it has printed a text, or everything. */
  async until(text: string | undefined): Promise<void> {
    while (text === undefined || !this.text.includes(text)) {
      const { value, done } = await this.#reader.read();
      if (done) return;
      this.text += value;
    }
  }
}

Deno.test({
  name: "the demo shows what it claims, in time, and what it keeps can be used and goes away",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const start = performance.now();
    const child = demo(temporary, { args: ["--keep"] });
    const errors = new Response(child.stderr).text();
    const reading = new Reading(child);
    await reading.until("Ctrl-C ends it");
    const seconds = (performance.now() - start) / 1000;
    const tried = await tryOut(reading.text);
    Deno.kill(-child.pid, "SIGINT");
    await reading.until(undefined);
    const { code } = await child.status;
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals(code, 0, reading.text + await errors);
    assertEquals(reading.text.match(/\[holds\]/g)?.length, 41);
    assertStringIncludes(reading.text, "All 41 claims hold.");
    for (const part of ["acme-web", "authz.replayed", "probes denied", "ALLOWED", "LD_PRELOAD"]) {
      assertStringIncludes(reading.text, part);
    }
    assert(seconds < 60, `${seconds} s`);
    assertStringIncludes(tried, "school-wiki");
    assertStringIncludes(tried, "Write signature to ");
    assertStringIncludes(tried, "): succeeded\n");
    assertEquals(left, []);
  },
});

/** Runs every line that the demo offers to try, in one shell without an environment. */
async function tryOut(text: string): Promise<string> {
  const offered = text.slice(text.indexOf("To try:"), text.indexOf("Ctrl-C ends it"));
  const lines = offered.split("\n").filter((line) => /^ {2}[^# ]/.test(line));
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-uc", lines.join("\n")],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  return said;
}

Deno.test({
  name: "an interrupted demo cleans up and says so by its exit code",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const child = demo(temporary);
    const reading = new Reading(child);
    // The daemon runs now.
    await reading.until("3. Drift");
    Deno.kill(-child.pid, "SIGINT");
    await reading.until(undefined);
    const { code } = await child.status;
    await child.stderr.cancel();
    const left = await leftIn(temporary);
    await Deno.remove(temporary, { recursive: true });
    assertEquals([code, left], [130, []]);
  },
});

Deno.test({
  name: "without ssh-keygen the demo says what installs it, and starts nothing",
  ignore,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const programs = await Deno.makeTempDir();
    for (const program of ["unshare", "true"]) {
      await Deno.symlink(`/usr/bin/${program}`, `${programs}/${program}`);
    }
    const { code, stdout } = await demo(temporary, { path: programs }).output();
    const left = await leftIn(temporary);
    await Deno.remove(programs, { recursive: true });
    await Deno.remove(temporary, { recursive: true });
    assertEquals([code, left], [3, []]);
    assertStringIncludes(new TextDecoder().decode(stdout), "apt-get install openssh-client");
  },
});

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

    const fault = await control.addFault({
      method: "GET",
      path: "^/nodes/pve/storage$",
      fault: { kind: "status", status: 500 },
    });
    await breaks("a host whose storages cannot be read", showSelftest, "no check failed");
    await control.clearFaults();
    assert(fault.length > 0);

    await plays(showConvergence);

    await control.inject({ kind: "task", type: "vzstart", fate: { kind: "fail", message: "no" } });
    await breaks(
      "a start that fails and is sent again",
      showHealing,
      "it took one request for each",
    );

    await control.inject({ kind: "task", type: "vzdump", fate: { kind: "warn", message: "no" } });
    await breaks("a backup that ends with a warning", showCrash, "started again, it finds out");

    const { desk } = stage;
    const sign = desk.sign;
    desk.sign = async (document) => {
      const { stream, said } = await sign.call(desk, document);
      return { stream: stream.replace("clinic-files", "clinic-filez"), said };
    };
    await breaks("a document that was altered after it was signed", showSignedDestroy, "this host");
    desk.sign = sign;

    await stage.end();
    {
      using database = new DatabaseSync(`${stage.stateFolder}/state.db`);
      database.exec("UPDATE audit SET body = replace(body, '210', '211') WHERE seq = 2");
    }
    await stage.start();
    await breaks("an audit log that somebody altered", showAudit, "the daemon checked the whole");
    await stage.end();
  },
});

Deno.test("a claim that does not hold ends the demo and says which", () => {
  const narrator = new Narrator(() => {});
  narrator.step("Water.");
  const error = assertThrows(
    () => narrator.claim("water runs uphill", false, { seen: 1 }),
    BrokenClaim,
    "It does not hold that water runs uphill",
  );
  assertStringIncludes(error.message, '{"seen":1}');
  assertEquals(narrator.claims, 0);
});
