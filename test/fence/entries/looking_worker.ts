/** Either Worker, with a look around from inside it between the seal and the first request. */
import { serveRole } from "../../../src/daemon/serve_role.ts";
import { lookAround } from "./attempts.ts";

await serveRole({ sealed: () => lookAround("Worker") });
