/**
 * Hybrid keys through the shipped program: the verifier of their ML-DSA half is loaded after both
 * isolates are sealed, by the command line and by the daemon, at admission and after a restart.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readState } from "../../src/state/mod.ts";
import { hybridOperator } from "../authz/support/hybrid_operator.ts";
import { AgentRig, type Finished, type RunningProcess } from "../support/agent_rig.ts";
import { until } from "../sim/wire/until.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

const ignore = sandboxKind === undefined;
// deno-lint-ignore no-console -- a skipped test says why
if (ignore) console.log(`Skipped: ${NO_SANDBOX}`);

async function pipe(rig: AgentRig, input: string, ...args: readonly string[]): Promise<Finished> {
  const child = rig.command(args, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

const REASON = ["--reason", "contract ended"];
const ROTATE = ["op", "new", "--op", "signers.rotate", "--param", "role=operational", ...REASON];

Deno.test("Hybrid keys sign, are rotated in, and hold after a restart", { ignore }, async (t) => {
  await using rig = await AgentRig.create();
  // As many as one rotation brings in: its document has 16 KiB, a line has 1.9.
  const people = ["anna", "bela", "cili", "dora", "emma", "fani"].map(hybridOperator);
  const [anna] = people;
  if (anna === undefined) throw new Error("Cannot sign without anybody");
  const lines = people.map((one) => one.line()).join("");
  const folder = rig.box.outside("/var/lib/felhom-agent");
  await Deno.mkdir(rig.box.outside("/etc/felhom-agent/signers"));
  await rig.box.write("/etc/felhom-agent/signers/operational", anna.line(), 0o640);
  const started = async (): Promise<RunningProcess> => {
    const daemon = rig.start(["run"], { env: { FELHOM_AGENT_GUESTS_MANAGED_VMIDS_FIRST: "100" } });
    await daemon.line("Read the host");
    return daemon;
  };

  const { guests } = JSON.parse((await rig.run(["guests", "--json"])).stdout);
  const isStopped = ({ status }: { readonly status: string }) => status === "stopped";
  const vmid = Number(guests.find(isStopped)?.vmid);
  const destroy = ["--op", "guest.destroy", "--vmid", String(vmid), "--param", "purge=true"];
  let operation = "";

  await t.step("a rotation to six of them is checked, taken and carried out", async () => {
    await using daemon = await started();
    const { stdout: document, code, stderr } = await pipe(rig, lines, ...ROTATE);
    assertEquals(code, 0, stderr);
    const signatures = await Promise.all(people.map((one) => one.sign(document)));
    const checked = await pipe(rig, document + signatures.join(""), "op", "check");
    assertEquals(checked.code, 0, checked.stdout + checked.stderr);
    assertStringIncludes(checked.stdout, "ssh-mldsa44-ed25519@openssh.com SHA256:");
    const unproven = document + signatures.slice(0, 5).join("");
    assertEquals((await pipe(rig, unproven, "submit")).code, 4);
    const forged = document + signatures.join("").replace(signatures[5] ?? "", signatures[0] ?? "");
    assertEquals((await pipe(rig, forged, "submit")).code, 4);
    const done = await pipe(rig, document + signatures.join(""), "submit", "--wait");
    assertEquals(done.code, 0, done.stdout + done.stderr);
    const inForce = readState(folder, ({ signers }) => signers.current("operational"));
    assertEquals(inForce?.content, lines);
    assertEquals((await daemon.stop()).code, 0);
  });

  await t.step("what waits for its guest is verified again by the next daemon", async () => {
    rig.pve.inject({ kind: "lock", vmid, lock: "backup" });
    {
      await using daemon = await started();
      const { stdout: document } = await rig.run(["op", "new", ...destroy, ...REASON]);
      const submission = document + await (people[1] ?? anna).sign(document);
      const taken = await pipe(rig, submission, "submit", "--json");
      assertEquals(taken.code, 0, taken.stdout + taken.stderr);
      operation = JSON.parse(taken.stdout).operation;
      assertEquals((await daemon.stop()).code, 0);
    }
    const stateOf = () => readState(folder, ({ operations }) => operations.get(operation)?.state);
    assertEquals(stateOf(), "authorised");
    rig.pve.inject({ kind: "lock", vmid, lock: null });
    await using daemon = await started();
    await until(() => stateOf() !== "authorised" && stateOf() !== "started");
    await until(() => stateOf() !== "task_running");
    assertEquals(stateOf(), "succeeded");
    assertEquals((await daemon.stop()).code, 0);
  });
});
