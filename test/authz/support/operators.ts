/** Somebody with a key. The private half is a file in a folder that goes away with the operators. */
export interface Operator {
  readonly name: string;
  /** A line of a signers file. @param options others than the usual ones, as `valid-before="…"` */
  line(options?: string): string;
  /** An armored signature by the real `ssh-keygen`. */
  sign(document: Uint8Array | string, options?: SignOptions): Promise<string>;
}

export interface SignOptions {
  /** @default "felhom-op-v1" */
  readonly namespace?: string;
}

/** People with keys, made as they are asked for: one person, one ed25519 key. */
export interface Operators {
  person(name: string): Promise<Operator>;
  /** Removes every key. */
  close(): Promise<void>;
}

/** Opens an empty circle of operators. Each test has its own, or a file shares one. */
export async function openOperators(): Promise<Operators> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-operators-" });
  const known = new Map<string, Promise<Operator>>();
  return {
    person(name) {
      const person = known.get(name) ?? makePerson(folder, name);
      known.set(name, person);
      return person;
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

async function makePerson(folder: string, name: string): Promise<Operator> {
  const path = `${folder}/${name}`;
  await sshKeygen(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
  const [type, key] = (await Deno.readTextFile(`${path}.pub`)).split(" ");
  return {
    name,
    line: (options = 'namespaces="felhom-op-v1"') => `${name} ${options} ${type} ${key}\n`,
    sign: (document, { namespace = "felhom-op-v1" } = {}) =>
      sshKeygen(["-q", "-Y", "sign", "-n", namespace, "-f", path], document),
  };
}

async function sshKeygen(
  args: readonly string[],
  input: Uint8Array | string = "",
): Promise<string> {
  const child = new Deno.Command("ssh-keygen", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input.slice());
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`ssh-keygen ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
