/**
 * The one table of errors. Everything the product reports as a failure carries a code of this
 * table; exit code, HTTP status and the reference page follow from the code and from nothing else.
 */

/** Whether the failed call may be made again. */
export type Retry =
  /** The same call would fail again: something has to change first. */
  | "never"
  /** Nothing was changed by the failed call: it may be repeated. */
  | "safe"
  /** The outcome is not known: look what happened before anything is repeated. */
  | "unknown";

/** Exit codes of the command line. They mean the same for every command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 3,
  refused: 4,
  internal: 70,
  interrupted: 130,
} as const;

interface ErrorEntry {
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
  readonly http: number;
  readonly retry: Retry;
  /** One sentence for the reference page. */
  readonly summary: string;
}

const ERRORS = {
  "usage.invalid": {
    exit: EXIT.usage,
    http: 400,
    retry: "never",
    summary: "The command line has an unknown command, option or value.",
  },
  "config.missing": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "No configuration was found, or a required key is not set.",
  },
  "config.invalid": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "The configuration has keys or values that are not allowed.",
  },
  "config.unreadable": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "A configuration, token or certificate file cannot be read.",
  },
  "config.exposed": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "A file with a secret can be read by other users.",
  },
  "fence.broken": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "The daemon holds a right it must not hold; it does not start.",
  },
  "daemon.running": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "A daemon runs already on this host.",
  },
  "daemon.died": {
    exit: EXIT.failed,
    http: 500,
    retry: "safe",
    summary: "The daemon ended, or stopped answering, without being told to.",
  },
  "state.unusable": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The state cannot be opened, read or written.",
  },
  "state.damaged": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The state is zero-filled, cut off or otherwise damaged; it is left as it is.",
  },
  "state.newer": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The state was written by a newer version; it is left as it is.",
  },
  "state.foreign": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The state file belongs to another program; it is left as it is.",
  },
  "state.read_only": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The state, or the file system it lies on, cannot be written.",
  },
  "state.locked": {
    exit: EXIT.unavailable,
    http: 503,
    retry: "safe",
    summary: "Another program holds the database of the state.",
  },
  "state.full": {
    exit: EXIT.unavailable,
    http: 507,
    retry: "safe",
    summary: "The disk of the state is full: nothing new is begun, what runs is still recorded.",
  },
  "state.ceiling": {
    exit: EXIT.unavailable,
    http: 507,
    retry: "safe",
    summary: "The state is as large as it may become: nothing unsigned is begun, the rest goes on.",
  },
  "state.absent": {
    exit: EXIT.unavailable,
    http: 404,
    retry: "never",
    summary: "There is no state yet: no daemon has run here.",
  },
  "state.missing": {
    exit: EXIT.failed,
    http: 404,
    retry: "never",
    summary: "The state has no such operation.",
  },
  "state.illegal_transition": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "An operation cannot go from the state it is in to the one asked for.",
  },
  "state.closed": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "The transaction has ended; nothing can be added to it.",
  },
  "state.conflict": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "A set of signers does not follow the one in force.",
  },
  "state.not_in_doubt": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "There is nothing to acknowledge; nothing is changed.",
  },
  "state.nonce_used": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "The nonce of a signed operation was used before.",
  },
  "desired.invalid": {
    exit: EXIT.usage,
    http: 400,
    retry: "never",
    summary: "A desired state has keys or values that are not allowed; nothing of it is taken.",
  },
  "desired.unreadable": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The desired state that was stored cannot be read; nothing is planned from it.",
  },
  "desired.conflict": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "A revision was given before, with another content.",
  },
  "request.invalid": {
    exit: EXIT.usage,
    http: 400,
    retry: "never",
    summary: "What was asked for is not shaped as a wish.",
  },
  "engine.not_ready": {
    exit: EXIT.unavailable,
    http: 503,
    retry: "safe",
    summary: "The engine takes no work at present: it recovers, or the daemon is being stopped.",
  },
  "audit.broken": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The audit log was altered or cut, or does not have the head that was kept.",
  },
  "audit.unconfirmed": {
    exit: EXIT.failed,
    http: 410,
    retry: "never",
    summary: "The audit log holds; the link that was asked for was pruned since.",
  },
  "control.unusable": {
    exit: EXIT.failed,
    http: 500,
    retry: "never",
    summary: "The control socket cannot be made.",
  },
  "control.unreachable": {
    exit: EXIT.unavailable,
    http: 503,
    retry: "safe",
    summary: "No daemon answers on the control socket.",
  },
  "control.forbidden": {
    exit: EXIT.unavailable,
    http: 403,
    retry: "never",
    summary: "This user may not use the control socket.",
  },
  "control.protocol": {
    exit: EXIT.failed,
    http: 400,
    retry: "never",
    summary: "A message on the control socket is malformed, too large or too slow.",
  },
  "control.too_often": {
    exit: EXIT.unavailable,
    http: 429,
    retry: "safe",
    summary: "Too many requests of one kind came over the control socket; none of it was done.",
  },
  "proxmox.refused": {
    exit: EXIT.unavailable,
    http: 502,
    retry: "safe",
    summary: "No connection to the Proxmox endpoint could be made.",
  },
  "proxmox.reset": {
    exit: EXIT.unavailable,
    http: 502,
    retry: "unknown",
    summary: "The connection broke before the whole answer had come.",
  },
  "proxmox.timeout": {
    exit: EXIT.unavailable,
    http: 504,
    retry: "unknown",
    summary: "Proxmox did not answer within the time limit.",
  },
  "proxmox.aborted": {
    exit: EXIT.failed,
    http: 499,
    retry: "unknown",
    summary: "The caller gave up the call.",
  },
  "proxmox.not_tls": {
    exit: EXIT.usage,
    http: 502,
    retry: "never",
    summary: "What listens at the endpoint does not speak TLS.",
  },
  "proxmox.pin_mismatch": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "The certificate is not the one whose fingerprint is configured.",
  },
  "proxmox.untrusted": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "The certificate does not verify against the configured CA.",
  },
  "proxmox.unauthorized": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "Proxmox does not accept the API token.",
  },
  "proxmox.forbidden": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "The token lacks a privilege.",
  },
  "proxmox.root_only": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "Only root@pam may do this; no token can.",
  },
  "proxmox.bad_parameter": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "Proxmox refused a parameter.",
  },
  "proxmox.not_implemented": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "The server has no such path, method or body format.",
  },
  "proxmox.missing": {
    exit: EXIT.failed,
    http: 404,
    retry: "never",
    summary: "The guest, storage, snapshot or task does not exist.",
  },
  "proxmox.exists": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The guest or snapshot exists already.",
  },
  "proxmox.state": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The guest is not in the state the call needs.",
  },
  "proxmox.locked": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The guest's configuration carries a lock.",
  },
  "proxmox.protected": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The guest or volume is protected.",
  },
  "proxmox.modified": {
    exit: EXIT.failed,
    http: 409,
    retry: "safe",
    summary: "The configuration changed since it was read.",
  },
  "proxmox.busy": {
    exit: EXIT.unavailable,
    http: 503,
    retry: "unknown",
    summary: "Proxmox could not get a lock or has no quorum; this passes.",
  },
  "proxmox.daemon_down": {
    exit: EXIT.unavailable,
    http: 502,
    retry: "safe",
    summary: "pveproxy answers but cannot reach pvedaemon or the node (595).",
  },
  "proxmox.gateway": {
    exit: EXIT.unavailable,
    http: 502,
    retry: "unknown",
    summary: "pveproxy gave up waiting; the work may go on (596 to 599).",
  },
  "proxmox.failed": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "Proxmox answered with an error that has no class of its own.",
  },
  "proxmox.malformed": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "The answer is not what the Proxmox API sends.",
  },
  "proxmox.too_large": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "The answer is larger than the agent accepts.",
  },
  "task.failed": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "A Proxmox task ended with an error.",
  },
  "task.unknown": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "A Proxmox task ended without saying how.",
  },
  "task.timeout": {
    exit: EXIT.unavailable,
    http: 504,
    retry: "unknown",
    summary: "A Proxmox task was still running when the limit passed.",
  },
  "proxmox.storage": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "A storage is disabled, not active, or not made for this content.",
  },
  "proxmox.unsupported": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The guest's storage cannot do this.",
  },
  "proxmox.guest_failed": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "The guest did not start or stop when told to.",
  },
  "proxmox.interrupted": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "A task was aborted while it worked.",
  },
  "vmid.invalid": {
    exit: EXIT.failed,
    http: 400,
    retry: "never",
    summary: "A number is not a VMID.",
  },
  "volid.invalid": {
    exit: EXIT.failed,
    http: 400,
    retry: "never",
    summary: "A text is not a volume id.",
  },
  "upid.invalid": {
    exit: EXIT.failed,
    http: 502,
    retry: "never",
    summary: "A task id is not a UPID.",
  },
  "helper.absent": {
    exit: EXIT.unavailable,
    http: 503,
    retry: "safe",
    summary: "The privileged helper's socket is not there or may not be used.",
  },
  "helper.slow": {
    exit: EXIT.unavailable,
    http: 504,
    retry: "unknown",
    summary: "The privileged helper did not answer within the time limit.",
  },
  "helper.died": {
    exit: EXIT.unavailable,
    http: 502,
    retry: "unknown",
    summary: "The privileged helper ended the connection before the whole answer had come.",
  },
  "helper.malformed": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "The answer is not what the privileged helper sends.",
  },
  "helper.too_large": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "The privileged helper's answer is larger than the agent accepts.",
  },
  "helper.rejected": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "The privileged helper does not understand the agent; both must be of one version.",
  },
  "helper.refused": {
    exit: EXIT.failed,
    http: 409,
    retry: "never",
    summary: "The privileged helper looked and does not do what it was asked for.",
  },
  "helper.failed": {
    exit: EXIT.failed,
    http: 502,
    retry: "unknown",
    summary: "A program that the privileged helper started did not do what it should.",
  },
  "authz.signers_invalid": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "A line of a signers file is not accepted.",
  },
  "authz.key_barred": {
    exit: EXIT.usage,
    http: 500,
    retry: "never",
    summary: "A file of signers holds a key that was removed or revoked; nothing of it is taken.",
  },
  "authz.signature_too_large": {
    exit: EXIT.refused,
    http: 413,
    retry: "never",
    summary: "A signature is larger than any that could be accepted.",
  },
  "authz.signature_malformed": {
    exit: EXIT.refused,
    http: 400,
    retry: "never",
    summary: "A signature cannot be read as an SSH signature.",
  },
  "authz.signature_unsupported": {
    exit: EXIT.refused,
    http: 400,
    retry: "never",
    summary: "A signature is of a version, hash or algorithm that is not accepted.",
  },
  "authz.signature_namespace": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A signature was made for another purpose.",
  },
  "authz.signer_unknown": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The key of a signature is not among the signers.",
  },
  "authz.signers_behind": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The signers of the state are older than root's configuration; signed work waits.",
  },
  "authz.signer_namespace": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The signer's line does not allow this purpose.",
  },
  "authz.signer_not_yet_valid": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The signer's key is not valid yet.",
  },
  "authz.signer_expired": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The signer's key is not valid any more.",
  },
  "authz.presence_missing": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "Nobody touched the FIDO2 token that signed.",
  },
  "authz.signature_invalid": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A signature does not fit the document and the key.",
  },
  "permit.forged": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "A mutation was called with something that is no permit of the gate.",
  },
  "permit.spent": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "A permit was used a second time.",
  },
  "permit.expired": {
    exit: EXIT.failed,
    http: 500,
    retry: "safe",
    summary: "A permit was not used in time.",
  },
  "permit.other": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "A permit was used for another action than the one it is for.",
  },
  "selftest.failed": {
    exit: EXIT.failed,
    http: 500,
    retry: "safe",
    summary: "At least one check of the self-test failed.",
  },
  "selftest.refused": {
    exit: EXIT.refused,
    http: 409,
    retry: "never",
    summary: "The self-test of a task cannot be done on this host, or on the guest that is named.",
  },
  "authz.too_large": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document or its signatures are larger than is accepted, or too many.",
  },
  "authz.unsigned": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document came without a signature.",
  },
  "authz.wrong_encoding": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is not UTF-8.",
  },
  "authz.hidden_characters": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document holds characters that cannot be seen or that turn text around.",
  },
  "authz.too_deep": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document nests deeper than any operation does.",
  },
  "authz.not_json": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is not JSON.",
  },
  "authz.unknown_version": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is of a version that this agent does not know.",
  },
  "authz.unknown_operation": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document asks for an operation that this agent does not know.",
  },
  "authz.unknown_key": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document holds a key that its operation does not have.",
  },
  "authz.malformed": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document lacks a key, or a value is not what the key takes.",
  },
  "authz.other_rendering": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is not written in the one way it may be written.",
  },
  "authz.wrong_host": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is for another host.",
  },
  "authz.wrong_instance": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is for another instance of the agent's state.",
  },
  "authz.state_behind": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The state is older than the host, or may be; signed work waits for an operator.",
  },
  "authz.clock_behind": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The clock is behind a time that was seen already; signed work waits.",
  },
  "authz.lifetime_too_long": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is valid for longer than is accepted.",
  },
  "authz.not_yet_valid": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is not valid yet.",
  },
  "authz.expired": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is not valid any more.",
  },
  "authz.wrong_role": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A key signed what its role may not.",
  },
  "authz.same_key_twice": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "One key signed the same document twice.",
  },
  "authz.below_threshold": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "Too few keys, or too few people, signed a document.",
  },
  "authz.rotation_stale": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A rotation replaces signers that are not the present ones.",
  },
  "authz.rotation_unproven": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A new key did not sign the rotation that brings it in.",
  },
  "authz.rotation_unusable": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A rotation would leave a role without enough signers, or a key in two roles.",
  },
  "authz.wrong_operation": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is for another operation than the one at hand.",
  },
  "authz.wrong_guest": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is for another guest than the one at hand.",
  },
  "authz.wrong_name": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The guest does not have the name that was signed.",
  },
  "authz.wrong_identity": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "The guest is not the one that was signed for, whatever its VMID and name.",
  },
  "authz.wrong_params": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document is for other parameters than those at hand.",
  },
  "authz.replayed": {
    exit: EXIT.refused,
    http: 403,
    retry: "never",
    summary: "A document was used already.",
  },
  "internal.bug": {
    exit: EXIT.internal,
    http: 500,
    retry: "never",
    summary: "Something happened that the code holds impossible.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** A code of the table, as `config.invalid`. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes, in the order of the reference page. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(ERRORS).filter(isErrorCode);

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** What the table says of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry & { readonly reference: string } {
  return { ...ERRORS[code], reference: `README.md#${code.replaceAll(/[._]/g, "-")}` };
}

export interface FelhomErrorOptions {
  /** What to do next, in one sentence. */
  readonly hint?: string;
  /**
   * Whether the failed call may be made again.
   *
   * @default the table's answer for the code
   */
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/** An error as it is told of. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/**
 * A failure that the product knows.
 *
 * @example
 * ```ts ignore
 * throw new FelhomError("config.missing", "Cannot find a token for Proxmox", {
 *   hint: "Set proxmox.token_file, or FELHOM_AGENT_PROXMOX_TOKEN.",
 * });
 * ```
 */
export class FelhomError extends Error {
  override readonly name: string = "FelhomError";
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: FelhomErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? ERRORS[code].retry;
    this.hint = options.hint;
  }

  /** What is told of it, in a log or to another process. */
  get told(): ToldError {
    const { code, message, hint } = this;
    return hint === undefined ? { code, message } : { code, message, hint };
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): ErrorEntry["exit"] {
    return ERRORS[this.code].exit;
  }
}
