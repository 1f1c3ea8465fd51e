/** Tries to make a rig whose daemon is not there, and prints why it could not. */
import { AgentRig } from "./agent_rig.ts";

let said = "A rig was made";
try {
  await using _rig = await AgentRig.create({ daemon: "test/nonexistent.ts" });
} catch (error) {
  if (!(error instanceof Error)) throw error;
  said = error.message;
}
await Deno.stdout.write(new TextEncoder().encode(said));
