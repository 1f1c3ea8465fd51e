/** The daemon, which dies of something nobody catches once it is sealed. */
import { serveRole } from "../../../src/daemon/serve_role.ts";

const WAYS: Readonly<Record<string, () => void>> = {
  throws: () => {
    throw new Error("a bug");
  },
  rejects: () => void Promise.reject(new Error("a bug")),
};

await serveRole({
  sealed: () => {
    setTimeout(WAYS[Deno.args[0] ?? ""] ?? (() => {}), 100);
    return Promise.resolve();
  },
});
