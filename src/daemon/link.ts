import type * as z from "zod";

/** One end of the connection between the isolates: a `MessagePort` that carries known messages. */
export class Link<Out, In extends { readonly kind: string }> implements Disposable {
  readonly #port: MessagePort;
  #waiting: ((message: In) => void)[] = [];
  #arrived: In[] = [];

  /**
   * @param schema what may arrive; anything else is thrown as an uncaught error, which ends the
   * isolate: both sides are one build, so it is not theirs
   */
  constructor(port: MessagePort, schema: z.ZodType<In>) {
    this.#port = port;
    port.onmessage = (event) => {
      const message = schema.parse(event.data);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#arrived.push(message);
      else waiting(message);
    };
  }

  send(message: Out): void {
    this.#port.postMessage(message);
  }

  /** The next message, in the order they were sent. */
  next(): Promise<In> {
    const message = this.#arrived.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  [Symbol.dispose](): void {
    this.#port.close();
  }
}
