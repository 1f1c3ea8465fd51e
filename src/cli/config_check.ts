import { readInForce, type Role } from "../authz/mod.ts";
import { ConfigError } from "../config/problem.ts";
import { loadConfig, systemSources } from "../config/mod.ts";
import { EXIT } from "../errors.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { describeSource } from "./describe_source.ts";

/** Loads the configuration as the daemon would and says whether it can be used. */
export async function run({ options, output, clock }: Invocation): Promise<ExitCode> {
  try {
    const config = await loadConfig(systemSources(clock, options.config));
    const { path, fileFound, signers, operations: { revokedKeys: revoked } } = config;
    const fileOf = (role: Role) => ({
      ...{ text: signers[role].text, file: signers[role].path, sequence: 1, fresh: true },
    });
    // Which keys were removed, the state alone knows; the daemon tells that when it starts.
    readInForce({ operational: fileOf("operational"), recovery: fileOf("recovery") }, {
      revoked,
      barred: () => ({ removed: new Map(), revoked }),
    });
    if (options.json) output.writeJson({ version: 1, path, fileFound, ok: true, problems: [] });
    else output.write(`The configuration can be used: ${describeSource(config)}.\n`);
    return EXIT.ok;
  } catch (error) {
    if (!options.json || !(error instanceof ConfigError)) throw error;
    const { path, problems } = error;
    output.writeJson({ version: 1, path, ok: false, problems });
    return error.exitCode;
  }
}
