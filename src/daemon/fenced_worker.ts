import * as z from "zod";
import { FelhomError } from "../errors.ts";
import { type Held, workerPermissions } from "../fence/mod.ts";

/**
 * What a Worker is started for: `daemon` runs until it is told to stop, `client` asks Proxmox for
 * one command. One program serves both.
 */
const role = z.enum(["daemon", "client"]);

export type WorkerRole = z.infer<typeof role>;

/** A Worker behind a fence, and the port that leads to it. */
export interface FencedWorker extends Disposable {
  readonly port: MessagePort;
  /** Rejects when an error in the Worker was caught by nobody. Never resolves. */
  readonly crashed: Promise<never>;
}

/**
 * Starts a program in a Worker that holds `held` and nothing else, whatever this isolate holds.
 *
 * From a file it could not start: Deno asks this isolate for the right to read a Worker's module and
 * all that it imports. A `blob:` address needs no right.
 *
 * @param program text of one JavaScript module that imports no file
 * @param role told to the program; it is also what the runtime calls the Worker in its messages
 */
export function startFencedWorker(program: string, held: Held, role: WorkerRole): FencedWorker {
  const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(address, {
    type: "module",
    name: role,
    deno: { permissions: workerPermissions(held) },
  });
  const crash = Promise.withResolvers<never>();
  // Who only waits for an answer need not watch for the crash as well.
  crash.promise.catch(() => {});
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    crash.reject(
      new FelhomError("daemon.died", `The ${role} crashed: ${event.message}`, {
        hint: "The message before this one shows where. Please report it.",
      }),
    );
  });
  // Posted before the program runs; the message waits until the program listens.
  worker.postMessage(role, [port2]);
  return {
    port,
    crashed: crash.promise,
    [Symbol.dispose]() {
      worker.terminate();
      port.close();
      URL.revokeObjectURL(address);
    },
  };
}

/** Inside the Worker: what it was started for, and the port to who started it. */
export function receiveRole(): Promise<{ readonly role: WorkerRole; readonly port: MessagePort }> {
  return new Promise((resolve, reject) => {
    self.addEventListener("message", (event) => {
      const port = event instanceof MessageEvent ? event.ports[0] : undefined;
      if (port === undefined) reject(new TypeError("The first message carries no port"));
      else resolve({ role: role.parse("data" in event ? event.data : undefined), port });
    }, { once: true });
  });
}
