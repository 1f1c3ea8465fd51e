import type { Act } from "./acts/act.ts";
import { showAudit } from "./acts/audit_act.ts";
import { showConvergence } from "./acts/converge_act.ts";
import { showCrash } from "./acts/crash_act.ts";
import { showFence } from "./acts/fence_act.ts";
import { showHealing } from "./acts/heal_act.ts";
import { showHelper } from "./acts/helper_act.ts";
import { showSelftest } from "./acts/selftest_act.ts";
import { showSignedDestroy } from "./acts/signed_act.ts";
import { showWrongServer } from "./acts/wrong_server_act.ts";

/** The demo, in its order: each act takes the stage as the one before has left it. */
export const ACTS: readonly Act[] = [
  showSelftest,
  showConvergence,
  showHealing,
  showSignedDestroy,
  showCrash,
  showAudit,
  showFence,
  showWrongServer,
  showHelper,
];
