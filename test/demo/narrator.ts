/** A claim of the demo that did not hold. */
export class BrokenClaim extends Error {
  override readonly name = "BrokenClaim";
}

/** Tells what the demo does and checks what it says. */
export class Narrator {
  readonly #write: (text: string) => void;
  readonly #start = performance.now();
  readonly #steps: { readonly title: string; claims: number }[] = [];

  /** @param write takes the text; on stdout, when left out */
  constructor(write: (text: string) => void = writeOut) {
    this.#write = write;
  }

  /** How many claims were made and held. */
  get claims(): number {
    return this.#steps.reduce((sum, { claims }) => sum + claims, 0);
  }

  /** Seconds since the start, as `4.2`. */
  get seconds(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(1);
  }

  /** Begins the next step. */
  step(title: string): void {
    this.#steps.push({ title, claims: 0 });
    this.say(`\n${this.#steps.length}. ${title}`);
  }

  say(text: string): void {
    this.#write(text + "\n");
  }

  /** Says of each step how many claims held: the whole at a glance. */
  sum(): void {
    this.say("");
    for (const [index, { title, claims }] of this.#steps.entries()) {
      this.say(`${String(index + 1).padStart(3)}  ${claims} hold  ${title}`);
    }
    this.say(`\nAll ${this.claims} claims hold. ${this.seconds} s.`);
  }

  /** Shows what a command printed, moved to the right. */
  show(command: string, output: string): void {
    this.say(`\n   $ ${command}`);
    for (const line of output.trimEnd().split("\n")) this.say(`     ${line}`.trimEnd());
    this.say("");
  }

  /**
   * Says that something holds, after looking.
   *
   * @throws {BrokenClaim} when it does not
   */
  claim(text: string, holds: boolean, seen: unknown = undefined): void {
    if (!holds) {
      const found = seen === undefined ? "" : ` (seen: ${JSON.stringify(seen).slice(0, 400)})`;
      throw new BrokenClaim(`It does not hold that ${text}${found}`);
    }
    const step = this.#steps.at(-1);
    if (step === undefined) throw new Error(`No step claims that ${text}`);
    step.claims++;
    this.say(`   [holds] ${text}`);
  }
}

function writeOut(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}
