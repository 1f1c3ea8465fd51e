/**
 * The self-test, as a command sees it. The side that asks Proxmox is `serve_client.ts`; it runs in
 * the Worker, and nothing of it is loaded here.
 */
export type { Check, CheckResult, CheckStatus, Finding } from "./check.ts";
export {
  type ClientJob,
  type ClientMessage,
  clientMessage,
  type ClientSetup,
  type GuestTarget,
} from "./client_message.ts";
export type { Expected } from "./proxmox_checks.ts";
export { renderCheck, renderCommands, renderSummary } from "./render_check.ts";
export { hasFailed, runChecks } from "./run_checks.ts";
export { duration, size } from "./units.ts";
