/**
 * A client in an isolate that may reach one address and nothing else. Gets what to connect to as a
 * message, reads, and posts what came of it, and which rights it has.
 */
import { Secret } from "../../../src/config/secret.ts";
import { createReads, createTransport, parseVmid, type Trust } from "../../../src/proxmox/mod.ts";

export interface LoneWorkerTask {
  readonly port: number;
  readonly trust: Trust;
  readonly token: { readonly id: string; readonly text: string };
}

/** What the worker posts. */
export interface LoneWorkerReport {
  readonly memory?: number | undefined;
  readonly error?: string;
  /** State of each right, as `read: prompt`. */
  readonly rights: readonly string[];
}

declare const self: {
  onmessage: ((event: MessageEvent<LoneWorkerTask>) => void) | null;
  postMessage(report: LoneWorkerReport): void;
  close(): void;
};

self.onmessage = async ({ data: { port, trust, token } }) => {
  const transport = createTransport({
    address: { host: "127.0.0.1", port },
    trust,
    token: { id: token.id, text: new Secret(token.text) },
    random: Math.random,
  });
  const names = ["read", "write", "env", "sys", "run", "ffi", "net"] as const;
  const rights = names.map((name) => `${name}: ${Deno.permissions.querySync({ name }).state}`);
  try {
    const config = await createReads(transport, { node: "pve" }).guestConfig(parseVmid(101));
    self.postMessage({ memory: config.memory, rights });
  } catch (error) {
    self.postMessage({ error: String(error), rights });
  } finally {
    transport.close();
  }
};
