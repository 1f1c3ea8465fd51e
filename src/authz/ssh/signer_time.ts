import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";

/**
 * Reads the time of `valid-after` and `valid-before`: `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or
 * `YYYYMMDDHHMMSSZ`, in UTC.
 *
 * @returns seconds since the epoch
 * @throws {Refusal} `time_zone` without the Z, `time` when it is none
 */
export function parseSignerTime(text: string): number {
  const [, date, time, zone] = /^(\d{8})((?:\d{4}){0,1}(?:\d{2}){0,1})(Z?)$/.exec(text) ?? [];
  if (date === undefined || time === undefined || time.length === 2) {
    throw new Refusal("time", `${quoted(text)} is no time as YYYYMMDDZ or YYYYMMDDHHMM[SS]Z`);
  }
  if (zone !== "Z") {
    throw new Refusal(
      "time_zone",
      `${quoted(text)} would be read in local time; write ${quoted(`${text}Z`)}`,
    );
  }
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` +
    `T${time.slice(0, 2) || "00"}:${time.slice(2, 4) || "00"}:${time.slice(4) || "00"}.000Z`;
  const ms = Date.parse(iso);
  // The parser carries a 30 February over to March, as OpenSSH does.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) {
    throw new Refusal("time", `${quoted(text)} is no day and time of the calendar`);
  }
  if (ms <= 0) throw new Refusal("time", `${quoted(text)} is not after 1970`);
  return ms / 1000;
}

/** Seconds since the epoch, to be read: `2026-11-20T10:00:00Z`. */
export function formatSignerTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
