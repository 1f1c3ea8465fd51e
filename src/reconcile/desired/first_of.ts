import { NOTHING_SAID } from "./empty_provider.ts";
import type { DesiredProvider } from "./provider.ts";

/**
 * Several providers as one: the first that has ever said anything counts, alone. What one of them
 * wants is never mixed with what another wants; and one that cannot be read does not give way to the
 * next, whose wishes may be older.
 */
export function firstOf(providers: readonly DesiredProvider[]): DesiredProvider {
  return {
    name: providers.map(({ name }) => name).join(", "),
    current() {
      for (const provider of providers) {
        const desired = provider.current();
        if (desired !== NOTHING_SAID) return desired;
      }
      return NOTHING_SAID;
    },
  };
}
