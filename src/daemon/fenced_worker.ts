import { type Held, workerPermissions } from "../fence/mod.ts";

/** A Worker behind a fence, and the port that leads to it. */
export interface FencedWorker {
  readonly worker: Worker;
  readonly port: MessagePort;
}

/**
 * Starts a program in a Worker that holds `held` and nothing else, whatever this isolate holds. The
 * program gets a `MessagePort` with its first message.
 *
 * From a file it could not start: Deno asks this isolate for the right to read a Worker's module and
 * all that it imports. A `blob:` address needs no right.
 *
 * @param program text of one JavaScript module without imports of files
 * @param options.name what the runtime calls it when it reports an uncaught error
 */
export function startFencedWorker(
  program: string,
  held: Held,
  options: { readonly name: string },
): FencedWorker {
  const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(address, {
    type: "module",
    name: options.name,
    deno: { permissions: workerPermissions(held) },
  });
  // Posted before the module has run; the message waits for the module's listener.
  worker.postMessage(null, [port2]);
  return { worker, port: port1 };
}

/** Inside the Worker: the port that {@linkcode startFencedWorker} sent. */
export function receivePort(): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    self.addEventListener("message", (event) => {
      const port = event instanceof MessageEvent ? event.ports[0] : undefined;
      if (port === undefined) reject(new TypeError("The first message carries no port"));
      else resolve(port);
    }, { once: true });
  });
}
