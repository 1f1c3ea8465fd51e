import { type ErrorCode, FelhomError, type Retry } from "../errors.ts";
import { missingPrivilege } from "./privilege.ts";
import { classifyText } from "./text_class.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** A refusal or failure as it came, its texts already made plain. */
export interface ApiFailure {
  readonly method: Method;
  /** Path below `/api2/json`. */
  readonly path: string;
  readonly status: number;
  /** Proxmox's own words: the body's message, else the reason phrase. */
  readonly text: string;
  /** What is wrong with which parameter; with status 400 only. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Proxmox answered, and the answer is an error. */
export class ApiError extends FelhomError {
  override readonly name = "ApiError";
  readonly status: number;
  readonly method: Method;
  readonly path: string;
  /** Proxmox's own words. */
  readonly text: string;
  /** The privilege that is missing, alternatives joined by `|`, when the text names it. */
  readonly privilege: string | undefined;
  /** The path on which it is missing. */
  readonly on: string | undefined;
  /** What is wrong with which parameter. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(failure: ApiFailure) {
    const { method, path, status, text, fields } = failure;
    const { code, hint, retry } = judge(failure);
    const details = Object.entries(fields).map(([name, what]) => `${name}: ${what}`).join("; ");
    super(
      code,
      `Cannot ${method} ${path}: ${status} ${text}${details === "" ? "" : ` (${details})`}`,
      { hint, retry },
    );
    this.status = status;
    this.method = method;
    this.path = path;
    this.text = text;
    this.fields = fields;
    const missing = missingPrivilege([text, ...Object.values(fields)].join("\n"));
    this.privilege = missing?.privilege;
    this.on = missing?.on;
  }
}

interface Judgement {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retry: Retry;
}

/**
 * What a failure means and whether its call may be made again, by status and class of text, never
 * by the status alone (FACTS §7.1, §7.2, §7.5).
 */
function judge({ method, status, text, fields }: ApiFailure): Judgement {
  /** Looking again harms nobody; for a mutation it has to be found out what happened. */
  const unsure = method === "GET" ? "safe" : "unknown";
  switch (status) {
    case 400:
      return judgeParameters(fields);
    case 401:
      return {
        code: "proxmox.unauthorized",
        // FACTS §1.1: the answer is the same for every cause; the node's log alone knows.
        hint: "Check token id and secret, and whether token or user is expired or disabled; the " +
          "cause is in the node's log only (journalctl -u pvedaemon -u pveproxy).",
        retry: "never",
      };
    case 403: {
      const said = classifyText(text);
      return said?.code === "proxmox.root_only"
        ? { ...said, retry: "never" }
        : { code: "proxmox.forbidden", hint: said?.hint ?? GRANT, retry: "never" };
    }
    case 501:
    case 506:
      return {
        code: "proxmox.not_implemented",
        hint: "Check that this is Proxmox VE 8 or 9; older versions lack some calls.",
        retry: "never",
      };
    case 595:
      return {
        code: "proxmox.daemon_down",
        hint: "Wait; if it stays, look at pvedaemon on the node (systemctl status pvedaemon).",
        retry: "safe",
      };
    case 596:
    case 597:
    case 598:
    case 599:
      return {
        code: "proxmox.gateway",
        hint: "The work may go on; look at the node's tasks before anything is repeated.",
        retry: unsure,
      };
    default: {
      const said = classifyText(text);
      if (said === undefined) {
        return {
          code: "proxmox.failed",
          hint: "Look at the node's log (journalctl -u pvedaemon -u pveproxy).",
          retry: unsure,
        };
      }
      return { ...said, retry: retryAfter(said.code, unsure) };
    }
  }
}

const GRANT = "Grant the privilege to the token and to its owner.";

/** Parameters are checked before anything is done, but a failed hotplug comes as a 400 as well. */
function judgeParameters(fields: ApiFailure["fields"]): Judgement {
  for (const text of Object.values(fields)) {
    // FACTS §3.5: the file is left as it was, but an interface or a volume may have been made.
    if (/^unable to (?:hotplug|apply pending change)/.test(text)) {
      return {
        code: "proxmox.failed",
        hint:
          "The configuration is unchanged, but look for leftovers: network interfaces, volumes.",
        retry: "unknown",
      };
    }
    const said = classifyText(text);
    if (said !== undefined) return { ...said, retry: "never" };
  }
  return {
    code: "proxmox.bad_parameter",
    hint: "The request itself is wrong; it fails again however often it is sent.",
    retry: "never",
  };
}

/** Codes whose texts prove that nothing was changed. */
const UNCHANGED: ReadonlySet<ErrorCode> = new Set([
  "proxmox.state",
  "proxmox.exists",
  "proxmox.locked",
  "proxmox.protected",
  "proxmox.missing",
  "proxmox.forbidden",
  "proxmox.root_only",
  "proxmox.bad_parameter",
  "proxmox.unsupported",
]);

function retryAfter(code: ErrorCode, unsure: Retry): Retry {
  if (code === "proxmox.modified") return "safe";
  return UNCHANGED.has(code) ? "never" : unsure;
}
