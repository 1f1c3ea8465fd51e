/** A claim of the demo that did not hold. */
export class BrokenClaim extends Error {
  override readonly name = "BrokenClaim";
}

/** Tells what the demo does, on stdout, and checks what it says. */
export class Narrator {
  readonly #start = performance.now();
  #steps = 0;
  #claims = 0;

  /** How many claims were made and held. */
  get claims(): number {
    return this.#claims;
  }

  /** Seconds since the start, as `4.2`. */
  get seconds(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(1);
  }

  /** Begins the next step. */
  step(title: string): void {
    this.#steps++;
    this.say(`\n${this.#steps}. ${title}`);
  }

  say(text: string): void {
    write(text + "\n");
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
    this.#claims++;
    this.say(`   [holds] ${text}`);
  }
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}
