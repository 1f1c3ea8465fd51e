/** The name of a command. Two words are a command with a subcommand. */
export type CommandName =
  | "run"
  | "status"
  | "selftest"
  | "guests"
  | "permissions"
  | "disk enrol"
  | "op new"
  | "op show"
  | "op check"
  | "pending"
  | "config check"
  | "config show"
  | "errors"
  | "version"
  | "help";
