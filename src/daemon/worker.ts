/** The program of the daemon's Worker (see `src/build/bundle.ts`). */
import { receivePort } from "./fenced_worker.ts";
import { serveWorker } from "./serve_worker.ts";

await serveWorker(await receivePort());
