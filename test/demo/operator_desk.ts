/** Somebody's desk with a key on it, where documents are signed by the real `ssh-keygen`. */
export class OperatorDesk {
  readonly folder: string;
  /** Path of the private key. */
  readonly key: string;
  /** What a signers file says of the key. */
  readonly signers: string;

  private constructor(folder: string, signers: string) {
    this.folder = folder;
    this.key = keyIn(folder);
    this.signers = signers;
  }

  /** Sets a desk up in a folder that is made, with a new ed25519 key. */
  static async create(folder: string): Promise<OperatorDesk> {
    await Deno.mkdir(folder);
    await keygen(folder, ["-q", "-t", "ed25519", "-N", "", "-C", "anna", "-f", keyIn(folder)]);
    const [type, key] = (await Deno.readTextFile(`${keyIn(folder)}.pub`)).split(" ");
    return new OperatorDesk(folder, `anna namespaces="felhom-op-v1" ${type} ${key}\n`);
  }

  /**
   * Signs the exact bytes of a document, and answers with document and signature in one stream.
   *
   * @returns also what `ssh-keygen` said
   */
  async sign(document: string): Promise<{ readonly stream: string; readonly said: string }> {
    const path = `${this.folder}/op.json`;
    await Deno.writeTextFile(path, document);
    await Deno.remove(`${path}.sig`).catch(() => {});
    const args = ["-Y", "sign", "-n", "felhom-op-v1", "-f", "anna", "op.json"];
    const said = await keygen(this.folder, args);
    return { stream: document + await Deno.readTextFile(`${path}.sig`), said };
  }
}

function keyIn(folder: string): string {
  return `${folder}/anna`;
}

async function keygen(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("ssh-keygen", {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`ssh-keygen ${args.join(" ")}: ${said}`);
  return said;
}
