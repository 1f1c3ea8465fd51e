import type { DesiredState } from "./desired_state.ts";

/** Where a desired state comes from. */
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
