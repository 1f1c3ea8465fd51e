import * as z from "zod";
import { parseEndpoint } from "./endpoint.ts";
import { parseFingerprint } from "./fingerprint.ts";
import { parseGoldenImage } from "./golden_image.ts";
import { parseIpv4Prefix } from "./ipv4.ts";
import { parseOvercommit } from "./overcommit.ts";
import { liesIn, PLACES, resolvePath } from "./places.ts";
import { parseToken } from "./token.ts";
import { parseVlanRange } from "./vlan_range.ts";

/** What a key of the configuration is to a reader: documentation and messages are made from it. */
export interface Setting {
  /** How the text of an environment variable is read. */
  readonly kind: "text" | "number" | "flag" | "list";
  /** What is allowed, to stand after "allowed:". */
  readonly allowed: string;
  /** What the key is for, in one sentence. */
  readonly purpose: string;
  readonly secret?: true;
}

/** What each leaf of {@linkcode settingsSchema} means. */
export const settings = z.registry<Setting>();

/** A part of the file. One that is left out is empty, so that each key missing in it is named. */
function section<S extends z.core.$ZodShape>(shape: S) {
  return z.preprocess((value) => value === undefined ? {} : value, z.strictObject(shape));
}

/** A text that `parse` turns into a value, or refuses with a reason. */
function parsed<T extends object>(
  parse: (text: string) => T | { readonly reason: string },
): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const result = parse(text);
    if (!("reason" in result)) return result;
    context.addIssue({ code: "custom", message: result.reason, input: text });
    return z.NEVER;
  });
}

function matching(pattern: RegExp): z.ZodString {
  return z.string().regex(pattern, "");
}

/** An absolute path in one of `places`, resolved. */
function pathIn(...places: readonly string[]): z.ZodType<string, string> {
  return z.string().transform((text, context) => {
    const path = resolvePath(text);
    if (path !== undefined && places.some((place) => path !== place && liesIn(path, place))) {
      return path;
    }
    const message = path === undefined
      ? "it is not an absolute path"
      : "the program has no right to any other place; the rights are baked into it";
    context.addIssue({ code: "custom", message, input: text });
    return z.NEVER;
  });
}

/** `sun_path` has 108 bytes, the last one zero. */
function socketIn(place: string): z.ZodType<string, string> {
  return pathIn(place).refine((path) => new TextEncoder().encode(path).length <= 107, {
    message: "the path of a socket has at most 107 bytes",
  });
}

const secretFile = () => pathIn(PLACES.configuration, PLACES.credentials);
const SECRET_PLACES = `a path below ${PLACES.configuration} or ${PLACES.credentials}`;

/** FACTS §3.1: the range of VMIDs; 100 and up belongs to guests. */
const vmid = () => z.int().min(100).max(999_999_999);

const token = parsed(parseToken).optional().register(settings, {
  kind: "text",
  secret: true,
  allowed: "user@realm!name=secret, as pveum prints it",
  purpose: "API token. Better kept in a file of its own or in systemd's credentials.",
});

