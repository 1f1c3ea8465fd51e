/** Seals itself as the daemon does, but for one thing; says what came of it. */
import * as z from "zod";
import { FelhomError } from "../../../src/errors.ts";
import { type DaemonRights, seal } from "../../../src/fence/mod.ts";
import { SABOTAGES } from "./sabotage.ts";

const order = z.object({
  sabotage: z.string(),
  rights: z.custom<DaemonRights>((value) => typeof value === "object"),
});

self.addEventListener("message", async (event) => {
  if (!(event instanceof MessageEvent)) return;
  const { sabotage, rights } = order.parse(event.data);
  const [port] = event.ports;
  try {
    await seal(
      { isolate: sabotage, before: rights.starting, after: rights.sealed },
      SABOTAGES[sabotage],
    );
    port?.postMessage("holds");
  } catch (error) {
    port?.postMessage(error instanceof FelhomError ? `${error.code}: ${error.message}` : "else");
  }
});
