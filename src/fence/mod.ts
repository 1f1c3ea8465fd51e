/** The fence: what each isolate may do, how it gives up the rest, and the proof that it did. */
export {
  clientRights,
  type DaemonRights,
  daemonRights,
  hostAndPort,
  type Reach,
} from "./daemon_rights.ts";
export type { ProbeResult } from "./probe.ts";
export { type Held, NOTHING, type Right, RIGHTS, workerPermissions } from "./rights.ts";
export { seal, SEAL_PARTS, type SealParts, type SealPlan, type SealReport } from "./seal.ts";
export { AGENT_SET, mainRights } from "./main_rights.ts";
