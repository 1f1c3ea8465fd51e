/** The daemon, in which the seal leaves something out when it is the daemon that is named. */
import { serveRole } from "../../../src/daemon/serve_role.ts";
import { SEAL_PARTS } from "../../../src/fence/mod.ts";
import { SABOTAGES } from "./sabotage.ts";

const [isolate, sabotage = ""] = Deno.args;
await serveRole({ seal: (isolate === "daemon" ? SABOTAGES[sabotage] : undefined) ?? SEAL_PARTS });
