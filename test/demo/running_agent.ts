/** A daemon of the agent as a process. What it prints is read as it comes. */
export class RunningAgent {
  readonly #child: Deno.ChildProcess;
  readonly #printed: Promise<unknown>;
  #output = "";

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#printed = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
  }

  /** What it has printed so far: its log. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Tells it to end, as systemd does (SIGTERM), or kills it; waits until it has ended. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#printed;
    return code;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#output += text;
  }
}
