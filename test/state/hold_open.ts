/** Writes an operation and holds the state until it is killed or its stdin ends. Argument: folder. */
import { lockState, openState } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";
import { SMALL_RESERVE } from "./state_folder.ts";

const [folder = ""] = Deno.args;
using lock = lockState(folder);
using state = openState(lock, { now: 1, newInstance: "a", reserve: SMALL_RESERVE });
state.operations.authorise(operation("held"));
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
await Deno.stdin.read(new Uint8Array(1));
