/** The self-test: what it checks, and the Worker's side of the commands that ask Proxmox. */
export type { Check, CheckResult, CheckStatus, Finding } from "./check.ts";
export {
  type ClientJob,
  type ClientMessage,
  clientMessage,
  type ClientSetup,
} from "./client_message.ts";
export type { Expected } from "./proxmox_checks.ts";
export { renderCheck, renderCommands, renderSummary } from "./render_check.ts";
export { hasFailed, runChecks } from "./run_checks.ts";
export { serveClient, type ServeClientOptions } from "./serve_client.ts";
