import { z } from "zod";
import type { Random } from "../random.ts";

/**
 * What can go wrong on purpose. `run` says whether the work is done all the same: a PUT that
 * answers 500 and is saved (OBSERVED 22) is `{kind: "status", status: 500, run: true}`.
 */
const fault = z.discriminatedUnion("kind", [
  /** The call takes `ms` longer; a proxied one holds its worker meanwhile. */
  z.strictObject({ kind: z.literal("delay"), ms: z.number().min(0) }),
  /** The connection is reset; the call is not made. */
  z.strictObject({ kind: z.literal("reset_before") }),
  /** The call is started and the connection reset at once; the work goes on. */
  z.strictObject({ kind: z.literal("reset_during") }),
  /** The call is made to its end, then the connection is reset: the answer is lost. */
  z.strictObject({ kind: z.literal("reset_after") }),
  /** The connection is closed in an orderly way, without an answer. */
  z.strictObject({ kind: z.literal("close"), run: z.boolean().default(false) }),
  /** Nothing ever comes, the connection stays open. */
  z.strictObject({ kind: z.literal("silence"), run: z.boolean().default(false) }),
  /** Another status; with no `body` the client gets an empty one, as with 595 to 599. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    /** May hold any character that fits a byte. */
    reason: z.string().optional(),
    body: z.unknown().optional(),
    run: z.boolean().default(false),
  }),
  /** The head promises the whole body, `keep` of it comes (0 to 1), then the connection closes. */
  z.strictObject({ kind: z.literal("truncate"), keep: z.number().min(0).max(1).default(0.5) }),
  /** The call is made; the answer names a task that differs from the call's own in what is given. */
  z.strictObject({
    kind: z.literal("other_task"),
    user: z.string().optional(),
    type: z.string().optional(),
    id: z.string().optional(),
    node: z.string().optional(),
  }),
  /** A page instead of JSON, as from a proxy in between. */
  z.strictObject({ kind: z.literal("html"), status: z.int().min(200).max(599).default(200) }),
  /** The right answer, a byte at a time. */
  z.strictObject({ kind: z.literal("drip"), every_ms: z.number().min(0).default(1000) }),
  /** A valid JSON body of `bytes` bytes. */
  z.strictObject({ kind: z.literal("huge_body"), bytes: z.int().min(64).default(100_000_000) }),
  /** A head with `bytes` bytes of headers before the right answer. */
  z.strictObject({ kind: z.literal("huge_head"), bytes: z.int().min(64).default(1_000_000) }),
  /** The pvedaemon worker that takes the call never comes back, until pvedaemon is restarted. */
  z.strictObject({ kind: z.literal("hang_worker") }),
  /** pvedaemon is restarted in the middle of the call and is down for `down_ms`. */
  z.strictObject({ kind: z.literal("restart"), down_ms: z.number().min(0).default(2000) }),
]);

/** Which requests a fault befalls. All of what is given must hold. */
const faultRule = z.strictObject({
  /** @default a new id */
  id: z.string().optional(),
  method: z.enum(["GET", "POST", "PUT", "DELETE"]).optional(),
  /** Route template, as `/nodes/{node}/lxc/{vmid}/config`. */
  route: z.string().optional(),
  /** Regular expression over the path below `/api2/json`. */
  path: z.string().refine(isPattern, "not a regular expression").optional(),
  /** VMID that it is about: by its path, the name of a task or file in it, or a parameter `vmid`. */
  guest: z.int().optional(),
  /** Only once a call that changes something and is about the same guest was met. */
  once_changed: z.boolean().default(false),
  /** Of the requests that match, how many: drawn from the seed. */
  probability: z.number().min(0).max(1).default(1),
  /** The first match it befalls, counted from 1. */
  nth: z.int().min(1).default(1),
  /** How often it strikes. @default no limit */
  count: z.int().min(1).optional(),
  fault,
});

export type Fault = z.infer<typeof fault>;
/** A rule as it is given: what has a default may be left out. */
export type FaultRule = z.input<typeof faultRule>;

/** What a rule is matched against. */
export interface FaultSubject {
  readonly method: string;
  readonly route: string | undefined;
  /** Path below `/api2/json`, beginning with a slash. */
  readonly path: string;
  /** @default none */
  readonly params?: Readonly<Record<string, unknown>>;
}

interface ActiveRule {
  readonly id: string;
  readonly rule: z.infer<typeof faultRule>;
  readonly pattern: RegExp | undefined;
  /** Whether its guest was changed since it was added; true where it is not asked. */
  changed: boolean;
  matched: number;
  struck: number;
}

/** A rule and how it has fared. */
export interface FaultReport {
  readonly id: string;
  readonly rule: z.infer<typeof faultRule>;
  readonly matched: number;
  readonly struck: number;
}

/**
 * The faults in force. Rules are asked in the order they were added, the first that strikes wins;
 * a rule that does not strike has still counted the request. The same requests in the same order
 * under the same seed meet the same faults.
 */
export class FaultRules {
  readonly #random: Random;
  #rules: ActiveRule[] = [];
  #added = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Adds a rule and returns its id.
   *
   * @throws {z.ZodError} when it is not a rule
   */
  add(input: FaultRule | unknown): string {
    const rule = faultRule.parse(input);
    const id = rule.id ?? `fault-${++this.#added}`;
    const pattern = rule.path === undefined ? undefined : new RegExp(rule.path);
    this.#rules = this.#rules.filter((other) => other.id !== id);
    this.#rules.push({ id, rule, pattern, changed: !rule.once_changed, matched: 0, struck: 0 });
    return id;
  }

  /** Whether there was such a rule. */
  remove(id: string): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((active) => active.id !== id);
    return this.#rules.length < before;
  }

  clear(): void {
    this.#rules = [];
  }

  list(): FaultReport[] {
    return this.#rules.map(({ id, rule, matched, struck }) => ({ id, rule, matched, struck }));
  }

  /** What befalls this request, if anything. */
  strike(subject: FaultSubject): { readonly id: string; readonly fault: Fault } | undefined {
    if (this.#rules.length === 0) return undefined;
    for (const active of this.#rules) {
      const { changed } = active;
      if (!changed) {
        active.changed = subject.method !== "GET" && isAbout(active.rule.guest, subject);
      }
      if (!changed || !matches(active, subject)) continue;
      active.matched++;
      const { nth, count, probability } = active.rule;
      if (active.matched < nth) continue;
      if (count !== undefined && active.struck >= count) continue;
      if (probability < 1 && this.#random() >= probability) continue;
      active.struck++;
      return { id: active.id, fault: active.rule.fault };
    }
    return undefined;
  }
}

function matches({ rule, pattern }: ActiveRule, subject: FaultSubject): boolean {
  return (rule.method === undefined || rule.method === subject.method) &&
    (rule.route === undefined || rule.route === subject.route) &&
    (pattern === undefined || pattern.test(subject.path)) && isAbout(rule.guest, subject);
}

/** Whether a request names a guest: `/lxc/201/…`, `…:vzstart:201:…`, `…-201-2026…`, `vmid=201`. */
function isAbout(guest: number | undefined, { path, params = {} }: FaultSubject): boolean {
  return guest === undefined || String(params["vmid"]) === String(guest) ||
    path.split(/[/:@-]/).includes(String(guest));
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
