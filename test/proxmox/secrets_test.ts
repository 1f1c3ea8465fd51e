import { assert, assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { Secret } from "../../src/config/secret.ts";
import { createLogger } from "../../src/log/create_logger.ts";
import {
  createReads,
  createTransport,
  parseVmid,
  type Reads,
  type Transport,
  type Trust,
} from "../../src/proxmox/mod.ts";
import type { Mutations } from "../../src/proxmox/mod.ts";
import { createMutations } from "../../src/proxmox/mutations.ts";
import { ACTION } from "../gate/scene.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { permitFor } from "../support/permit.ts";
import { CANARY, findSecret } from "../support/secret_search.ts";
import { apiAnswer, type RawAnswer, startServer } from "./support/server.ts";

/** Everything that may be printed of a value, its insides and causes included. */
function printed(value: unknown): string {
  const hidden = { depth: 50, showHidden: true, getters: true, iterableLimit: 1_000 };
  const texts = [
    String(value),
    Deno.inspect(value, hidden),
    inspect(value, { depth: 50, showHidden: true, getters: true }),
    json(value),
  ];
  if (value instanceof Error) texts.push(value.stack ?? "", value.message, printed(value.cause));
  return texts.join("\n");
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return ""; // It has a circle, or cannot be shown: nothing leaves this way.
  }
}

const vmid = parseVmid(101);

/** Each ends in an error of another kind. */
const answers: readonly (readonly [string, RawAnswer])[] = [
  ["a wrong token", (socket) => void socket.end("HTTP/1.1 401 No ticket\r\n\r\n")],
  ["an echo of the request", (socket, { head }) => {
    const message = `What is this: ${head}`;
    socket.end(apiAnswer({ data: null, message, errors: { [head]: head } }, { status: "500 x" }));
  }],
  ["an echo in the reason phrase", (socket, { head }) => {
    socket.end(`HTTP/1.1 500 ${head.replaceAll("\r\n", " ")}\r\nContent-Length: 0\r\n\r\n`);
  }],
  ["an echo in a redirect", (socket, { head }) => {
    const location = `https://x.invalid/?${head.replaceAll("\r\n", "&")}`;
    socket.end(`HTTP/1.1 302 x\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
  }],
  ["a reset", (socket) => void socket.destroy()],
  ["garbage", (socket) => void socket.end("no HTTP at all\r\n\r\n")],
  ["a wrong shape", (socket) => void socket.write(apiAnswer({ data: 7 }))],
  ["too much", (socket) => void socket.write(apiAnswer({ data: " ".repeat(5_000) }))],
  ["silence", () => {}],
];

const trusts: readonly (readonly [string, Trust])[] = [
  ["a wrong pin", { kind: "fingerprint", sha256: Array(32).fill("AA").join(":") }],
];

async function outputOf(
  answer: RawAnswer,
  trust: Trust | undefined,
  provoke: (reads: Reads, mutations: Mutations) => Promise<unknown>,
): Promise<string> {
  await using server = await startServer(answer);
  const lines: string[] = [];
  const logger = createLogger({
    clock: new FakeClock(),
    level: "debug",
    sink: { write: (line) => void lines.push(line) },
  });
  const transport: Transport = createTransport({
    address: { host: "127.0.0.1", port: server.port },
    trust: trust ?? { kind: "fingerprint", sha256: server.tls.fingerprint },
    token: { id: CANARY.slice(0, CANARY.indexOf("=")), text: new Secret(CANARY) },
    random: () => 0,
    logger,
    maxBodyBytes: 1_000,
  });
  const reads = createReads(transport, { node: "pve" });
  const mutations = createMutations(transport, { node: "pve" });
  const caught: unknown[] = [];
  try {
    await provoke(reads, mutations);
  } catch (error) {
    caught.push(error);
    logger.error("It failed", { error });
  }
  assertEquals(caught.length, 1, "nothing failed");
  const during = [transport, reads, mutations, transport.get, server.tls].map(printed);
  transport.close();
  return [...lines, ...during, ...[transport, ...caught].map(printed)].join("\n");
}

const calls:
  readonly (readonly [string, (reads: Reads, mutations: Mutations) => Promise<unknown>])[] = [
    ["a read", (reads) => reads.guestConfig(vmid, { limitMs: 600 })],
    ["a mutation", async (_, mutations) => {
      return await mutations.start(await permitFor(ACTION.start), { limitMs: 600 });
    }],
  ];

for (const [callName, call] of calls) {
  for (const [name, answer] of answers) {
    Deno.test(`nothing that prints shows the token: ${callName} that meets ${name}`, async () => {
      const output = await outputOf(answer, undefined, call);
      assert(output.includes("felhom@pve!canary") || output.length > 500);
      assertEquals(findSecret(output), undefined);
    });
  }
  for (const [name, trust] of trusts) {
    Deno.test(`nothing that prints shows the token: ${callName} that meets ${name}`, async () => {
      assertEquals(findSecret(await outputOf(() => {}, trust, call)), undefined);
    });
  }
}

Deno.test("the search would find the token in what goes over the wire", async () => {
  await using server = await startServer((socket) => void socket.end("HTTP/1.1 401 x\r\n\r\n"));
  const transport = createTransport({
    address: { host: "127.0.0.1", port: server.port },
    trust: { kind: "insecure" },
    token: { id: CANARY.slice(0, CANARY.indexOf("=")), text: new Secret(CANARY) },
    random: () => 0,
  });
  await createReads(transport, { node: "pve" }).version().catch(() => {});
  transport.close();
  assert(findSecret(server.requests[0]?.head ?? "") !== undefined);
});
