export const REDACTED = "[redacted]";

/**
 * The secret in `user@realm!name=secret` and in `PVEAPIToken=…`, percent-encoded or not. It stops at
 * a backslash, so that JSON text stays JSON. The word "secret" itself is none: help says it so.
 */
const TOKEN_LIKE =
  /((?:@|%40)[\w.-]+(?:!|%21)[\w.-]+(?:=|%3d))(?!secret(?:[\s,]|$))[^\s"'<>,;\\]+|(PVEAPIToken[= ])[^\s"'<>,;\\]+/gi;
/** What Proxmox makes as secrets. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** Whether a text that should hold something else holds what looks like an API token, or its secret. */
export function looksSecret(text: string): boolean {
  return UUID.test(text) || redactTokens(text) !== text;
}

/**
 * The second line of defence, for text that was made elsewhere (an error of a library, an answer
 * from outside): blanks what looks like the secret of an API token, and keeps the token's id.
 */
export function redactTokens(text: string): string {
  return text.replaceAll(
    TOKEN_LIKE,
    (_, id: string | undefined, scheme: string | undefined) => `${id ?? scheme ?? ""}${REDACTED}`,
  );
}

/**
 * A string that cannot be printed. Every way a value usually reaches a log (console, templates,
 * JSON, `Deno.inspect`, error causes, structured clone) shows `[redacted]` or nothing; the one way
 * to the text is {@linkcode Secret.expose}, which is easy to search for.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: for the wire, never for a message. */
  expose(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  get [Symbol.toStringTag](): string {
    return "Secret";
  }

  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
