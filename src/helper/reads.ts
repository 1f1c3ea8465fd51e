import type { Params, Result } from "../../privileged/protocol.ts";
import { callHelper, type CallOptions, type HelperLink } from "./call.ts";

/** What the helper says of itself. */
export type HelperHealth = Result<"helper.health">;

/** What can be read through the helper. Errors are those of {@linkcode callHelper}. */
export interface HelperReads {
  /** Whether each operation of the helper could run. */
  health(options?: CallOptions): Promise<HelperHealth>;
  /** Everything SMART says of a whole disk, as `/dev/sda` or `/dev/nvme0`. It may wake the disk. */
  smart(device: string, options?: CallOptions): Promise<Result<"hardware.smart">>;
  /** Temperatures, fans, voltages; empty where there are no sensors. */
  sensors(options?: CallOptions): Promise<Result<"hardware.sensors">>;
}

/** The reading half of the helper's client. Nothing is connected before the first call. */
export function createHelperReads(link: HelperLink): HelperReads {
  const none: Params<"helper.health"> = {};
  return {
    health: (options) => callHelper(link, { op: "helper.health", params: none }, options),
    smart: (device, options) =>
      callHelper(link, { op: "hardware.smart", params: { device } }, options),
    sensors: (options) => callHelper(link, { op: "hardware.sensors", params: none }, options),
  };
}
