/**
 * Every right the runtime knows. (`Deno.PermissionName` lacks `import`; the descriptors have it, and
 * a right that a later Deno adds stops {@linkcode Held} and the probes from compiling.)
 */
export type Right = Deno.PermissionDescriptor["name"];

/** What no part of the agent ever holds once it runs. */
type Nothing = readonly never[];

/**
 * The rights an isolate holds, each as an explicit list. "Everything" cannot be said, and programs,
 * libraries, environment, system facts and imports cannot be granted at all.
 */
export interface Held {
  /** `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/PATH`. */
  readonly net: readonly string[];
  /** Absolute paths; a path stands for everything below it too. */
  readonly read: readonly string[];
  /** As `read`. */
  readonly write: readonly string[];
  readonly env: Nothing;
  readonly run: Nothing;
  readonly sys: Nothing;
  readonly ffi: Nothing;
  readonly import: Nothing;
}

/** No right at all: what the main isolate holds while it runs. */
export const NOTHING = {
  net: [],
  read: [],
  write: [],
  env: [],
  run: [],
  sys: [],
  ffi: [],
  import: [],
} as const satisfies Held & Record<Right, Nothing>;

/** All rights, in the order they are shown. */
export const RIGHTS: readonly Right[] = Object.keys(NOTHING).filter(isRight);

function isRight(name: string): name is Right {
  return Object.hasOwn(NOTHING, name);
}

/** The rights that may be held in part, each with the descriptor of one entry. */
const DESCRIBE = {
  net: (host) => ({ name: "net", host }),
  read: (path) => ({ name: "read", path }),
  write: (path) => ({ name: "write", path }),
} as const satisfies Partial<Record<Right, (entry: string) => Deno.PermissionDescriptor>>;

/** A right of which {@linkcode Held} can list entries. */
export type ListedRight = keyof typeof DESCRIBE;

/** The rights of which entries can be held. */
export const LISTED_RIGHTS: readonly ListedRight[] = RIGHTS.filter(isListed);

function isListed(right: Right): right is ListedRight {
  return Object.hasOwn(DESCRIBE, right);
}

type SystemFact = NonNullable<Deno.SysPermissionDescriptor["kind"]>;

/** A record, so that a fact which a later Deno adds stops it from compiling. */
const FACTS: Readonly<Record<SystemFact, true>> = {
  loadavg: true,
  hostname: true,
  systemMemoryInfo: true,
  networkInterfaces: true,
  osRelease: true,
  osUptime: true,
  uid: true,
  gid: true,
  username: true,
  cpus: true,
  homedir: true,
  statfs: true,
  getPriority: true,
  setPriority: true,
  ca: true,
  umask: true,
};

/** System facts that can be granted one by one, which the right as a whole says nothing of. */
export const SYSTEM_FACTS: readonly SystemFact[] = Object.keys(FACTS).filter(isFact);

function isFact(name: string): name is SystemFact {
  return Object.hasOwn(FACTS, name);
}

/** One entry of a right as the runtime wants it named: `{name: "read", path: "/var/lib/…"}`. */
export function describeEntry(right: ListedRight, entry: string): Deno.PermissionDescriptor {
  return DESCRIBE[right](entry);
}

/**
 * What has to be revoked to come from `before` to `after`. A right of which nothing is left is
 * revoked as a whole, so what nobody listed goes too; otherwise entry by entry.
 */
export function revocations(before: Held, after: Held): Deno.PermissionDescriptor[] {
  return RIGHTS.flatMap((right): Deno.PermissionDescriptor[] => {
    if (!isListed(right) || after[right].length === 0) return [{ name: right }];
    return before[right]
      .filter((entry) => !after[right].includes(entry))
      .map((entry) => describeEntry(right, entry));
  });
}

/**
 * A list that names nothing. For imports, `false` and `[]` leave seven public hosts open
 * (RUNTIME, "Remote imports"); a list that names a port nobody can serve does not.
 */
const IMPORT_NOTHING = ["127.0.0.1:9"];

/** The rights as the constructor of a Worker takes them. */
export function workerPermissions(held: Held): Required<Deno.PermissionOptionsObject> {
  return {
    net: held.net.length === 0 ? false : [...held.net],
    read: held.read.length === 0 ? false : [...held.read],
    write: held.write.length === 0 ? false : [...held.write],
    env: false,
    run: false,
    sys: false,
    ffi: false,
    import: IMPORT_NOTHING,
  };
}
