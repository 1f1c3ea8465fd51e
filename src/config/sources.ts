import type { Clock } from "../clock.ts";
import type { ReadEnv } from "./environment.ts";
import { type ReadFile, readSystemFile } from "./files.ts";

/** Where a configuration comes from; the machine's own are {@linkcode systemSources}. */
export interface ConfigSources {
  /**
   * The file.
   *
   * @default "/etc/felhom-agent/agent.json"
   */
  readonly path?: string | undefined;
  readonly env: ReadEnv;
  readonly read: ReadFile;
  /** Epoch milliseconds, to judge certificates by. */
  readonly now: number;
}

/**
 * The machine's own sources. Needs the rights that `loadConfig` names.
 *
 * @param path the `--config` of the command line
 */
export function systemSources(clock: Clock, path?: string): ConfigSources {
  return {
    path,
    env: (name) => Deno.env.get(name),
    read: readSystemFile,
    now: clock.now(),
  };
}
