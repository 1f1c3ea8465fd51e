import { until } from "../../sim/wire/until.ts";

/** A server on a free port that nobody configured. It counts who comes. */
export class Decoy implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #connections = 0;

  constructor() {
    this.#accept();
  }

  get connections(): number {
    return this.#connections;
  }

  /** Writes the port of Proxmox and its own into the program of the intruder. */
  async tell(program: string, proxmox: number): Promise<void> {
    const folder = program.slice(0, program.lastIndexOf("/") + 1);
    const ports = `${proxmox},${this.#listener.addr.port}`;
    for await (const { name } of Deno.readDir(folder)) {
      const text = await Deno.readTextFile(folder + name);
      if (!text.includes("@felhom-demo-ports@")) continue;
      await Deno.writeTextFile(folder + name, text.replaceAll("@felhom-demo-ports@", ports));
    }
  }

  /** Connects as any other program may, which counts. */
  async visit(): Promise<void> {
    const before = this.#connections;
    (await Deno.connect({ hostname: "127.0.0.1", port: this.#listener.addr.port })).close();
    await until(() => this.#connections > before);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections++;
      connection.close();
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}
