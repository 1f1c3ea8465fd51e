import { createGolden } from "./golden_create.ts";
import { readSensors, readSmart } from "./hardware.ts";
import { readHealth } from "./health.ts";
import { mountDisk, unmountDisk } from "./host_mounts.ts";
import { containerCommands, mountCommand, smartCommand, unmountCommand } from "./commands.ts";
import type { Host, Needs } from "./host.ts";
import {
  OPERATION_NAMES,
  type OperationName,
  type Params,
  type Request,
  type Result,
} from "./protocol.ts";

interface Operation<Op extends OperationName> {
  /** Why this is not done through the Proxmox API. */
  readonly reason: string;
  /** Where that is known from. */
  readonly source: string;
  /** The programs it starts; null when the unit does not configure the operation. */
  needs(host: Pick<Host, "vmids">): Needs | null;
  run(params: Params<Op>, host: Host): Promise<Result<Op>>;
}

const MOUNT_READERS = ["findmnt", "lsblk", "stat", "ls"] as const;

/**
 * Everything the helper does, and why it is done here. What the other side must know as well (schema
 * with bounds, whether it mutates, time limit) is the row of the same name in `protocol.ts`; how each
 * command line builds its arguments and its sudoers rule is in `commands.ts`.
 */
export const TABLE: { readonly [Op in OperationName]: Operation<Op> } = {
  "golden.create": {
    reason: "Feature flags other than nesting may be set by root@pam only, by no token",
    source: "FACTS §3.3; OBSERVED 23",
    needs: ({ vmids }) =>
      vmids === null ? null : { commands: Object.values(containerCommands(vmids)), readers: [] },
    run: createGolden,
  },
  "disk.mount": {
    reason: "The API cannot mount a filesystem that is there already; it can only make new ones",
    source: "api-9.2.3.json, /nodes/{node}/disks",
    needs: () => ({ commands: [mountCommand, unmountCommand], readers: MOUNT_READERS }),
    run: mountDisk,
  },
  "disk.unmount": {
    reason: "The API cannot unmount a filesystem",
    source: "api-9.2.3.json, /nodes/{node}/disks",
    needs: () => ({ commands: [unmountCommand], readers: MOUNT_READERS }),
    run: unmountDisk,
  },
  "hardware.smart": {
    reason: "disks/smart needs Sys.Audit on / and shows NVMe and SAS as text, errors as UNKNOWN",
    source: "FACTS §6",
    needs: () => ({ commands: [smartCommand], readers: [] }),
    run: readSmart,
  },
  "hardware.sensors": {
    reason: "The API shows no temperatures, fans or voltages",
    source: "api-9.2.3.json, /nodes/{node}",
    needs: () => ({ commands: [], readers: ["sensors"] }),
    run: readSensors,
  },
  "helper.health": {
    reason: "Only the helper can say whether its programs and sudo rules are in place",
    source: "design, section 2",
    needs: () => ({ commands: [], readers: ["stat"] }),
    run: (_, host) => readHealth(allNeeds(host), host),
  },
};

/** What each operation needs, by name. */
export function allNeeds(
  host: Pick<Host, "vmids">,
): { readonly op: OperationName; readonly needs: Needs | null }[] {
  return OPERATION_NAMES.map((op) => ({ op, needs: TABLE[op].needs(host) }));
}

/** Does what a request asks for. */
export function perform<Op extends OperationName>(
  request: Request<Op>,
  host: Host,
): Promise<Result<Op>> {
  const operation: Operation<Op> = TABLE[request.op];
  return operation.run(request.params, host);
}
