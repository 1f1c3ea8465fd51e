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
  const { folder, key } = stage.desk;
  const fault = (body: unknown) => `pve-fault '${JSON.stringify(body)}'`;
  const lines: readonly (readonly [what: string, line: string])[] = [
    [
      "once, in another terminal of the same user",
      `export PATH=${await stage.writePrograms()}:$PATH`,
    ],
    ["how it is", "felhom-agent status; felhom-agent guests; felhom-agent plan"],
    ["what it did", "felhom-agent journal"],
    ["kill a guest behind its back", fault({ kind: "crash", vmid: 210 })],
    ["and look again and again", "felhom-agent why 210; felhom-agent journal --vmid 210 --limit 3"],
    ["take a stale lock off, as pct unlock", fault({ kind: "lock", vmid: 230, lock: null })],
    ["wish what destroys", `echo '${DESTROY}' | felhom-agent request -; felhom-agent pending`],
    ["get its document", `felhom-agent pending --id 2 > ${folder}/try.json`],
    ["sign it", `ssh-keygen -Y sign -n felhom-op-v1 -f ${key} ${folder}/try.json`],
    [
      "hand it in",
      `cat ${folder}/try.json ${folder}/try.json.sig | felhom-agent submit - --wait`,
    ],
  ];
  narrator.say("\nSimulator and agent go on. To try:");
  for (const [what, line] of lines) narrator.say(`\n  # ${what}\n  ${line}`);
  narrator.say("\nCtrl-C ends it, and cleans up.");
  await ended;
  narrator.say("\nCleaning up.");
}
