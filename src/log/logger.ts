/** How much a line matters. `debug` never carries what a level above must not carry. */
export type Level = "debug" | "info" | "warn" | "error";

/** Facts that go with a line: plain data, no functions. Secrets print as `[redacted]`. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Where the parts of the product say what they do. Passed in; `child` binds the component
 * (`proxmox`, `fence`, `control`, …) and the operation id to every line.
 */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  child(bound: { readonly component?: string; readonly operation?: string }): Logger;
}

/** A logger that says nothing, for callers that want none. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
