import type { EngineReport } from "../reconcile/commands/commands.ts";
import { SHORTAGE_WORDS } from "../state/mod.ts";

/** How the engine is, in one line for `systemctl status`. Pure. */
export function statusLine(report: Omit<EngineReport, "unknown" | "capacity">): string {
  const { phase, lastPass, failing, queued, busy, doubt, shortage } = report;
  const begin = `${phase.charAt(0).toUpperCase()}${phase.slice(1)}`;
  const pass = lastPass === null
    ? "no pass yet"
    : `last pass at ${new Date(lastPass.at).toISOString().slice(11, 19)}Z: ` +
      `${lastPass.guests.desired} of ${lastPass.guests.total} guests desired, ` +
      `${lastPass.planned} steps planned`;
  return [
    begin,
    pass,
    ...(failing > 0 ? [`${failing} passes failed since`] : []),
    ...(busy.length + queued > 0 ? [`${busy.length} guests at work, ${queued} waiting`] : []),
    ...(doubt === null ? [] : ["the state is in doubt"]),
    ...(shortage === null ? [] : [SHORTAGE_WORDS[shortage].why]),
  ].join("; ");
}
