/** Either Worker, in which the seal leaves something out. */
import { serveRole } from "../../../src/daemon/serve_role.ts";
import { SABOTAGES } from "./sabotage.ts";

const seal = SABOTAGES["does not delete caches"];
if (seal === undefined) throw new Error("There is no such sabotage");
await serveRole({ seal });
