import type { Address, OffLimits } from "../off_limits.ts";
import type { Attempt, Probe } from "../probe.ts";
import type { Removal } from "../removals.ts";
import { type Right, RIGHTS } from "../rights.ts";
import {
  ASKING_SYSTEM,
  IMPORTING,
  LOADING,
  READING_ENVIRONMENT,
  REQUIRING,
  RUNNING,
  STARTING_ISOLATES,
  using,
} from "./code.ts";
import { openingDatabase, reading, writing } from "./files.ts";
import { connecting, connectingByPath, FETCHING, LISTENING } from "./network.ts";

/** pvedaemon without TLS, on every Proxmox host. */
const PVEDAEMON: Address = { host: "127.0.0.1", port: 85 };

/** All that is tried before a seal is believed, in the order it is shown. */
export function probes(limits: OffLimits, removals: readonly Removal[]): Probe[] {
  const byRight: { readonly [R in Right]: readonly Attempt[] } = {
    net: [
      ...[PVEDAEMON, ...limits.addresses].flatMap(connecting),
      ...["\0felhom-probe", "/run/felhom-probe.sock", ...limits.sockets].flatMap(connectingByPath),
      FETCHING,
      ...LISTENING,
    ],
    read: [
      ...["/etc/passwd", "/proc/self/environ", ...limits.read].flatMap(reading),
      ...limits.read.flatMap(openingDatabase),
      ...REQUIRING,
    ],
    write: ["/tmp", ...limits.write].flatMap(writing),
    env: READING_ENVIRONMENT,
    run: RUNNING,
    sys: ASKING_SYSTEM,
    ffi: LOADING,
    import: IMPORTING,
  };
  return [
    ...RIGHTS.flatMap((right) => byRight[right].map((attempt) => ({ ...attempt, right }))),
    ...[...STARTING_ISOLATES, ...using(removals)]
      .map((attempt) => ({ ...attempt, right: "global" as const })),
  ];
}