const proxmox = section({
  endpoint: parsed(parseEndpoint).register(settings, {
    kind: "text",
    allowed: "https://HOST or https://HOST:PORT (8006 when no port is given)",
    purpose: "Where the Proxmox API of this host answers.",
  }),
  node: matching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/).refine(
    (name) => name !== "localhost",
    { message: "Proxmox knows this host by its own name (see: hostname)" },
  ).register(settings, {
    kind: "text",
    allowed: "the node's name: letters, digits and inner hyphens, at most 63",
    purpose: "Name of this node in Proxmox.",
  }),
  token,
  token_file: secretFile().optional().register(settings, {
    kind: "text",
    allowed: SECRET_PLACES,
    purpose: "File with the API token on one line, readable by the agent only.",
  }),
  tls: section({
    fingerprint: parsed(parseFingerprint).optional().register(settings, {
      kind: "text",
      allowed: "a SHA-256 fingerprint, 64 hex digits with or without colons",
      purpose: "The one certificate to trust, whoever signed it.",
    }),
    ca_file: secretFile().optional().register(settings, {
      kind: "text",
      allowed: SECRET_PLACES,
      purpose: "Certificates of the authority to trust (a copy of /etc/pve/pve-root-ca.pem).",
    }),
    insecure_skip_verify: z.boolean().optional().register(settings, {
      kind: "flag",
      allowed: "true or false; true only with an endpoint on this machine (127.0.0.1, ::1)",
      purpose: "Trust whoever answers. Only towards a loopback address.",
    }),
  }),
  storages: z.array(matching(/^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$/)).max(64).default([])
    .register(settings, {
      kind: "list",
      allowed: "names of storages (letters, digits, dots, hyphens, underscores), at most 64",
      purpose:
        "Storages that guests, golden images and backups may be made on; on no other, whoever signs. " +
        "The self-test checks the agent's rights on them.",
    }),
  bridges: z.array(matching(/^[A-Za-z][A-Za-z0-9._-]{0,14}$/)).max(64).default([])
    .register(settings, {
      kind: "list",
      allowed: "names of bridges, at most 15 letters, digits, dots, hyphens, underscores each",
      purpose:
        "Bridges that new and restored guests may be connected to; to no other, whoever signs. The " +
        "self-test checks the agent's rights on them.",
    }),
  vlans: z.array(parsed(parseVlanRange)).max(64).default([]).register(settings, {
    kind: "list",
    allowed: 'tags such as "10" and ranges such as "100-199", from 1 to 4094, at most 64',
    purpose: "VLANs that new and restored guests may be in; none: only without a tag.",
  }),
  address_prefixes: z.array(parsed(parseIpv4Prefix)).max(64).default([]).register(settings, {
    kind: "list",
    allowed: "IPv4 prefixes such as 10.0.0.0/8, at most 64",
    purpose:
      "Where IPv4 addresses and gateways of new and restored guests have to lie; none: only DHCP, or " +
      "what the guest sets itself.",
  }),
});

/** How many have to sign: one person's home server is fine with one, a provider wants two. */
const threshold = (what: string) =>
  z.int().min(1).max(10).default(1).register(settings, {
    kind: "number",
    allowed: "a whole number from 1 to 10",
    purpose: `How many have to sign ${what}, each with a key of their own.`,
  });

/** A state with older signers was restored, or made anew: root knows how far they had come. */
const floor = (role: string) =>
  z.int().min(0).max(1_000_000).default(0).register(settings, {
    kind: "number",
    allowed: "a whole number from 0 to 1000000",
    purpose: `The lowest sequence of the ${role} signers that signed work is done with; ` +
      "written anew after each rotation.",
  });

const operations = section({
  thresholds: section({
    data_loss: threshold("what loses data, a snapshot or a backup"),
    service: threshold("anything else that waits for a signature"),
    trust: threshold("a change of signers (never fewer than the highest of the three)"),
  }),
  longest_lifetime_minutes: z.int().min(5).max(10_080).default(1440).register(settings, {
    kind: "number",
    allowed: "a whole number from 5 to 10080 (a week)",
    purpose: "The longest time for which a signed document may be valid.",
  }),
  longest_lifetime_minutes_data_loss: z.int().min(5).max(1440).default(120).register(settings, {
    kind: "number",
    allowed: "a whole number from 5 to 1440 (a day)",
    purpose: "The same for what loses data; of the two, the shorter counts there.",
  }),
  signers_floor: section({ operational: floor("operational"), recovery: floor("recovery") }),
  revoked_keys: z.array(matching(/^SHA256:[A-Za-z0-9+/]{43}$/)).max(256).default([])
    .register(settings, {
      kind: "list",
      allowed: "digests of keys, as ssh-keygen -l prints them (SHA256:…), at most 256",
      purpose: "Keys that sign nothing, whatever a file of signers or the state says.",
    }),
  unsigned_lifetime_minutes: z.int().min(15).max(60).default(30).register(settings, {
    kind: "number",
    allowed: "a whole number from 15 to 60",
    purpose:
      "How long a request that nobody signed waits until it is begun; then it is given up. Time " +
      "behind signed work or another's task on the guest does not count, up to 60 minutes in all.",
  }),
});

/** How many of something there may be. */
const quota = (most: number, highest: number, purpose: string) =>
  z.int().min(1).max(highest).default(most).register(settings, {
    kind: "number",
    allowed: `a whole number from 1 to ${highest}`,
    purpose,
  });

