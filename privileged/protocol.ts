/**
 * What agent and helper say to each other: one request and one answer per connection, each one line
 * of JSON in printable ASCII. The one file that both sides share.
 */
import * as z from "zod";
import {
  BOUNDS,
  CALLER_ID,
  DISK_DEVICE,
  FILESYSTEM_UUID,
  fits,
  type Grammar,
  HOSTNAME,
  STORAGE,
  TEMPLATE,
} from "./grammar.ts";
import { HELPER_ERROR_CODES } from "./helper_errors.ts";
import { lazy } from "./lazy.ts";

export { DISK_NAME, FILESYSTEM_UUID, fits } from "./grammar.ts";
export { type HelperErrorCode, phaseOf } from "./helper_errors.ts";
export { ENROLLED_FILESYSTEMS, MOUNT_ROOT, REQUIRED_OPTIONS } from "./enrolled_disk.ts";

export const PROTOCOL_VERSION = 1;

/** What a message may cost whoever reads it. */
export const LIMITS = {
  /** Bytes of a request, its newline included. The largest that makes sense has about 600. */
  requestBytes: 2048,
  /** Objects within objects. */
  requestDepth: 3,
  /** Milliseconds from the connection to the end of the request. */
  requestMs: 5_000,
  /** Bytes of an answer, its newline included. */
  answerBytes: 1_048_576,
  /** Milliseconds for the caller to take the answer. */
  answerMs: 10_000,
} as const;

const text = (grammar: Grammar) =>
  z.string().max(grammar.longest).regex(new RegExp(`^(?:${grammar.pattern})$`));

const whole = ({ first, last }: { readonly first: number; readonly last: number }) =>
  z.int().min(first).max(last);

const callerId = lazy(() => text(CALLER_ID));

/** A request that changes nothing. */
const read = <Op extends string, P extends z.ZodType>(op: Op, params: () => P) =>
  lazy(() =>
    z.strictObject({
      v: z.literal(PROTOCOL_VERSION),
      /** Given back in the answer. */
      id: callerId(),
      /** The caller's operation, for the logs of both sides. */
      operation: callerId().optional(),
      op: z.literal(op),
      params: params(),
    })
  );

/** A request that changes the host: it names the operation of the caller's journal. */
const mutation = <Op extends string, P extends z.ZodType>(op: Op, params: () => P) =>
  lazy(() =>
    z.strictObject({
      v: z.literal(PROTOCOL_VERSION),
      id: callerId(),
      operation: callerId(),
      op: z.literal(op),
      params: params(),
    })
  );

const goldenCreateParams = () =>
  z.strictObject({
    vmid: whole(BOUNDS.vmid),
    template: text(TEMPLATE),
    hostname: text(HOSTNAME),
    cores: whole(BOUNDS.cores),
    /** MiB. */
    memory: whole(BOUNDS.memory),
    /** The root volume, which is made for this container: storage and size in GiB. */
    rootfs: z.strictObject({ storage: text(STORAGE), gib: whole(BOUNDS.rootfs) }),
  });

const diskParams = () => z.strictObject({ uuid: text(FILESYSTEM_UUID) });
const noParams = () => z.strictObject({});

const mounted = lazy(() =>
  z.object({
    /** False when it was so already. */
    changed: z.boolean(),
    uuid: z.string(),
    /** Name of the enrolled disk. */
    name: z.string(),
    /** `/mnt/felhom/NAME`. */
    target: z.string(),
  })
);

const smartReport = lazy(() =>
  z.object({
    device: z.string(),
    /** smartctl's exit status, a bit mask. */
    exit_status: z.number(),
    /** The bits of it that are set, as {@linkcode SMART_FLAGS} names them. */
    flags: z.array(z.string()),
    /** The whole of what `smartctl -a -j` printed. */
    report: z.record(z.string(), z.unknown()),
  })
);

const sensorReadings = lazy(() =>
  z.object({
    /** Empty on a machine that has no sensors. */
    chips: z.array(z.object({
      name: z.string(),
      adapter: z.string(),
      features: z.array(z.object({
        label: z.string(),
        /** As lm-sensors names them: `temp1_input`, `fan2_min`; °C, RPM, V, W. */
        values: z.record(z.string(), z.number()),
      })),
    })),
  })
);

