import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Socket } from "node:net";
import type { ErrorCode } from "../../src/errors.ts";
import { FelhomError } from "../../src/errors.ts";
import {
  ApiError,
  createReads,
  parseVmid,
  type Reads,
  TransportError,
  type TransportOptions,
} from "../../src/proxmox/mod.ts";
import { connectTo } from "./support/client.ts";
import { apiAnswer, type RawAnswer, type RawServerOptions, startServer } from "./support/server.ts";

/** Longest time that any of these may take: the limit they are called with, and a little. */
const LIMIT_MS = 1_500;

/** Asks a server that answers like this, and returns how it failed. */
async function failureOf(
  answer: RawAnswer,
  options: RawServerOptions & {
    readonly client?: Partial<TransportOptions>;
    readonly call?: (reads: Reads) => Promise<unknown>;
  } = {},
): Promise<FelhomError> {
  await using server = await startServer(answer, options);
  using client = connectTo(server, options.client);
  const reads = createReads(client.transport, { node: "pve" });
  const start = performance.now();
  const call = options.call ?? ((each) => each.version({ limitMs: LIMIT_MS }));
  const error = await assertRejects(() => call(reads), FelhomError);
  assertLess(performance.now() - start, LIMIT_MS + 1_000);
  assert(error.hint !== undefined && error.hint !== "", "without a hint");
  return error;
}

function says(text: string): RawAnswer {
  return (socket) => void socket.write(text);
}

/** Writes `bytes` over and over until the other side has had enough. */
function pour(socket: Socket, bytes: string): void {
  const more = () => {
    while (!socket.destroyed && socket.writable) if (!socket.write(bytes)) return;
  };
  socket.on("drain", more);
  more();
}

const rows: readonly {
  readonly name: string;
  readonly answer: RawAnswer;
  readonly code: ErrorCode;
  readonly message: string;
}[] = [
  {
    name: "HTML instead of JSON",
    answer: says(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>Hi</html>",
    ),
    code: "proxmox.malformed",
    message: "status 200, text/html",
  },
  {
    name: "JSON that is no envelope",
    answer: says(apiAnswer({ version: "9.2" })),
    code: "proxmox.malformed",
    message: "no API answer",
  },
  {
    name: "an envelope with data of another shape",
    answer: says(apiAnswer({ data: { version: { a: 1 } } })),
    code: "proxmox.malformed",
    message: "Cannot read the version at version: expected a text",
  },
  {
    name: "a redirect",
    answer: says(
      "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example.invalid/\r\nContent-Length: 0\r\n\r\n",
    ),
    code: "proxmox.malformed",
    message: "a redirect to https://elsewhere.example.invalid/",
  },
  {
    name: "an empty success",
    answer: says("HTTP/1.1 204 No Content\r\n\r\n"),
    code: "proxmox.malformed",
    message: "status 204",
  },
  {
    name: "garbage instead of HTTP",
    answer: says("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
    code: "proxmox.malformed",
    message: "is not HTTP",
  },
  {
    name: "a body cut off before its announced end",
    answer: (socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"data":{"version"');
    },
    code: "proxmox.reset",
    message: "the connection broke",
  },
  {
    name: "a body cut off that never announced its end",
    answer: (socket) => {
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"data":{"version"');
    },
    code: "proxmox.malformed",
    message: "no API answer",
  },
  {
    name: "a reset in the middle of the answer",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Le");
      setTimeout(() => socket.destroy(), 20);
    },
    code: "proxmox.reset",
    message: "the connection broke",
  },
  {
    name: "a connection closed without an answer",
    answer: (socket) => void socket.end(),
    code: "proxmox.reset",
    message: "the connection broke",
  },
  {
    name: "a body of 100 MB",
    answer: (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${100 * 1024 * 1024}\r\n\r\n`);
      pour(socket, " ".repeat(65_536));
    },
    code: "proxmox.too_large",
    message: "more than 16777216 bytes",
  },
  {
    name: "an endless chunked body",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      pour(socket, `10000\r\n${" ".repeat(65_536)}\r\n`);
    },
    code: "proxmox.too_large",
    message: "more than 16777216 bytes",
  },
  {
    name: "100 MB of headers",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      pour(socket, `X-Header: ${"x".repeat(1_000)}\r\n`.repeat(60));
    },
    code: "proxmox.too_large",
    message: "headers are too large",
  },
  {
    name: "one endless header",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nX-Header: ");
      pour(socket, "x".repeat(65_536));
    },
    code: "proxmox.too_large",
    message: "headers are too large",
  },
  {
    name: "an endless reason phrase",
    answer: (socket) => {
      socket.write("HTTP/1.1 500 ");
      pour(socket, "x".repeat(65_536));
    },
    code: "proxmox.too_large",
    message: "headers are too large",
  },
  {
    name: "an answer that never comes",
    answer: () => {},
    code: "proxmox.timeout",
    message: `no whole answer within ${LIMIT_MS} ms`,
  },
  {
    name: "one byte every so often",
    answer: (socket) => {
      const text = apiAnswer({ data: { version: "9.2", release: "9.2", repoid: "x" } });
      let at = 0;
      const drip = setInterval(() => void socket.write(text.charAt(at++) || " "), 100);
      socket.on("close", () => clearInterval(drip));
    },
    code: "proxmox.timeout",
    message: `no whole answer within ${LIMIT_MS} ms`,
  },
  {
    name: "nothing but interim answers",
    answer: (socket) => {
      const drip = setInterval(() => void socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 5);
      socket.on("close", () => clearInterval(drip));
    },
    code: "proxmox.timeout",
    message: `no whole answer within ${LIMIT_MS} ms`,
  },
];

for (const { name, answer, code, message } of rows) {
  Deno.test(`${name} is ${code}, soon, and with a hint`, async () => {
    const error = await failureOf(answer);
    assertEquals(error.code, code);
    assert(error instanceof TransportError);
    assertEquals(error.sent, "maybe");
    assertStringIncludes(error.message, message);
  });
}

Deno.test("of a body of 100 MB no more than the limit is taken off the wire", async () => {
  let sent = () => 0;
  await failureOf((socket) => {
    sent = () => socket.bytesWritten - socket.writableLength;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${100 * 1024 * 1024}\r\n\r\n`);
    pour(socket, " ".repeat(65_536));
  });
  // The limit of 16 MiB, and what the kernel holds for both sides. The memory of the process says
  // nothing here: other tests run in it at the same time.
  assertGreater(sent(), 16 * 1024 * 1024);
  assertLess(sent(), 32 * 1024 * 1024);
});

