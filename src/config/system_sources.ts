import { readSystemFile } from "./files.ts";
import type { ConfigSources } from "./load.ts";

/**
 * The machine's own sources. Needs what {@linkcode ConfigSources} says of `loadConfig`.
 *
 * @param path the `--config` of the command line
 */
export function systemSources(path?: string): ConfigSources {
  return {
    path,
    env: (name) => Deno.env.get(name),
    read: readSystemFile,
    now: Date.now(),
  };
}
