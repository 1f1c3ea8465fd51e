import type { CommandModule } from "./command.ts";
import type { CommandName } from "./command_name.ts";

/** Literal imports: they are part of the program, need no right, and cost nothing until used. */
const MODULES = {
  run: () => import("./run.ts"),
  status: () => import("./status.ts"),
  plan: () => import("./plan.ts"),
  apply: () => import("./apply.ts"),
  submit: () => import("./submit.ts"),
  request: () => import("./request.ts"),
  why: () => import("./why.ts"),
  journal: () => import("./journal.ts"),
  "state ack": () => import("./state_ack.ts"),
  "audit head": () => import("./audit_head.ts"),
  "audit verify": () => import("./audit_verify.ts"),
  selftest: () => import("./selftest.ts"),
  guests: () => import("./guests.ts"),
  permissions: () => import("./permissions.ts"),
  "disk enrol": () => import("./disk_enrol.ts"),
  "op new": () => import("./op_new.ts"),
  "op show": () => import("./op_show.ts"),
  "op check": () => import("./op_check.ts"),
  pending: () => import("./pending.ts"),
  "config check": () => import("./config_check.ts"),
  "config show": () => import("./config_show.ts"),
  errors: () => import("./errors.ts"),
  version: () => import("./version.ts"),
  help: () => import("./help.ts"),
} as const satisfies Record<CommandName, () => Promise<CommandModule>>;

/** Loads the module of one command. */
export function loadCommand(name: CommandName): Promise<CommandModule> {
  return MODULES[name]();
}