Deno.test("a server that speaks no TLS is named as that", async () => {
  const error = await failureOf(says("HTTP/1.1 301 Moved\r\n\r\n"), {
    tls: false,
    onConnection: (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
  });
  assertEquals([error.code, error.retry], ["proxmox.not_tls", "never"]);
  assertStringIncludes(error.hint ?? "", "8006");
});

Deno.test("a server that waits for the client to speak plain HTTP is not waited for", async () => {
  const error = await failureOf(() => {}, { tls: false, client: { connectLimitMs: 300 } });
  assertEquals(error.code, "proxmox.timeout");
  assertStringIncludes(error.message, "it accepts connections, but no TLS after 300 ms");
  assertStringIncludes(error.hint ?? "", "8006");
});

Deno.test("a server that answers a handshake with plain HTTP is named as that", async () => {
  const error = await failureOf(() => {}, {
    tls: false,
    onConnection: (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
      });
    },
  });
  assertEquals(error.code, "proxmox.not_tls");
});

Deno.test("a server that closes the door at once may not like this address", async () => {
  const error = await failureOf(() => {}, {
    tls: false,
    onConnection: (socket) => void socket.destroy(),
  });
  assertEquals(error.code, "proxmox.refused");
  assertStringIncludes(error.hint ?? "", "ALLOW_FROM");
});

Deno.test("a port where nothing listens is refused, and nothing was sent", async () => {
  const server = await startServer(() => {});
  const { port, tls } = server;
  await server[Symbol.asyncDispose]();
  using client = connectTo({ port, tls });
  const error = await assertRejects(
    () => createReads(client.transport, { node: "pve" }).version(),
    TransportError,
  );
  assertEquals([error.code, error.sent, error.retry], ["proxmox.refused", "no", "safe"]);
  assertStringIncludes(error.message, `127.0.0.1:${port}`);
  assertStringIncludes(error.hint ?? "", "pveproxy");
});

Deno.test("a wrong token is told from the reason phrase alone", async () => {
  const error = await failureOf(
    says("HTTP/1.1 401 Authentication failed!\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
  );
  assert(error instanceof ApiError);
  assertEquals([error.code, error.status, error.text], [
    "proxmox.unauthorized",
    401,
    "Authentication failed!",
  ]);
  assertStringIncludes(error.hint ?? "", "journalctl");
});

Deno.test("a 401 without length or end of its own ends with its connection", async () => {
  const error = await failureOf((socket) => {
    socket.end("HTTP/1.1 401 No ticket\r\nConnection: close\r\n\r\n");
  });
  assertEquals(error.code, "proxmox.unauthorized");
});

Deno.test("a missing privilege is named with its path", async () => {
  const error = await failureOf(
    says(
      apiAnswer({ data: null, message: "Permission check failed (/vms/102, VM.Audit)\n" }, {
        status: "403 Permission check failed (/vms/102, VM.Audit)",
      }),
    ),
    { call: (reads) => reads.guestConfig(parseVmid(102), { limitMs: LIMIT_MS }) },
  );
  assert(error instanceof ApiError);
  assertEquals([error.code, error.privilege, error.on], [
    "proxmox.forbidden",
    "VM.Audit",
    "/vms/102",
  ]);
  assertStringIncludes(error.hint ?? "", "selftest");
});

Deno.test("control characters of a reason phrase do not reach the message", async () => {
  const error = await failureOf(
    says("HTTP/1.1 500 \x1b[31mred\x07 \x9b2J\u00c5\u0170\r\nContent-Length: 0\r\n\r\n"),
  );
  assert(error instanceof ApiError);
  assertEquals(/\p{Cc}/u.test(error.message + error.text), false);
  assertStringIncludes(error.text, "\\x1b[31mred\\x07");
});

Deno.test("a message is one line, without its newline, and control characters are shown", async () => {
  const error = await failureOf(
    says(
      apiAnswer({
        data: null,
        message: "first\nsecond \u001b[2J\u202e\n",
        errors: { "a\n": "b\n" },
      }, {
        status: "400 first",
      }),
    ),
  );
  assert(error instanceof ApiError);
  assertEquals(error.text, "first second \\x1b[2J\\u202e");
  assertEquals({ ...error.fields }, { a: "b" });
});
