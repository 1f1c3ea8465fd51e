import { FelhomError } from "../errors.ts";
import type { Clock } from "../clock.ts";
import type { Right } from "./rights.ts";

/** One attempt to do what must not be possible. */
export interface Attempt {
  /** What is attempted: `open /etc/passwd`. */
  readonly name: string;
  /** Through which interface: what one denies, another may have forgotten. */
  readonly via: "Deno" | "node" | "web";
  /**
   * Resolves when it could be done. Rejects as the runtime refuses it. Harmless where it succeeds:
   * nothing is created, a connection is closed again.
   */
  attempt(): unknown;
}

/** An attempt, with the right that would be missed: `global` for what needs none. */
export interface Probe extends Attempt {
  readonly right: Right | "global";
}

export interface ProbeResult {
  readonly name: string;
  readonly right: Probe["right"];
  readonly via: Probe["via"];
  /**
   * `denied`: the runtime refused. `allowed`: it could be done. `unclear`: it failed for a reason
   * that has nothing to do with rights, so the right may be there.
   */
  readonly verdict: "denied" | "allowed" | "unclear";
  /** The refusal or the failure, as the runtime words it. */
  readonly detail: string;
}

/** The runtime refuses at once, before anything is opened or sent; a busy host may be slow to run. */
const LIMIT_MS = 10_000;

/** Tries one probe. Never rejects. */
export async function tryProbe(probe: Probe, clock: Clock): Promise<ProbeResult> {
  const { name, right, via } = probe;
  const given = new AbortController();
  try {
    await Promise.race([
      // Started inside the promise, so that a synchronous refusal is one too.
      Promise.resolve().then(() => probe.attempt()),
      clock.sleep(LIMIT_MS, given.signal).then(() => {
        throw new FelhomError("fence.broken", `No answer within ${LIMIT_MS} ms`);
      }),
    ]);
    return { name, right, via, verdict: "allowed", detail: "it could be done" };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, right, via, verdict: isRefusal(error) ? "denied" : "unclear", detail };
  } finally {
    given.abort();
  }
}

/**
 * Whether the runtime refused for want of a right. "Not found", "connection refused" and the like
 * are no refusals: they show that it looked.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  if (!(error instanceof Error)) return false;
  // A refused import is a TypeError; node's name lookup translates the refusal to EPERM.
  if (error instanceof TypeError && /\bRequires \w+ access\b/.test(error.message)) return true;
  return "syscall" in error && error.syscall === "getaddrinfo" &&
    "code" in error && error.code === "EPERM";
}
