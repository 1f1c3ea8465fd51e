/** The messages of a port, one after the other; those that nobody waits for yet are kept. */
export class PortReader {
  readonly #kept: unknown[] = [];
  #waiting: ((message: unknown) => void) | undefined;

  constructor(port: MessagePort) {
    port.addEventListener("message", ({ data }) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#kept.push(data);
      else waiting(data);
    });
    port.start();
  }

  /** The next message. To be called again only when the last one was there. */
  next(): Promise<unknown> {
    if (this.#kept.length > 0) return Promise.resolve(this.#kept.shift());
    return new Promise((resolve) => this.#waiting = resolve);
  }
}
