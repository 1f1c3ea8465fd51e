import { bundlePrivileged } from "../../src/build/bundle_privileged.ts";
import { repositoryRoot } from "./repository.ts";

/** Who runs a command on a {@linkcode HelperHost}. */
export type HostUser = "root" | "felhom-helper" | "felhom-agent";

export interface HostCommandOptions {
  /** @default "root" */
  readonly as?: HostUser;
  /** The whole environment beside PATH. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** @default nothing */
  readonly stdin?: string;
}

/** How a command ended. */
export interface HostResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PROGRAMS = [
  ...["unshare", "nsenter", "setpriv", "sudo", "visudo", "systemd-sysusers", "systemd-tmpfiles"],
  ...["systemd-analyze", "systemd-socket-activate", "losetup", "mkfs.ext4", "smartctl", "sensors"],
];
const SHARED = "/usr/local/lib/felhom";

/** Why there can be no {@linkcode HelperHost} here; `undefined` when there can. */
export const noHelperHost: string | undefined = findObstacle();

function findObstacle(): string | undefined {
  if (Deno.uid() !== 0) return "the real sudo and real mounts need root";
  const missing = PROGRAMS.find((program) => {
    const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
      .outputSync();
    return !success;
  });
  if (missing !== undefined) return `${missing} is not installed`;
  const { success } = new Deno.Command("unshare", { args: ["--mount", "true"] }).outputSync();
  if (!success) return "unshare --mount does not work here";
  return isChroot() ? "in a chroot, what enters a mount namespace lands outside of it" : undefined;
}

/** Whether `nsenter` would leave the root folder of this process, and so write to another system. */
function isChroot(): boolean {
  const { code, stdout } = new Deno.Command("nsenter", {
    args: ["--mount=/proc/self/ns/mnt", "--", "stat", "--format=%d:%i", "/"],
  }).outputSync();
  const { dev, ino } = Deno.statSync("/");
  return code !== 0 || new TextDecoder().decode(stdout).trim() !== `${dev}:${ino}`;
}

/**
 * A host with the helper installed as its configs say, in a mount namespace: the real sudo, the
 * shipped sudoers file, users from the shipped sysusers file, folders from the shipped tmpfiles.
 * `/etc`, `/usr/sbin`, `/usr/local`, `/mnt` and `/run` are overlays: the machine outside sees
 * nothing of it. It lives as long as one process, which ends with the test.
 */
