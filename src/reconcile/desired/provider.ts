import type { DesiredState } from "./desired_state.ts";

/**
 * Where a desired state comes from. The engine has one; several become one in `first_of.ts`.
 *
 * A hub would be another file like `local_provider.ts`: its client hands what comes over the wire to
 * `readDesired` (with the managed range, so that all of it is refused or none), stores the text under
 * the provider `hub`, and `storedProvider(state.desired, "hub")` reads it back. The network is never
 * asked by `current`.
 */
export interface DesiredProvider {
  readonly name: string;
  /**
   * What is wanted now; cheap, so that it can be asked anew for each guest.
   *
   * @throws {FelhomError} when it cannot be read: then nothing is known to be wanted, which is not the
   * same as wanting nothing, and the pass fails
   */
  current(): DesiredState;
}
