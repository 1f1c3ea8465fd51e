import type { Clock } from "../../../src/clock.ts";
import type { Api } from "../seam.ts";
import type { FaultRules } from "./faults.ts";
import type { Latency } from "./latency.ts";
import type { Pvedaemon } from "./pvedaemon.ts";

/** What an exchange stands on. One for the whole server. */
export interface ExchangeContext {
  readonly api: Api;
  readonly clock: Clock;
  /** What an idle connection is cut off by. */
  readonly callClock: Clock;
  readonly pvedaemon: Pvedaemon;
  readonly clusterFileSystem: ClusterFileSystem;
  readonly faults: FaultRules;
  readonly latency: Latency;
  /** Ends every wait when the server stops. */
  readonly closing: AbortSignal;
  /** Told of what the half behind threw: a bug of the simulator. */
  readonly onCrash: (error: unknown) => void;
  /** Told that pvedaemon was restarted, which kills its tasks (FACTS §1.5). */
  readonly onDaemonRestart: () => void;
}

/** The cluster file system under pveproxy; without it nobody can be authenticated (OBSERVED 13). */
export interface ClusterFileSystem {
  up: boolean;
  /** Whether a request has met it down: that one waits longer (`pmxcfs-down-version`). */
  noticed: boolean;
}
