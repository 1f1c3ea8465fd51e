import type { Clock } from "../../../src/clock.ts";
import { scaledClock } from "../scaled_clock.ts";
import type { ApiRequest } from "../seam.ts";
import { makeTlsMaterial, Wire, type WireOptions } from "./mod.ts";
import { RawClient } from "./raw_client.ts";
import { StubApi, stubCall, type StubHandler } from "./stub_api.ts";

/** A running wire over a stub, for one test. */
export interface WireFixture extends AsyncDisposable {
  readonly wire: Wire;
  readonly api: StubApi;
  /** A new connection, closed with the fixture if not before. */
  connect(): Promise<RawClient>;
  /** A whole request head for `GET` or another method, with a token and `headers`. */
  request(target: string, options?: RequestOptions): string;
}

interface RequestOptions {
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: readonly string[];
  /** One character per byte; its length is announced. */
  readonly body?: string;
}

interface FixtureOptions extends Partial<Omit<WireOptions, "api" | "clock" | "tls">> {
  /** @default the machine's clock, scaled */
  readonly clock?: Clock;
  /** @default answers 401 without a token, else 200 with the path */
  readonly handler?: StubHandler;
  /** How many times as short waits are. @default 100 */
  readonly timeScale?: number;
}

const tls = await makeTlsMaterial();

/** Starts a wire over a stub. */
export async function wireFixture(options: FixtureOptions = {}): Promise<WireFixture> {
  const { handler = echo, timeScale = 100, clock = scaledClock(timeScale), ...rest } = options;
  const api = new StubApi(handler);
  const wire = await Wire.start({ api, clock, tls, ...rest });
  const clients: RawClient[] = [];
  return {
    wire,
    api,
    async connect() {
      const client = await RawClient.connect(wire.port, tls.ca);
      clients.push(client);
      return client;
    },
    request,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await wire.stop();
    },
  };
}

function request(target: string, options: RequestOptions = {}): string {
  const { method = "GET", headers = [], body } = options;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: 127.0.0.1:8006",
    "Authorization: PVEAPIToken=felhom-agent@pve!agent=REDACTED",
    ...headers,
  ];
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

/** `/nodes/pve/slow/…` is proxied, everything else inline. */
function echo(asked: ApiRequest): ReturnType<StubHandler> {
  if (asked.authorization === undefined) {
    return { status: 401, reason: "No ticket", body: undefined };
  }
  return stubCall(asked.segments, {
    proxied: asked.segments[2] === "slow",
    route: `/${asked.segments.join("/")}`,
  });
}
