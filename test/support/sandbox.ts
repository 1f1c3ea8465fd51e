import { repositoryRoot } from "./repository.ts";

/** The real folders that a sandbox puts temporary ones over. */
export const SANDBOXED_FOLDERS = [
  "/etc/felhom-agent",
  "/var/lib/felhom-agent",
  "/run/felhom-agent",
  "/run/felhom-privileged",
  "/run/systemd",
  "/run/credentials/felhom-agent.service",
] as const;

/** A folder of the agent's on a real host. */
export type SandboxedFolder = (typeof SANDBOXED_FOLDERS)[number];

export interface SandboxCommandOptions {
  /** The whole environment beside PATH and HOME. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether it gets a network of its own, with nothing but a loopback interface.
   *
   * @default false
   */
  readonly ownNetwork?: boolean;
  /**
   * A user id to run as, without any capability or group. Only where {@linkcode sandboxKind} is
   * "root".
   *
   * @default the caller's
   */
  readonly uid?: number;
  /** @default "null" */
  readonly stdin?: "piped" | "null";
}

/**
 * How a mount namespace can be had here: as root, or as a user in a user namespace; `undefined`
 * when not at all. Found out by making one.
 */
export const sandboxKind: "root" | "user" | undefined = findKind();

/** What a test prints when it is skipped for want of a namespace. */
export const NO_SANDBOX = "neither unshare -m (as root) nor unshare -Urm works here";

function findKind(): "root" | "user" | undefined {
  for (const kind of ["root", "user"] as const) {
    try {
      const { success } = new Deno.Command("unshare", {
        args: [...unshareArgs(kind, false), "true"],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      if (success) return kind;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

function unshareArgs(kind: "root" | "user", ownNetwork: boolean): string[] {
  return [
    "--mount",
    "--propagation=private",
    ...(kind === "user" ? ["--user", "--map-root-user"] : []),
    ...(ownNetwork ? ["--net"] : []),
    "--",
  ];
}

/**
 * A place to run the agent under its unmodified permission set, with every path of the set leading
 * to a temporary folder. The machine outside sees none of it: each command runs in a mount namespace
 * of its own, with the same folders in it, so a daemon and the commands that ask it meet.
 */
export class Sandbox implements AsyncDisposable {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async create(): Promise<Sandbox> {
    const root = await Deno.makeTempDir({ prefix: "felhom-sandbox-" });
    // Other users look in, when a command runs as one.
    await Deno.chmod(root, 0o755);
    const sandbox = new Sandbox(root);
    for (const folder of [...SANDBOXED_FOLDERS, "/home"] as const) {
      await Deno.mkdir(sandbox.outside(folder), { recursive: true });
    }
    await Deno.mkdir(`${root}/scratch`);
    return sandbox;
  }

  /** Where a path inside one of the sandboxed folders really lies. */
  outside(path: string): string {
    return `${this.#root}/folders${path}`;
  }

  /** The cache folder of the runtime inside: writable, so that what writes there is seen. */
  get cache(): string {
    return this.outside("/home/cache");
  }

  /** Writes a file inside a sandboxed folder, by default for its owner only. */
  async write(path: string, text: string, mode = 0o600): Promise<void> {
    await Deno.writeTextFile(this.outside(path), text, { mode });
    await Deno.chmod(this.outside(path), mode);
  }

  /** Hands the agent's own folders to another user, as an installation does. Root only. */
  async giveTo(uid: number): Promise<void> {
    const own = ["/etc/felhom-agent", "/var/lib/felhom-agent", "/run/felhom-agent", "/home"];
    for (const folder of own) {
      await Deno.chown(this.outside(folder), uid, uid);
      for await (const { name } of Deno.readDir(this.outside(folder))) {
        await Deno.chown(`${this.outside(folder)}/${name}`, uid, uid);
      }
    }
  }

  /** A command that sees the sandboxed folders in their real places. */
  command(
    program: string,
    args: readonly string[],
    options: SandboxCommandOptions = {},
  ): Deno.Command {
    return new Deno.Command("unshare", {
      args: this.#words(program, args, options),
      cwd: repositoryRoot,
      clearEnv: true,
      env: this.#environment(options),
      stdin: options.stdin ?? "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** The same command as a line for a shell, whose streams and folder it takes. */
  line(program: string, args: readonly string[], options: SandboxCommandOptions = {}): string {
    const environment = Object.entries(this.#environment(options))
      .map(([name, value]) => `${name}=${value}`);
    const words = this.#words(program, args, options);
    return ["env", "-i", ...environment, "unshare", ...words].map(quote).join(" ");
  }

  #words(program: string, args: readonly string[], options: SandboxCommandOptions): string[] {
    if (sandboxKind === undefined) throw new Error(`Cannot make a sandbox: ${NO_SANDBOX}`);
    const { ownNetwork = false, uid } = options;
    const drop = uid === undefined
      ? []
      : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--no-new-privs", "--"];
    return [
      ...unshareArgs(sandboxKind, ownNetwork),
      ...["sh", "-euc", this.#script(ownNetwork), "sh", ...drop, program, ...args],
    ];
  }

  #environment({ env = {} }: SandboxCommandOptions): Record<string, string> {
    return {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: this.outside("/home"),
      DENO_DIR: this.cache,
      NO_COLOR: "1",
      ...env,
    };
  }

  /**
   * `/etc`, `/var/lib` and `/run` become overlays, in which the folders can be made though the
   * machine has none; then the temporary folders are bound over them.
   */
  #script(ownNetwork: boolean): string {
    const scratch = quote(`${this.#root}/scratch`);
    const overlays = ["/etc", "/var/lib", "/run"].map((lower, index) => [
      `mkdir ${scratch}/${index}u ${scratch}/${index}w`,
      `mount -t overlay overlay -o lowerdir=${lower},upperdir=${scratch}/${index}u,workdir=${scratch}/${index}w ${lower}`,
    ]);
    const binds = SANDBOXED_FOLDERS.map((folder) => [
      `mkdir -p ${folder}`,
      `mount --bind ${quote(this.outside(folder))} ${folder}`,
    ]);
    return [
      `mount -t tmpfs tmpfs ${scratch}`,
      ...overlays.flat(),
      ...binds.flat(),
      ...(ownNetwork ? ["ip link set lo up"] : []),
      'exec "$@"',
    ].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }
}

/** A text as one word of a shell's line. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
