import { assertEquals } from "@std/assert";
import { z } from "zod";
import { isReferenceMissing, referenceFile } from "../reference.ts";
import type { ApiAnswer, ApiCall } from "../seam.ts";
import type { RawAnswer } from "./raw_client.ts";
import { wireFixture } from "./wire_fixture.ts";

const CAPTURES = "pve/captures/captures.jsonl";

const capture = z.looseObject({
  name: z.string(),
  request: z.looseObject({
    raw: z.string().optional(),
    method: z.string().optional(),
    path: z.string().optional(),
    token: z.string().nullish(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
    body_type: z.string().nullish(),
    raw_body: z.string().optional(),
    extra_headers: z.record(z.string(), z.string()).optional(),
  }).optional(),
  status: z.int().optional(),
  status_line: z.string().optional(),
  headers: z.array(z.tuple([z.string(), z.string()])).optional(),
  raw_head: z.array(z.string()).optional(),
  body: z.unknown().optional(),
  closed_after_idle_s: z.number().optional(),
});
type Capture = z.infer<typeof capture>;

/** Where our answer differs from the captured one, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "http-gzip": "the capture holds the packed body as broken text: its length cannot be compared",
  "http-gzip-protected": "as http-gzip",
  "paging.download": "the log as a file (download=1) is nothing the product asks for",
};

async function readCaptures(): Promise<Capture[]> {
  const text = await Deno.readTextFile(referenceFile(CAPTURES));
  return text.split("\n").filter((line) => line !== "").map((line) =>
    capture.parse(JSON.parse(line))
  );
}

/** The request as it was sent; long ones are cut short in the captures and are made anew. */
function requestOf({ name, request }: Capture): string | undefined {
  if (request?.raw !== undefined) {
    if (!request.raw.includes(" HTTP/1.") && name !== "http-garbage") return undefined;
    const cut = /^([^]*)\.\.\.\((\d+) bytes\)$/.exec(request.raw);
    if (cut?.[1] === undefined) return request.raw;
    return fill(`${cut[1]}encoded\r\nContent-Length: `, Number(cut[2]));
  }
  if (request?.method === undefined || request.path === undefined) return undefined;
  const pairs = Object.entries(request.params ?? {}).map(([key, value]) =>
    `${encodeURIComponent(key)}=${encodeURIComponent(value)}`
  ).join("&");
  const inQuery = request.body_type === "query";
  const body = request.raw_body ?? (inQuery ? "" : pairs);
  const lines = [
    `${request.method} ${request.path}${inQuery ? `?${pairs}` : ""} HTTP/1.1`,
    "Host: 127.0.0.1:8006",
    ...Object.entries(request.extra_headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  if (request.token !== null) lines.push("Authorization: PVEAPIToken=x@pve!y=z");
  if (body !== "") lines.push(`Content-Length: ${body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function fill(head: string, total: number): string {
  for (let digits = 1; digits < 8; digits++) {
    const length = total - head.length - digits - 4;
    if (String(length).length === digits) {
      return `${head}${length}\r\n\r\n${"description=".padEnd(length, "x")}`;
    }
  }
  throw new Error(`Cannot fill a request up to ${total} bytes`);
}

/** What the half behind the wire says in this capture; the wire itself is what is tested. */
function answerOf(
  { status = 0, status_line = "", headers = [], body }: Capture,
): ApiAnswer | ApiCall {
  const reason = status_line.split(" ").slice(2).join(" ");
  const bytes = Array.from(new TextEncoder().encode(reason), (byte) => String.fromCharCode(byte));
  const answer = { status, reason: bytes.join(""), body: body === "" ? undefined : body };
  if (status >= 400) return answer;
  const proxied = headers.filter(([name]) => name === "Connection").length === 2;
  return { proxied, route: "/captured", run: () => Promise.resolve(answer) };
}

function withoutDates(line: string): string {
  return line.replace(/^(Date|Expires): .*/, "$1: …");
}

/** Captured heads were read as UTF-8; on the wire they are bytes. */
function asBytes(line: string): string {
  return String.fromCharCode(...new TextEncoder().encode(line));
}

function expectedHead({ status_line, headers, raw_head }: Capture): string[] {
  const lines = raw_head ??
    [status_line ?? "", ...(headers ?? []).map(([name, value]) => `${name}: ${value}`)];
  return lines.filter((line) => line !== "").map((line) => withoutDates(asBytes(line)));
}

/** JSON of either side in one order of keys: Perl's is random. */
function comparable(body: unknown): unknown {
  if (typeof body !== "string") return body;
  const text = new TextDecoder().decode(Uint8Array.from(body, (char) => char.charCodeAt(0)));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What is compared of an answer. `extjs` answers carry their own envelope, made by the wire. */
function unwrapped(one: Capture): Capture {
  if (!one.name.startsWith("http-extjs")) return one;
  const { success: _, status, ...body } = z.looseObject({ status: z.int().optional() })
    .parse(one.body);
  return { ...one, status: status ?? 200, body };
}

Deno.test({
  name: "every captured answer has the same head and body, dates apart",
  ignore: isReferenceMissing(CAPTURES),
  async fn() {
    let current: Capture | undefined;
    await using fixture = await wireFixture({
      timeScale: 50,
      handler: () => {
        if (current === undefined) throw new Error("nothing was asked");
        return answerOf(unwrapped(current));
      },
    });
    let equal = 0;
    const different: string[] = [];
    for (const one of await readCaptures()) {
      const request = requestOf(one);
      if (request === undefined) continue;
      current = one;
      fixture.wire.setClusterFileSystem(!one.name.startsWith("pmxcfs-down"));
      await using client = await fixture.connect();
      await client.send(request);
      const answer = await client.answer();
      if (isEqual(one, answer)) {
        equal++;
        continue;
      }
      different.push(one.name);
      if (DIFFERENCES[one.name] !== undefined) continue;
      assertEquals(answer.head.map(withoutDates), expectedHead(one), one.name);
      assertEquals(comparable(answer.body), one.body, one.name);
    }
    assertEquals(different.toSorted(), Object.keys(DIFFERENCES).toSorted());
    // deno-lint-ignore no-console -- the count is what a reader of the test run wants
    console.log(`${equal} captures equal, ${different.length} listed as different`);
    assertEquals(fixture.wire.report().crashes, []);
  },
});

function isEqual(one: Capture, answer: RawAnswer): boolean {
  const head = answer.head.map(withoutDates);
  return JSON.stringify(head) === JSON.stringify(expectedHead(one)) &&
    JSON.stringify(sorted(comparable(answer.body))) === JSON.stringify(sorted(one.body));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => String(a) < String(b) ? -1 : 1));
}
