import {
  type BarredKeys,
  removedKeys,
  type Role,
  ROLES,
  type StoredSigners,
} from "../authz/mod.ts";
import type { Config } from "../config/mod.ts";
import type { StateReader } from "../state/mod.ts";

type ReadSigners = { readonly signers: Pick<StateReader["signers"], "current" | "history"> };

/** What the state holds of a role's signers; `undefined` while it holds none. */
export function storedSigners({ signers }: ReadSigners, role: Role): StoredSigners | undefined {
  const stored = signers.current(role);
  if (stored === undefined) return undefined;
  const { content: text, sequence, origin } = stored;
  return { text, sequence, origin, file: `the ${role} signers of the state` };
}

/** The keys that may not come from a file, by the state and by root's configuration. */
export function barredKeys(
  { signers }: ReadSigners,
  { revokedKeys }: Pick<Config["operations"], "revokedKeys">,
): BarredKeys {
  const history = ROLES.flatMap((role) => signers.history(role));
  return { removed: removedKeys(history), revoked: revokedKeys };
}
