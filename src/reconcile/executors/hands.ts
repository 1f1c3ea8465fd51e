import type { Permit } from "../../gate/mod.ts";
import type { Mutations } from "../../proxmox/mod.ts";

/** All that changes anything through the helper. Each call waits until it is done. */
export interface HelperHands {
  createGolden(permit: Permit, call: HelperCall): Promise<unknown>;
  mountDisk(permit: Permit, call: HelperCall): Promise<unknown>;
  unmountDisk(permit: Permit, call: HelperCall): Promise<unknown>;
}

export interface HelperCall {
  /** Id of the operation in the journal: both sides log it. */
  readonly operation: string;
  readonly signal?: AbortSignal;
}

/** All that changes anything outside of the agent's own state. Made by the wiring. */
export interface Hands {
  readonly proxmox: Mutations;
  /** Null when there is no helper on this host (`privileged.mode` is `off`). */
  readonly helper: HelperHands | null;
}
