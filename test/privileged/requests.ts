import { OPERATION_NAMES, type OperationName } from "../../privileged/protocol.ts";

/** A request that is allowed, per operation. */
export const VALID: Readonly<Record<OperationName, Readonly<Record<string, unknown>>>> = {
  "golden.create": {
    v: 1,
    id: "r1",
    operation: "op-1",
    op: "golden.create",
    params: {
      vmid: 1000,
      template: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
      hostname: "golden",
      cores: 2,
      memory: 1024,
      rootfs: { storage: "local-lvm", gib: 8 },
    },
  },
  "disk.mount": {
    v: 1,
    id: "r1",
    operation: "op-1",
    op: "disk.mount",
    params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
  },
  "disk.unmount": {
    v: 1,
    id: "r1",
    operation: "op-1",
    op: "disk.unmount",
    params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
  },
  "hardware.smart": { v: 1, id: "r1", op: "hardware.smart", params: { device: "/dev/sda" } },
  "hardware.sensors": { v: 1, id: "r1", op: "hardware.sensors", params: {} },
  "helper.health": { v: 1, id: "r1", op: "helper.health", params: {} },
};

/** The valid requests as they go over the wire, without their newlines. */
export const VALID_LINES: readonly string[] = OPERATION_NAMES.map((op) =>
  JSON.stringify(VALID[op])
);
