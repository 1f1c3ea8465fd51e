import { assertEquals } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { RunningProcess } from "../../support/agent_rig.ts";
import { livesOn } from "./lives_on.ts";

const silent = () => Promise.reject(new FelhomError("control.unreachable", "It broke off"));

function sleeper(): RunningProcess {
  return new RunningProcess(
    new Deno.Command("sleep", { args: ["60"], stdout: "piped", stderr: "piped" }).spawn(),
  );
}

Deno.test("Who gives no answer lives on when it answers later, and is dead when it ends", async () => {
  await using process = sleeper();
  let asked = 0;
  const later = () => ++asked < 3 ? silent() : Promise.resolve("here");
  assertEquals(await livesOn(process, later), true);
  const dying = () => {
    if (++asked === 5) process.kill("SIGKILL");
    return silent();
  };
  assertEquals(await livesOn(process, dying), false);
});
