import type { ApiRequest } from "../seam.ts";

/** One request, as the server saw it. Never holds what authorised it. */
export interface RequestRow {
  /** Counted from 1. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Number of the connection, counted from 1. */
  readonly connection: number;
  readonly method: string;
  /** Path below `/api2/FORMAT`; as it came when it is not below it. */
  readonly path: string;
  params: ApiRequest["params"];
  /** Route template; undefined when the request reached none. */
  route: string | undefined;
  /** Whether pvedaemon had to do it. */
  proxied: boolean;
  /** Whether the work behind it was started. */
  handlerRan: boolean;
  /** Undefined while there is none, and when none was sent. */
  status: number | undefined;
  /** Whether the whole answer was handed to the network. */
  delivered: boolean;
  /** Milliseconds from the head to the answer. */
  ms: number | undefined;
  /** Id of the fault rule that struck. */
  fault: string | undefined;
}

/** Counts over the whole life of the server. */
export interface Traffic {
  requests: number;
  connections: number;
  openConnections: number;
  handshakes: number;
  inFlight: number;
  /** The most requests that were in flight at once. */
  inFlightHighWater: number;
}

/** The last requests and the counts of all. */
export class RequestLog {
  readonly #limit: number;
  #rows: RequestRow[] = [];
  readonly traffic: Traffic = {
    requests: 0,
    connections: 0,
    openConnections: 0,
    handshakes: 0,
    inFlight: 0,
    inFlightHighWater: 0,
  };

  /** Keeps at least the last `limit` rows. */
  constructor(limit = 50_000) {
    this.#limit = limit;
  }

  open(
    row: Pick<RequestRow, "time" | "connection" | "method" | "path" | "params">,
  ): RequestRow {
    const { traffic } = this;
    traffic.requests++;
    traffic.inFlight++;
    if (traffic.inFlight > traffic.inFlightHighWater) traffic.inFlightHighWater = traffic.inFlight;
    const full: RequestRow = {
      sequence: traffic.requests,
      time: row.time,
      connection: row.connection,
      method: row.method,
      path: row.path,
      params: row.params,
      route: undefined,
      proxied: false,
      handlerRan: false,
      status: undefined,
      delivered: false,
      ms: undefined,
      fault: undefined,
    };
    this.#rows.push(full);
    if (this.#rows.length > 2 * this.#limit) this.#rows = this.#rows.slice(-this.#limit);
    return full;
  }

  /** Marks a request as answered, or as never to be answered. */
  close(row: RequestRow, now: number): void {
    row.ms = now - row.time;
    this.traffic.inFlight--;
  }

  /** Rows after `sequence`, oldest first. */
  rows(after = 0): readonly Readonly<RequestRow>[] {
    return after === 0 ? this.#rows.slice() : this.#rows.filter((row) => row.sequence > after);
  }

  /** Forgets the rows and starts the high-water mark anew; counts go on. */
  clear(): void {
    this.#rows = [];
    this.traffic.inFlightHighWater = this.traffic.inFlight;
  }
}
