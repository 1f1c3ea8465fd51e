/** The program of both kinds of Worker (see `src/build/bundle.ts`). */
import { serveRole } from "./serve_role.ts";

await serveRole();
