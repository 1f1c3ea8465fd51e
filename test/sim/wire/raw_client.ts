/** One answer as it came off the wire, head and body one character per byte. */
export interface RawAnswer {
  /** Lines of the head; empty when the connection ended without an answer. */
  readonly head: readonly string[];
  readonly body: string;
}

/** A client for tests that sends bytes as they are and shows bytes as they came. */
export class RawClient implements AsyncDisposable {
  readonly #conn: Deno.Conn;
  #unread = "";
  #ended = false;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects to 127.0.0.1 and verifies the certificate against `ca`. */
  static async connect(port: number, ca: string): Promise<RawClient> {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
    tcp.setNoDelay(true);
    return new RawClient(await Deno.startTls(tcp, { hostname: "127.0.0.1", caCerts: [ca] }));
  }

  /** Connects without TLS. */
  static async connectPlain(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends text, one byte per character. */
  async send(text: string): Promise<void> {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Reads one answer, by its Content-Length or, without one, up to the end of the connection. */
  async answer(): Promise<RawAnswer> {
    while (!this.#unread.includes("\r\n\r\n")) {
      if (!await this.#fill()) return { head: [], body: this.#unread };
    }
    const end = this.#unread.indexOf("\r\n\r\n");
    const head = this.#unread.slice(0, end).split("\r\n");
    this.#unread = this.#unread.slice(end + 4);
    const announced = head.find((line) => line.startsWith("Content-Length: "));
    const size = announced === undefined ? Infinity : Number(announced.split(" ")[1]);
    while (this.#unread.length < size && await this.#fill());
    const body = this.#unread.slice(0, size);
    this.#unread = this.#unread.slice(body.length);
    return { head, body };
  }

  /** Waits until the server ends the connection; returns what came before that. */
  async end(): Promise<string> {
    while (await this.#fill());
    return this.#unread;
  }

  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const bytes = new Uint8Array(65536);
    let size: number | null;
    try {
      size = await this.#conn.read(bytes);
    } catch (error) {
      // Proxmox ends connections without saying so in TLS.
      if (!(error instanceof Deno.errors.UnexpectedEof)) throw error;
      size = null;
    }
    if (size === null) {
      this.#ended = true;
      return false;
    }
    for (let at = 0; at < size; at += 8192) {
      this.#unread += String.fromCharCode(...bytes.subarray(at, Math.min(at + 8192, size)));
    }
    return true;
  }
}
