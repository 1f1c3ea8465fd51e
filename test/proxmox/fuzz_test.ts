import { assert, assertGreater } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { createReads, parseVmid } from "../../src/proxmox/mod.ts";
import { connectTo } from "./support/client.ts";
import { type SeededRandom, seededRandom } from "./support/seeded_random.ts";
import { apiAnswer, startServer } from "./support/server.ts";

const ANSWERS = [
  apiAnswer({ data: { digest: "x", memory: 512, cores: "2", onboot: 1, lxc: [["a", "b"]] } }),
  apiAnswer({ data: null, message: "Permission check failed (/vms/101, VM.Audit)\n" }, {
    status: "403 Permission check failed (/vms/101, VM.Audit)",
  }),
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{"data":{"digest"\r\n5\r\n:"x"}\r\n1\r\n}\r\n0\r\n\r\n',
  "HTTP/1.1 401 Authentication failed!\r\nConnection: close\r\n\r\n",
];

/** An answer that is nearly right: bytes dropped, doubled, swapped, replaced, or its end missing. */
function spoil(answer: string, random: SeededRandom): string {
  let text = answer;
  for (let change = random.integer(1, 4); change > 0; change--) {
    const at = random.integer(0, text.length - 1);
    const length = random.integer(1, 12);
    const piece = text.slice(at, at + length);
    text = random.pick([
      text.slice(0, at) + text.slice(at + length),
      text.slice(0, at) + piece + piece + text.slice(at + length),
      text.slice(0, at) + [...piece].reverse().join("") + text.slice(at + length),
      text.slice(0, at) + random.pick("\0\r\n\x1b\xff {}[]\"':;,-0919") + text.slice(at + 1),
      text.slice(0, at),
    ]);
    if (text === "") return "";
  }
  return text;
}

Deno.test("whatever comes back, a call ends, in a value or an error of ours", async () => {
  const random = seededRandom();
  let answered = 0;
  let failed = 0;
  await using server = await startServer((socket) => {
    const answer = random.pick(ANSWERS);
    socket.end(random.next() < 0.2 ? answer : spoil(answer, random), "latin1");
  });
  using client = connectTo(server);
  const reads = createReads(client.transport, { node: "pve" });
  for (let round = 0; round < 300; round++) {
    try {
      await reads.guestConfig(parseVmid(101), { limitMs: 120 });
      answered++;
    } catch (error) {
      assert(error instanceof FelhomError, `seed ${random.seed}, round ${round}: ${error}`);
      assert(!/[\p{Cc}\p{Cf}]/u.test(error.message), `seed ${random.seed}, round ${round}`);
      assert(error.hint !== undefined);
      failed++;
    }
  }
  assertGreater(answered, 5);
  assertGreater(failed, 100);
});
