import { quote } from "../support/sandbox.ts";
import type { Narrator } from "./narrator.ts";
import type { Stage } from "./stage.ts";

const DESTROY = JSON.stringify({
  action: { kind: "guest.destroy", guest: 230, params: { purge: true } },
  why: "contract ended",
});

/** Leaves simulator and agent running, and says what can be tried, until it is told to end. */
export async function keep(
  narrator: Narrator,
  stage: Stage,
  ended: Promise<unknown>,
): Promise<void> {
  await stage.start();
  const programs = await writePrograms(stage);
  const { folder, key } = stage.desk;
  const op = `${folder}/try.json`;
  const fault = (body: unknown) => `pve-fault '${JSON.stringify(body)}'`;
  const lines: readonly (readonly [what: string, line: string])[] = [
    ["once, in another terminal of the same user", `export PATH=${programs}:$PATH`],
    ["how it is", "felhom-agent status; felhom-agent guests; felhom-agent plan"],
    ["what it did", "felhom-agent journal"],
    ["kill a guest behind its back", fault({ kind: "crash", vmid: 210 })],
    ["and look again and again", "felhom-agent why 210; felhom-agent journal --vmid 210 --limit 3"],
    [
      "try tasks on a guest that is made for it, and destroyed at the end",
      "felhom-agent selftest --task",
    ],
    [
      "the lock of a backup that is long over goes, as root sees to it after a look",
      fault({ kind: "lock", vmid: 230, lock: null }),
    ],
    ["wish what destroys", `echo '${DESTROY}' | felhom-agent request -; felhom-agent pending`],
    ["get its document", `felhom-agent pending --id 2 > ${op}`],
    ["sign it", `ssh-keygen -Y sign -n felhom-op-v1 -f ${key} ${op}`],
    ["hand it in", `cat ${op} ${op}.sig | felhom-agent submit - --wait`],
  ];
  narrator.say("\nSimulator and agent go on. To try:");
  for (const [what, line] of lines) narrator.say(`\n  # ${what}\n  ${line}`);
  narrator.say("\nCtrl-C ends it, and cleans up.");
  await ended;
  narrator.say("\nCleaning up.");
}

/**
 * Writes programs for any shell, and answers with the folder they lie in: `felhom-agent`, and
 * `pve-fault`, which hands a fault of the world, as JSON, to the simulator.
 */
async function writePrograms(stage: Stage): Promise<string> {
  const { admin } = stage.simulator;
  const bin = await stage.folder("bin");
  const post = `const answer = await fetch(${JSON.stringify(`${admin.url}/world`)}, {` +
    ` method: "POST", body: Deno.args[0], headers: { authorization: "Bearer ${admin.secret}" } });` +
    " console.log(await answer.text());";
  const lines = {
    "felhom-agent": `${stage.agentLine} "$@"`,
    "pve-fault": `${quote(Deno.execPath())} eval --no-config ${quote(post)} "$1"`,
  };
  for (const [name, line] of Object.entries(lines)) {
    await Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\nexec ${line}\n`, { mode: 0o700 });
  }
  return bin;
}