export class HelperHost implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;
  readonly #root: string;
  readonly #ids: Readonly<Record<HostUser, number>>;

  private constructor(
    keeper: Deno.ChildProcess,
    { root, ids }: { readonly root: string; readonly ids: Readonly<Record<HostUser, number>> },
  ) {
    this.#keeper = keeper;
    this.#root = root;
    this.#ids = ids;
  }

  /** Sets the host up. Needs root. */
  static async create(): Promise<HelperHost> {
    const root = await Deno.makeTempDir({ prefix: "felhom-host-" });
    await bundlePrivileged(root);
    await Deno.mkdir(`${root}/scratch`);
    const keeper = new Deno.Command("unshare", {
      args: ["--mount", "--propagation=private", "--", "sh", "-euc", SETUP, "sh", root],
      cwd: repositoryRoot,
      env: { DENO: Deno.execPath() },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = keeper.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("ready\n")) {
      const { value } = await lines.read();
      if (value === undefined) throw new Error("Cannot set up a host for the helper");
      text += value;
    }
    await lines.cancel();
    const idOf = (name: string) => Number(text.match(new RegExp(`^${name} (\\d+)$`, "m"))?.[1]);
    return new HelperHost(keeper, {
      root,
      ids: {
        "root": 0,
        "felhom-helper": idOf("felhom-helper"),
        "felhom-agent": idOf("felhom-agent"),
      },
    });
  }

  /** Where a path of the host can be reached from outside. */
  outside(path: string): string {
    return `/proc/${this.#keeper.pid}/root${path}`;
  }

  /** A command on the host. */
  command(
    program: string,
    args: readonly string[],
    { as = "root", env = {} }: HostCommandOptions = {},
  ): { readonly program: string; readonly options: Deno.CommandOptions } {
    const id = this.#ids[as];
    const drop = as === "root" ? [] : [
      ...["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--inh-caps=-all"],
      ...[`--bounding-set=${withoutCapabilities()}`, "--"],
    ];
    return {
      program: "nsenter",
      options: {
        args: [
          `--mount=/proc/${this.#keeper.pid}/ns/mnt`,
          // Else it is the namespace's own: where the tests run in a chroot, the machine outside.
          `--root=/proc/${this.#keeper.pid}/root`,
          ...["--", ...drop, program, ...args],
        ],
        clearEnv: true,
        env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      },
    };
  }

  /** Runs a command on the host to its end. */
  async run(
    program: string,
    args: readonly string[],
    options: HostCommandOptions = {},
  ): Promise<HostResult> {
    const command = this.command(program, args, options);
    const child = new Deno.Command(command.program, command.options).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
    await writer.close().catch(() => {}); // A program that reads nothing may be gone by now.
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Runs a command that has to succeed, and answers with what it printed. */
  async must(program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${stderr}`);
    return stdout.trim();
  }

  /** Asks the helper as systemd would start it, without a socket. */
  async ask(request: unknown, args: readonly string[] = HELPER_ARGS): Promise<HelperReply> {
    const line = typeof request === "string" ? request : JSON.stringify(request) + "\n";
    const { code, stdout, stderr } = await this.run("/usr/local/bin/felhom-privileged", args, {
      as: "felhom-helper",
      stdin: line,
    });
    return { code, answer: stdout === "" ? undefined : JSON.parse(stdout), log: stderr };
  }

  /** Writes a file of the host. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const outside = this.outside(path);
    await Deno.writeTextFile(outside, text);
    await Deno.chmod(outside, mode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close();
    await this.#keeper.status;
    await Deno.remove(this.#root, { recursive: true });
  }
}

/** What the helper answered and wrote to its log. */
export interface HelperReply {
  readonly code: number;
  // deno-lint-ignore no-explicit-any -- tests compare it whole or look into it
  readonly answer: any;
  readonly log: string;
}

/** The helper's arguments in the shipped unit, with an instance name as systemd makes it up. */
export const HELPER_ARGS: readonly string[] = (readUnit().match(/^ExecStart=\S+ (.*)$/m)?.[1] ?? "")
  .replace("%i", "1-1234-998").split(" ");

/** The capabilities that the shipped unit takes away, as setpriv wants them. */
function withoutCapabilities(): string {
  return [...readUnit().matchAll(/^CapabilityBoundingSet=~(.*)$/gm)]
    .flatMap(([, names = ""]) => names.split(" "))
    .map((name) => `-${name.replace("CAP_", "").toLowerCase()}`).join(",");
}

function readUnit(): string {
  return Deno.readTextFileSync(new URL("configs/felhom-privileged@.service", repositoryRoot));
}

/** Run with the repository as working folder; ends when stdin does. */
const SETUP = `
root=$1
scratch=$1/scratch
mount -t tmpfs tmpfs "$scratch"
for folder in etc usr/sbin usr/local mnt run; do
  name=$(echo "$folder" | tr / _)
  mkdir "$scratch/$name.up" "$scratch/$name.work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$scratch/$name.up,workdir=$scratch/$name.work" "/$folder"
done
export SYSTEMD_LOG_LEVEL=warning
systemd-sysusers "$PWD/configs/felhom.sysusers.conf" >&2
systemd-tmpfiles --create "$PWD/configs/felhom.tmpfiles.conf" >&2
install -m 0440 configs/sudoers /etc/sudoers.d/felhom-helper
printf '' > /etc/fstab
mkdir -p ${SHARED} /usr/local/bin
cp "$root/felhom-privileged.js" deno.json ${SHARED}
touch /usr/local/bin/deno
mount --bind "$DENO" /usr/local/bin/deno
cat > /usr/local/bin/felhom-privileged <<'SCRIPT'
#!/bin/sh
export DENO_DIR=/nonexistent NO_COLOR=1 DENO_NO_UPDATE_CHECK=1
exec /usr/local/bin/deno run --quiet -P=privileged --no-prompt --no-remote --no-npm --no-lock \\
  --config ${SHARED}/deno.json ${SHARED}/felhom-privileged.js "$@"
SCRIPT
chmod 755 /usr/local/bin/felhom-privileged
for user in felhom-helper felhom-agent; do echo "$user $(id -u $user)"; done
echo ready
cat > /dev/null
`;
