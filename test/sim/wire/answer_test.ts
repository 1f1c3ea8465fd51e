import { assert, assertEquals } from "@std/assert";
import { gunzipSync, inflateSync } from "node:zlib";
import { encodeAnswer, type WireAnswer } from "./answer.ts";
import { stubCall } from "./stub_api.ts";
import { wireFixture } from "./wire_fixture.ts";

const ANSWER: WireAnswer = {
  protocol: "HTTP/1.1",
  status: 200,
  message: "OK",
  body: "",
  contentType: undefined,
  connection: "keep-alive",
  encoding: undefined,
  date: "Sat, 21 Nov 2026 00:23:37 GMT",
};

function headOf(answer: Partial<WireAnswer>): string[] {
  return encodeAnswer({ ...ANSWER, ...answer }).toString("latin1").split("\r\n");
}

Deno.test("only the first line of a message becomes the reason phrase", () => {
  assertEquals(headOf({ status: 500, message: "one\ntwo" })[0], "HTTP/1.1 500 one");
  assertEquals(headOf({ status: 500, message: "\xc5\xb1" })[0], "HTTP/1.1 500 \xc5\xb1");
  assertEquals(headOf({ status: 500, message: "ű☃" })[0], "HTTP/1.1 500 \xc5\xb1\xe2\x98\x83");
});

Deno.test("a carriage return in the reason phrase turns the answer into an empty 400", () => {
  const head = headOf({ status: 500, message: "a\rSet-Cookie: b", body: "{}" });
  assertEquals(head[0], "HTTP/1.1 400 Bad Request");
  assertEquals(head.filter((line) => /Set-Cookie|Content-|Keep-Alive/.test(line)), []);
});

Deno.test("bodies are compressed only when asked for and over 1024 bytes", async () => {
  const data = (size: number) => "x".repeat(size - '{"data":""}'.length);
  const cases = [
    { accept: undefined, size: 5000, encoding: undefined },
    { accept: "gzip", size: 1024, encoding: undefined },
    { accept: "gzip", size: 1025, encoding: "gzip" },
    { accept: "deflate", size: 1025, encoding: "deflate" },
    { accept: "deflate, gzip;q=0.1", size: 1025, encoding: "gzip" },
    { accept: "br", size: 5000, encoding: undefined },
  ];
  for (const proxied of [false, true]) {
    for (const { accept, size, encoding } of cases) {
      await using fixture = await wireFixture({ handler: () => stubCall(data(size), { proxied }) });
      await using client = await fixture.connect();
      const headers = accept === undefined ? [] : [`Accept-Encoding: ${accept}`];
      await client.send(fixture.request("/api2/json/x", { headers }));
      const { head, body } = await client.answer();
      const said = head.find((line) => line.startsWith("Content-Encoding: "))?.split(": ")[1];
      assertEquals(said, encoding, `${accept} ${size}`);
      const bytes = Uint8Array.from(body, (char) => char.charCodeAt(0));
      const plain = encoding === "gzip"
        ? gunzipSync(bytes)
        : encoding === "deflate"
        ? inflateSync(bytes)
        : bytes;
      assertEquals(plain.length, size);
      if (encoding === "gzip") assertEquals([...bytes.subarray(0, 10)].join(), GZIP_HEAD);
    }
  }
});

/** As in the captures: no time, no name, operating system unknown. */
const GZIP_HEAD = "31,139,8,0,0,0,0,0,0,255";

Deno.test("the body is UTF-8 and its length is counted in bytes", async () => {
  await using fixture = await wireFixture({ handler: () => stubCall("ű☃") });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/json/x"));
  const { head, body } = await client.answer();
  assert(head.includes("Content-Length: 16"));
  assertEquals(body, '{"data":"\xc5\xb1\xe2\x98\x83"}');
});

Deno.test("extjs answers have status 200 and the real one inside", async () => {
  await using fixture = await wireFixture({
    handler: () => ({
      status: 400,
      reason: "Parameter verification failed.",
      body: { data: null, message: "Parameter verification failed.\n", errors: { a: "b" } },
    }),
  });
  await using client = await fixture.connect();
  await client.send(fixture.request("/api2/extjs/x"));
  const { head, body } = await client.answer();
  assertEquals(head[0], "HTTP/1.1 200 OK");
  assertEquals(JSON.parse(body), {
    success: 0,
    status: 400,
    data: null,
    message: "Parameter verification failed.\n",
    errors: { a: "b" },
  });
});
