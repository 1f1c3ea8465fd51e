/** The daemon, with a look at the helper's socket, the one path it keeps. */
import { serveRole } from "../../../src/daemon/serve_role.ts";
import { lookAtHelper } from "./attempts.ts";

await serveRole({ sealed: lookAtHelper });
