import type { KeyType } from "../../../../src/authz/ssh/mod.ts";

/** A signature put before the real `ssh-keygen -Y verify`. */
export interface Question {
  readonly message: Uint8Array;
  readonly armored: string;
  /** The signers file. */
  readonly signers: string;
  readonly namespace: string;
  readonly principal: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** What `ssh-keygen -t` can make without a token. */
export const MADE_TYPES = {
  "ssh-ed25519": ["ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa", "-b", "256"],
  "ecdsa-sha2-nistp384": ["ecdsa", "-b", "384"],
  "ecdsa-sha2-nistp521": ["ecdsa", "-b", "521"],
  "ssh-rsa": ["rsa", "-b", "2048"],
  "ssh-dss": ["dsa"],
} as const satisfies Partial<Record<KeyType | "ssh-dss", readonly string[]>>;

/** A key that `ssh-keygen` made and signs with. */
export interface MadeKey {
  readonly path: string;
  /** As in a signers file: type and base64. */
  readonly text: string;
}

/** The real `ssh-keygen`, in a temporary folder that goes away with it. */
export interface SshKeygen extends AsyncDisposable {
  /** Whether the installed one knows a key type. */
  knows(type: KeyType): boolean;
  makeKey(type: keyof typeof MADE_TYPES): Promise<MadeKey>;
  /** The digest that `ssh-keygen -l` shows. */
  fingerprint(key: MadeKey): Promise<string>;
  /** The digest that it shows of a key, as in a signers file; `undefined` when it reads none. */
  digestOf(text: string): Promise<string | undefined>;
  /** A certificate for a key, which signs in its place. */
  certify(key: MadeKey, authority: MadeKey, principal: string): Promise<MadeKey>;
  /** The key that OpenSSL makes with these options. */
  makeRsaKey(...options: readonly string[]): Promise<MadeKey>;
  /** An armored signature. */
  sign(
    key: MadeKey,
    message: Uint8Array,
    options?: { readonly namespace?: string; readonly hash?: "sha256" | "sha512" },
  ): Promise<string>;
  /** Whether each signature is good, by its exit status. */
  verify(
    questions: readonly Question[],
    /** @default 3 */
    options?: { readonly atOnce?: number },
  ): Promise<boolean[]>;
}

export async function openSshKeygen(): Promise<SshKeygen> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-sshsig-" });
  const known = (await run("ssh", ["-Q", "key"])).split("\n");
  let count = 0;
  return {
    knows: (type) => known.includes(type),
    async makeKey(type) {
      const path = `${folder}/key${count++}`;
      const args = ["-q", "-t", ...MADE_TYPES[type], "-N", "", "-C", "", "-f", path];
      await run("ssh-keygen", args);
      return { path, text: (await Deno.readTextFile(`${path}.pub`)).trim() };
    },
    async fingerprint({ path }) {
      const [, digest = ""] = (await run("ssh-keygen", ["-l", "-f", path])).split(" ");
      return digest;
    },
    async digestOf(text) {
      const path = `${folder}/key${count++}.pub`;
      await Deno.writeTextFile(path, `${text}\n`);
      const { success, stdout } = await new Deno.Command("ssh-keygen", {
        args: ["-l", "-f", path],
        stderr: "null",
      }).output();
      return success ? new TextDecoder().decode(stdout).split(" ")[1] : undefined;
    },
    async certify({ path }, authority, principal) {
      const time = "20200101000000Z:20990101000000Z";
      const names = ["-I", principal, "-n", principal, "-V", time];
      await run("ssh-keygen", ["-q", "-s", authority.path, ...names, `${path}.pub`]);
      const certificate = `${path}-cert.pub`;
      return { path: certificate, text: (await Deno.readTextFile(certificate)).trim() };
    },
    async makeRsaKey(...options) {
      const path = `${folder}/key${count++}`;
      const asked = options.flatMap((option) => ["-pkeyopt", option]);
      await run("openssl", ["genpkey", "-quiet", "-algorithm", "RSA", ...asked, "-out", path]);
      await Deno.chmod(path, 0o600);
      const text = (await run("ssh-keygen", ["-y", "-f", path])).trim();
      await Deno.writeTextFile(`${path}.pub`, text);
      return { path, text };
    },
    async sign({ path }, message, { namespace = "felhom-op-v1", hash = "sha512" } = {}) {
      const file = `${folder}/message${count++}`;
      await Deno.writeFile(file, message);
      const options = ["-n", namespace, "-O", `hashalg=${hash}`];
      await run("ssh-keygen", ["-q", "-Y", "sign", "-f", path, ...options, file]);
      return await Deno.readTextFile(`${file}.sig`);
    },
    async verify(questions, { atOnce = 3 } = {}) {
      const base = count++;
      const lanes = Array.from({ length: atOnce }, (): string[] => []);
      for (const [index, question] of questions.entries()) {
        lanes[index % atOnce]?.push(askIn(`${folder}/${base}-${index}`, question));
      }
      const answers = await Promise.all(lanes.map(async (lines, lane) => {
        const script = `${folder}/${base}-lane${lane}.sh`;
        await Deno.writeTextFile(script, lines.join("\n"));
        return (await run("/bin/sh", [script])).trim().split("\n");
      }));
      return questions.map((_, index) => {
        const status = answers[index % atOnce]?.[Math.floor(index / atOnce)];
        // 0: good; 255: not good. Anything else would mean that it was not asked properly.
        if (status !== "0" && status !== "255") throw new Error(`ssh-keygen ended with ${status}`);
        return status === "0";
      });
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Writes what is asked about, and gives the line of a script that asks and prints the answer. */
function askIn(path: string, { message, armored, signers, namespace, principal, at }: Question) {
  Deno.writeFileSync(`${path}.msg`, message);
  Deno.writeTextFileSync(`${path}.sig`, armored);
  Deno.writeTextFileSync(`${path}.signers`, signers);
  const time = new Date(at * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const words = ["-f", `${path}.signers`, "-s", `${path}.sig`, "-I", principal, "-n", namespace]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return `ssh-keygen -q -Y verify ${words.join(" ")} -O verify-time=${time} ` +
    `<'${path}.msg' >/dev/null 2>&1; echo $?`;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    // Times without Z are read in local time.
    env: { TZ: "UTC" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${text.decode(stderr)}`);
}
