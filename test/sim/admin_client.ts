import type { WorldFault } from "./pve/mod.ts";
import type { FaultReport, FaultRule, RequestRow, WireReport } from "./wire/mod.ts";

/** What a simulator in another process lets its starter see and do; the same names as in process. */
export class AdminClient {
  readonly #url: string;
  readonly #secret: string;

  constructor(url: string, secret: string) {
    this.#url = url;
    this.#secret = secret;
  }

  /** Counts, pvedaemon, cluster file system, crashes of the simulator. */
  async report(): Promise<WireReport> {
    return await this.#call("GET", "/report");
  }

  /** The whole world: guests, storages, tasks. */
  async state(): Promise<unknown> {
    return await this.#call("GET", "/state");
  }

  /** Rows of the request log after `sequence`, oldest first. */
  async log(sequence = 0): Promise<RequestRow[]> {
    return await this.#call("GET", `/log?after=${sequence}`);
  }

  async clearLog(): Promise<void> {
    await this.#call("DELETE", "/log");
  }

  /** Adds a fault rule and returns its id. */
  async addFault(rule: FaultRule): Promise<string> {
    const { id } = await this.#call<{ id: string }>("POST", "/faults", rule);
    return id;
  }

  async faults(): Promise<FaultReport[]> {
    return await this.#call("GET", "/faults");
  }

  async clearFaults(): Promise<void> {
    await this.#call("DELETE", "/faults");
  }

  /** pvedaemon: stop and start, restart, or workers that hang. */
  async daemon(
    command: { readonly up: boolean } | { readonly restart_ms: number } | { readonly hang: number },
  ): Promise<void> {
    await this.#call("POST", "/daemon", command);
  }

  async clusterFileSystem(up: boolean): Promise<void> {
    await this.#call("POST", "/cluster-file-system", { up });
  }

  async dropConnections(): Promise<void> {
    await this.#call("POST", "/connections/drop");
  }

  /** Makes something go wrong in the world: a guest vanishes, a storage fills up, … */
  async inject(fault: WorldFault): Promise<void> {
    await this.#call("POST", "/world", fault);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#secret}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`Cannot ${method} ${path} of the simulator: ${answer.error}`);
    return answer;
  }
}
