import type { HelperMutations } from "../../helper/mod.ts";
import type { Mutations } from "../../proxmox/mod.ts";

/** All that changes anything outside of the agent's own state. Made by the wiring. */
export interface Hands {
  readonly proxmox: Mutations;
  /** Null when there is no helper on this host (`privileged.mode` is `off`). */
  readonly helper: HelperMutations | null;
}
