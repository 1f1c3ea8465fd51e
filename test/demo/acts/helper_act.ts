import { answerSchema, RESULTS } from "../../../privileged/protocol.ts";
import { renderTable } from "../../../src/cli/table.ts";
import { repositoryRoot } from "../../support/repository.ts";
import type { Narrator } from "../narrator.ts";
import type { Stage } from "../stage.ts";
import type { Act } from "./act.ts";

/** The privileged helper: what it reads, what it refuses, and what its process may not do. */
export const showHelper: Act = async (narrator, stage) => {
  narrator.step(
    "The privileged helper: root for three things, and the right to run programs alone.",
  );
  const { folder, program } = await stage.buildHelper();
  await showReads(narrator, stage, program);
  await showRefusal(narrator, stage, program);
  await showRights(narrator, stage, folder);
};

async function showReads(narrator: Narrator, stage: Stage, helper: string): Promise<void> {
  const request = { v: 1, id: "demo-1", op: "helper.health", params: {} };
  const answer = await ask(stage, helper, request);
  if (!answer.ok) throw new Error(`The helper did not answer: ${answer.error.message}`);
  const { operations } = RESULTS["helper.health"]().parse(answer.result);
  narrator.show(
    `echo '${JSON.stringify(request)}' | felhom-privileged`,
    renderTable(
      [{ title: "operation" }, { title: "on this machine" }],
      operations.map(({ op, problem }) => [op, cut(problem ?? "ready")]),
      { width: undefined },
    ),
  );
  narrator.claim(
    `it answers, and says of its ${operations.length} operations whether they could run here`,
    operations.length > 0,
  );
  const sensors = await ask(stage, helper, { ...request, id: "demo-2", op: "hardware.sensors" });
  narrator.show(
    `… "op":"hardware.sensors" …`,
    JSON.stringify(sensors.ok ? sensors.result : sensors.error),
  );
  narrator.claim(
    "a machine without sensors, or without the program, gets an answer too",
    sensors.ok || sensors.error.code === "program_missing",
    sensors,
  );
}

async function showRefusal(narrator: Narrator, stage: Stage, helper: string): Promise<void> {
  const params = { device: "/dev/sda --set=standby,now" };
  const request = { v: 1, id: "demo-3", op: "hardware.smart", params };
  const answer = await ask(stage, helper, request);
  narrator.show(
    `echo '${JSON.stringify(request)}' | felhom-privileged`,
    JSON.stringify(answer.ok ? answer.result : answer.error),
  );
  narrator.claim(
    "an option that hides in a value is refused before anything is started",
    !answer.ok && answer.error.code === "invalid" && answer.error.changed === "no",
    answer,
  );
}

/** The same attempts as the tests make, by a program under the helper's own permission set. */
async function showRights(narrator: Narrator, stage: Stage, folder: string): Promise<void> {
  await Deno.copyFile("/usr/bin/ls", `${folder}/ls`);
  const probe = new URL("test/privileged/fence_probe.ts", repositoryRoot).pathname;
  const { stdout } = await stage.privileged(probe, [folder, "privileged"]);
  const { "a listed program": listed, ...rest }: Record<string, string> = JSON.parse(stdout);
  const shown = ["TCP", "DNS", "unix connect", "read a file", "write a file", "environment"];
  const programs = ["shell", "/usr/sbin/pct", "a listed name in another folder", "LD_PRELOAD"];
  narrator.show(
    "(code of somebody else's, with the helper's rights)",
    renderTable(
      [{ title: "attempt" }, { title: "outcome" }],
      [...shown, ...programs].map((name) => [name, rest[name] ?? "not tried"]),
      { width: undefined },
    ),
  );
  const outcomes = Object.values(rest);
  narrator.claim(
    `a listed program starts; the other ${outcomes.length} attempts were denied`,
    listed === "done" && outcomes.length > 30 && outcomes.every((outcome) => outcome === "denied"),
    rest,
  );
}

async function ask(stage: Stage, helper: string, request: unknown) {
  const { stdout } = await stage.privileged(helper, [], JSON.stringify(request) + "\n");
  return answerSchema().parse(JSON.parse(stdout));
}

function cut(text: string): string {
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
}
