import { smartCommand } from "./commands.ts";
import { Refusal } from "./helper_errors.ts";
import { lastLine } from "./last_line.ts";
import type { Host } from "./host.ts";
import { type Params, type Result, SMART_FLAGS } from "./protocol.ts";
import { parseSensors } from "./sensors_output.ts";

/**
 * Everything SMART says of a disk. smartctl's exit status is a bit mask: a failing disk, an old
 * error, a command the disk does not know all set bits while the report is whole. So JSON that can
 * be parsed is the answer, whatever the status.
 *
 * @throws {Refusal} `time_limit`, `program_garbage`, `program_failed`
 */
export async function readSmart(
  { device }: Params<"hardware.smart">,
  { programs }: Host,
): Promise<Result<"hardware.smart">> {
  const ran = await programs.asRoot(smartCommand, { device });
  if (ran.timedOut) throw new Refusal("time_limit", `smartctl on ${device} did not end`);
  if (ran.overflowed) throw new Refusal("program_garbage", `smartctl on ${device} said too much`);
  if (ran.code === null) throw new Refusal("program_failed", `smartctl: ${lastLine(ran)}`);
  const report = parseObject(ran.stdout);
  if (report === null) {
    throw new Refusal("program_garbage", `smartctl printed no JSON object: ${lastLine(ran)}`);
  }
  return { device, exit_status: ran.code, flags: flagsOf(ran.code), report };
}

/** The names of the bits that are set in smartctl's exit status, lowest first. */
export function flagsOf(status: number): string[] {
  return SMART_FLAGS.filter((_, bit) => (status & (1 << bit)) !== 0);
}

/**
 * What the sensors read, without root: `/sys` shows it to everybody. A machine without sensors,
 * such as a virtual one, has an empty list.
 *
 * @throws {Refusal} `time_limit`, `program_missing`, `program_garbage`
 */
export async function readSensors(
  _: Params<"hardware.sensors">,
  { programs }: Host,
): Promise<Result<"hardware.sensors">> {
  const ran = await programs.read("sensors", ["-j"]);
  if (/^No sensors found!/m.test(ran.stderr)) return { chips: [] };
  const chips = parseSensors(ran.stdout);
  if (chips === null) {
    throw new Refusal("program_garbage", `sensors printed no JSON: ${lastLine(ran)}`);
  }
  return { chips };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