const health = lazy(() =>
  z.object({
    protocol: z.number(),
    /** How root is reached: by sudo, or because the helper runs as root (development). */
    mode: z.enum(["sudo", "direct"]),
    /** The VMIDs for which a golden container may be made; null when the unit names none. */
    vmids: z.object({ first: z.number(), last: z.number() }).nullable(),
    operations: z.array(z.object({
      op: z.string(),
      ready: z.boolean(),
      /** What is missing, in one sentence; null when ready. */
      problem: z.string().nullable(),
    })),
  })
);

const created = lazy(() =>
  z.object({ vmid: z.number(), config: z.record(z.string(), z.string()) })
);

/** The operations. Nothing else can be asked for. */
export const OPERATIONS = {
  "golden.create": {
    request: mutation("golden.create", goldenCreateParams),
    result: created,
    mutates: true,
    limitMs: 16 * 60_000,
  },
  "disk.mount": {
    request: mutation("disk.mount", diskParams),
    result: mounted,
    mutates: true,
    limitMs: 120_000,
  },
  "disk.unmount": {
    request: mutation("disk.unmount", diskParams),
    result: mounted,
    mutates: true,
    limitMs: 120_000,
  },
  "hardware.smart": {
    request: read("hardware.smart", () => z.strictObject({ device: text(DISK_DEVICE) })),
    result: smartReport,
    mutates: false,
    limitMs: 45_000,
  },
  "hardware.sensors": {
    request: read("hardware.sensors", noParams),
    result: sensorReadings,
    mutates: false,
    limitMs: 15_000,
  },
  "helper.health": {
    request: read("helper.health", noParams),
    result: health,
    mutates: false,
    limitMs: 15_000,
  },
} as const satisfies Record<string, {
  readonly request: () => z.ZodType;
  readonly result: () => z.ZodType;
  readonly mutates: boolean;
  /** Milliseconds that the helper may take, all its programs together. */
  readonly limitMs: number;
}>;

export type OperationName = keyof typeof OPERATIONS;
type Schemas<Op extends OperationName> = (typeof OPERATIONS)[Op];
export type Params<Op extends OperationName> = z.infer<
  ReturnType<Schemas<Op>["request"]>
>["params"];
export type Result<Op extends OperationName> = z.infer<ReturnType<Schemas<Op>["result"]>>;

/** A request that is allowed to be asked: every value in it is of its grammar. */
export type Request<Op extends OperationName = OperationName> = {
  readonly [Name in Op]: {
    readonly id: string;
    readonly operation?: string | undefined;
    readonly op: Name;
    readonly params: Params<Name>;
  };
}[Op];

/** The schemas of the results, for callers that know the operation by its type only. */
export const RESULTS: { readonly [Op in OperationName]: () => z.ZodType<Result<Op>> } = {
  "golden.create": created,
  "disk.mount": mounted,
  "disk.unmount": mounted,
  "hardware.smart": smartReport,
  "hardware.sensors": sensorReadings,
  "helper.health": health,
};

export const OPERATION_NAMES: readonly OperationName[] = Object.keys(OPERATIONS)
  .filter(isOperation);

/** Whether a value is the name of an operation. */
export function isOperation(name: unknown): name is OperationName {
  return typeof name === "string" && Object.hasOwn(OPERATIONS, name);
}

/** Whether a value may be the id of a request. */
export function isCallerId(value: unknown): value is string {
  return typeof value === "string" && fits(value, CALLER_ID);
}

/** The answer. `result` is checked by the operation's own schema. */
export const answerSchema = lazy(() =>
  z.discriminatedUnion("ok", [
    z.object({
      v: z.literal(PROTOCOL_VERSION),
      id: callerId(),
      ok: z.literal(true),
      result: z.record(z.string(), z.unknown()),
    }),
    z.object({
      v: z.literal(PROTOCOL_VERSION),
      /** Null when the request was too broken to have one. */
      id: callerId().nullable(),
      ok: z.literal(false),
      error: z.object({
        code: z.enum(HELPER_ERROR_CODES),
        message: z.string(),
        /** Whether something on the host may be different now. */
        changed: z.enum(["no", "maybe"]),
      }),
    }),
  ])
);

export type Answer = z.infer<ReturnType<typeof answerSchema>>;

/** One line of JSON in printable ASCII, with its newline: the form of every message and log line. */
export function toLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  ) + "\n";
}

/** The bits of smartctl's exit status, lowest first (smartctl(8), "EXIT STATUS"). */
export const SMART_FLAGS = [
  "usage",
  "open_failed",
  "command_failed",
  "disk_failing",
  "attribute_below_threshold",
  "attribute_was_below_threshold",
  "error_log_has_entries",
  "self_test_log_has_errors",
] as const;
