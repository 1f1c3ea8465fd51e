import type { Scenario } from "../scenario.ts";
import { backups, manyBackups } from "./backups.ts";
import {
  bytes,
  dangerousConfig,
  pendingConfig,
  rootsConfig,
  runningConfig,
  stoppedConfig,
  values,
} from "./config.ts";
import { heldLock, power, reboot } from "./power.ts";
import { accounts, reads, refusals } from "./reads.ts";
import {
  lessPrivileges,
  missingVolume,
  restoreInProgress,
  restores,
  riskyRestores,
  unmounted,
} from "./restores.ts";
import { snapshots } from "./snapshots.ts";

/** The whole story, in parts. */
export const SCENARIOS: readonly Scenario[] = [
  reads,
  refusals,
  accounts,
  power,
  reboot,
  heldLock,
  stoppedConfig,
  runningConfig,
  dangerousConfig,
  pendingConfig,
  values,
  rootsConfig,
  bytes,
  snapshots,
  backups,
  manyBackups,
  restores,
  riskyRestores,
  restoreInProgress,
  missingVolume,
  unmounted,
  lessPrivileges,
];
