import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import type { Deadlines } from "./deadlines.ts";
import type { ServerAddress, Trust } from "./trust.ts";

/** What a connection is opened with. */
export interface ConnectOptions {
  readonly address: ServerAddress;
  readonly trust: Trust;
  /** How long connecting and the handshake may take, in milliseconds. */
  readonly limitMs: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /**
   * Learns of every socket that is opened, to close it when all is over.
   *
   * @param inPlaceOf the one whose connection it took over
   */
  readonly track: (socket: Socket, inPlaceOf?: Socket) => void;
}