/** The file, key by key. Strict: an unknown key is an error. */
export const settingsSchema = z.strictObject({
  proxmox,
  guests: section({
    managed_vmids: section({
      first: vmid().register(settings, {
        kind: "number",
        allowed: "a whole number from 100 to 999999999, not above last",
        purpose: "First VMID the agent may touch; all others are read-only to it.",
      }),
      last: vmid().register(settings, {
        kind: "number",
        allowed: "a whole number from 100 to 999999999, not below first",
        purpose: "Last VMID the agent may touch.",
      }),
    }),
    drill_vmids: z.strictObject({
      first: vmid().register(settings, {
        kind: "number",
        allowed: "a whole number from guests.managed_vmids.first up, not above last",
        purpose:
          "First VMID set apart for the agent's own drills and self-tests; only there, then, " +
          "it destroys what it made for them without a signature.",
      }),
      last: vmid().register(settings, {
        kind: "number",
        allowed: "a whole number up to guests.managed_vmids.last, not below first",
        purpose: "Last VMID set apart for drills and self-tests.",
      }),
    }).optional(),
    golden_images: z.array(parsed(parseGoldenImage)).max(64)
      .refine((images) => new Set(images.map(({ volume }) => volume)).size === images.length, {
        message: "an image is pinned twice",
      }).default([]).register(settings, {
        kind: "list",
        allowed:
          "VOLID@BYTES: volume ids of containers' backups, each with its exact size, at most 64",
        purpose:
          "Golden images that guests may be made from without a signature; one of another size is " +
          "not what was pinned.",
      }),
    memory_overcommit: z.number().min(0.5).max(16).default(2).register(settings, {
      kind: "number",
      allowed: "a number from 0.5 to 16",
      purpose:
        "How many times the node's memory all guests together may be promised, swap included; what is " +
        "promised already stays.",
    }),
    overcommit: z.array(parsed(parseOvercommit)).max(64)
      .refine((ratios) => new Set(ratios.map(({ storage }) => storage)).size === ratios.length, {
        message: "a storage is named twice",
      }).default([]).register(settings, {
        kind: "list",
        allowed: "STORAGE=RATIO: names of storages, each with a number from 0.1 to 20, at most 64",
        purpose:
          "How much of a storage may be given away, times what it has; unnamed: 1.5 on lvmthin, " +
          "zfspool, btrfs, dir and rbd, 1 on lvm and any other type. A tenth of it is for signed work.",
      }),
    startup_delay_minutes: z.int().min(0).max(1440).default(30).register(settings, {
      kind: "number",
      allowed: "a whole number from 0 to 1440",
      purpose:
        "For how long all managed guests together may hold up the host's start by up= of their " +
        "startup, and its stop by down=; delays that are set already stay.",
    }),
    most_snapshots: quota(
      8,
      1000,
      "Snapshots of one guest that the agent took and that are there.",
    ),
    most_backups: quota(
      32,
      1000,
      "Backups of one guest on one storage that the agent made and that are there.",
    ),
    hourly: section({
      stops_per_guest: quota(6, 10_000, "Stops and shutdowns of one guest within an hour."),
      stops_per_host: quota(600, 100_000, "Stops and shutdowns of all guests within an hour."),
      restarts_per_guest: quota(6, 10_000, "Restarts of one guest within an hour."),
      restarts_per_host: quota(600, 100_000, "Restarts of all guests within an hour."),
      starts_per_guest: quota(
        12,
        10_000,
        "Starts of one guest within an hour; within a day four times as many.",
      ),
      starts_per_host: quota(
        600,
        100_000,
        "Starts of all guests within an hour, but for those that restore a desired state in force " +
          "for ten minutes.",
      ),
      settings_per_guest: quota(60, 10_000, "Changes of settings of one guest within an hour."),
      settings_per_host: quota(1200, 100_000, "Changes of settings of all guests within an hour."),
      asked_guests: quota(
        3,
        10_000,
        "Guests that a hub or guests may have stopped or restarted within an hour: this many, or " +
          "asked_percent.",
      ),
      asked_percent: quota(
        20,
        100,
        "The same in percent of the managed guests; the larger counts.",
      ),
      snapshots_per_storage: quota(240, 10_000, "Snapshots on one storage within an hour."),
      backups_per_storage: quota(
        60,
        10_000,
        "Backups on one storage within an hour; never fewer than there are managed guests.",
      ),
      creates_per_storage: quota(60, 10_000, "New guests on one storage within an hour."),
      restores_per_storage: quota(60, 10_000, "Restores to one storage within an hour."),
    }),
  }),
  reconcile: section({
    // Not longer: the watchdog of the unit hears of the agent after each pass.
    interval_seconds: z.int().min(5).max(60).default(30).register(settings, {
      kind: "number",
      allowed: "a whole number from 5 to 60",
      purpose: "How often the host is held against what is desired, spread by a fifth.",
    }),
  }),
  privileged: section({
    mode: z.enum(["socket", "direct", "off"]).default("socket").register(settings, {
      kind: "text",
      allowed: '"socket", "direct" or "off"',
      purpose: "Which helper listens: one that uses sudo, one that is root (development), or none.",
    }),
    socket: z.literal(PLACES.helperSocket, { error: "the program may connect to no other" })
      .default(PLACES.helperSocket).register(settings, {
        kind: "text",
        allowed: PLACES.helperSocket,
        purpose: "The helper's socket.",
      }),
  }),
  operations,
  control: section({
    socket: socketIn(PLACES.runtime).default(`${PLACES.runtime}/control.sock`).register(settings, {
      kind: "text",
      allowed: `a path below ${PLACES.runtime}, at most 107 bytes`,
      purpose: "Where the daemon listens for the command line.",
    }),
  }),
  state: section({
    directory: z.string().transform((text, context) => {
      const path = resolvePath(text);
      if (path !== undefined && liesIn(path, PLACES.state)) return path;
      const message = "the program has no right to any other place; the rights are baked into it";
      context.addIssue({ code: "custom", message, input: text });
      return z.NEVER;
    }).default(PLACES.state).register(settings, {
      kind: "text",
      allowed: `${PLACES.state} or a path below it`,
      purpose: "Folder of the agent's state.",
    }),
    ceiling_mib: z.int().min(64).max(1_048_576).default(4096).register(settings, {
      kind: "number",
      allowed: "a whole number from 64 to 1048576",
      purpose:
        "The most MiB its database may have, and never more than a third of the free disk; " +
        "there only signed work goes on.",
    }),
    lasting_days: z.int().min(90).max(36_500).default(730).register(settings, {
      kind: "number",
      allowed: "a whole number from 90 to 36500",
      purpose: "How long signed and irreversible work, changes of signers and acknowledgements " +
        "stay in journal and audit log.",
    }),
  }),
  log: section({
    level: z.enum(["debug", "info", "warn", "error"]).default("info").register(settings, {
      kind: "text",
      allowed: '"debug", "info", "warn" or "error"',
      purpose: "The least important lines that are written.",
    }),
    format: z.enum(["auto", "json", "human"]).default("auto").register(settings, {
      kind: "text",
      allowed: '"auto" (human on a terminal, else json), "json" or "human"',
      purpose: "How log lines are written.",
    }),
  }),
});

/** What the file and the environment say, before files they name are read. */
export type Settings = z.output<typeof settingsSchema>;

/** Keys of which only one may be set; the environment's replaces the file's. */
export const ALTERNATIVES: readonly (readonly string[])[] = [
  ["proxmox.token", "proxmox.token_file"],
  ["proxmox.tls.fingerprint", "proxmox.tls.ca_file", "proxmox.tls.insecure_skip_verify"],
];

/** Every key with its meaning, in the order of the schema: `proxmox.endpoint`, … */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(leaves(settingsSchema, ""));

function* leaves(schema: z.core.$ZodType, path: string): Generator<[string, Setting]> {
  const inner = schema instanceof z.ZodPipe && !settings.has(schema)
    ? schema.def.out
    : schema instanceof z.ZodOptional && !settings.has(schema)
    ? schema.def.innerType
    : schema;
  const meaning = settings.get(inner);
  if (meaning !== undefined) yield [path, meaning];
  if (!(inner instanceof z.ZodObject)) return;
  for (const [key, value] of Object.entries(inner.shape)) {
    yield* leaves(value, path === "" ? key : `${path}.${key}`);
  }
}
