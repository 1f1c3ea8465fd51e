import { assert, assertEquals } from "@std/assert";
import { answerSchema } from "../../privileged/protocol.ts";
import { systemClock } from "../../src/clock.ts";
import { createHelperReads, HelperError } from "../../src/helper/mod.ts";
import { createHelperMutations } from "../../src/helper/mutations.ts";
import { ACTION } from "../gate/scene.ts";
import { seededRandom } from "../proxmox/support/seeded_random.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { listen, type ListeningHelper } from "../support/listening_helper.ts";
import { permitFor } from "../support/permit.ts";
import { mutatedRequest } from "./mutate_request.ts";
import { until } from "../sim/wire/until.ts";

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

const MUTATED = 200;

/** Sends bytes over a connection of their own and reads whatever comes back. */
async function send(
  { path }: ListeningHelper,
  bytes: Uint8Array,
  options: { readonly halfClose?: boolean } = {},
): Promise<string> {
  using socket = await Deno.connect({ transport: "unix", path });
  const writer = socket.writable.getWriter();
  await writer.write(bytes).catch(() => {}); // It may have refused and gone by now.
  writer.releaseLock();
  if (options.halfClose === true) await socket.closeWrite();
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await socket.read(buffer).catch(() => null);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

function linkTo({ path }: ListeningHelper) {
  return {
    connect: () => Deno.connect({ transport: "unix", path }),
    clock: systemClock,
    newId: () => crypto.randomUUID(),
  };
}

Deno.test({
  name: "the helper behind systemd's socket",
  ignore,
  async fn(t) {
    await using host = await HelperHost.create();
    await using helper = await listen(host);

    await t.step("answers the client's reads, with the real programs", async () => {
      const reads = createHelperReads(linkTo(helper));
      const { mode, vmids, operations } = await reads.health();
      assertEquals([mode, vmids], ["sudo", { first: 1000, last: 1999 }]);
      assertEquals(operations.filter(({ ready }) => !ready).map(({ op }) => op), ["golden.create"]);
      const { device, report, flags } = await reads.smart("/dev/vda");
      assertEquals(device, "/dev/vda");
      assert(Array.isArray(flags) && "smartctl" in report);
      assert(Array.isArray((await reads.sensors()).chips));
    });

    await t.step("refuses the client with a typed error", async () => {
      const mutations = createHelperMutations(linkTo(helper));
      let code: string | undefined;
      try {
        await mutations.mountDisk(await permitFor(ACTION.mount), { operation: "op-1" });
      } catch (error) {
        code = error instanceof HelperError ? error.helperCode : String(error);
      }
      assertEquals(code, "not_enrolled");
    });

    for (
      const [what, text, halfClose, code] of [
        ["an empty connection", "", true, "empty"],
        ["half a request and a half-closed connection", '{"v":1', true, "incomplete"],
        ["a request too large", "x".repeat(5000), false, "too_large"],
        ["a request that never ends", '{"v":1', false, "too_slow"],
      ] as const
    ) {
      await t.step(`answers ${what} with ${code}`, async () => {
        const answer = JSON.parse(
          await send(helper, new TextEncoder().encode(text), { halfClose }),
        );
        assertEquals([answer.ok, answer.error.code], [false, code]);
      });
    }

    await t.step("is not disturbed by a caller that leaves at once", async () => {
      const before = logged(helper);
      const socket = await Deno.connect({ transport: "unix", path: helper.path });
      await socket.write(
        new TextEncoder().encode('{"v":1,"id":"gone","op":"helper.health","params":{}}\n'),
      );
      socket.close();
      await until(async () => {
        await createHelperReads(linkTo(helper)).sensors();
        return logged(helper) !== before;
      });
      assertEquals((await createHelperReads(linkTo(helper)).health()).mode, "sudo");
    });

    await t.step(
      `answers each of ${MUTATED} mutated requests with one typed line`,
      async () => {
        const random = seededRandom();
        const requests = Array.from({ length: MUTATED }, () => mutatedRequest(random));
        for (let at = 0; at < MUTATED; at += 4) {
          const answers = await Promise.all(
            requests.slice(at, at + 4).map((bytes) => send(helper, bytes, { halfClose: true })),
          );
          for (const [index, text] of answers.entries()) {
            const request = new TextDecoder().decode(requests[at + index]);
            assert(text.endsWith("\n"), request);
            const answer = answerSchema().parse(JSON.parse(text));
            assert(answer.ok || answer.error.code !== "internal", request);
          }
        }
      },
    );
  },
});

Deno.test({
  name: "as root without sudo, under the set for development, the helper does the same",
  ignore,
  async fn() {
    await using host = await HelperHost.create();
    const script = await host.must("cat", "/usr/local/bin/felhom-privileged");
    const direct = script.replace("-P=privileged ", "-P=privileged-direct ") + "\n";
    await host.write("/usr/local/bin/direct", direct, 0o755);
    const ask = async (op: string, params: object) => {
      const stdin = JSON.stringify({ v: 1, id: "r1", op, params }) + "\n";
      const { stdout } = await host.run("/usr/local/bin/direct", ["--direct"], { stdin });
      return JSON.parse(stdout);
    };
    assertEquals((await ask("helper.health", {})).result.mode, "direct");
    const { ok, result } = await ask("hardware.smart", { device: "/dev/vda" });
    assertEquals([ok, result.device], [true, "/dev/vda"]);
  },
});

/** Log lines of the helper's own so far. */
function logged(helper: ListeningHelper): number {
  return helper.log().split("\n").filter((line) => line.startsWith('{"level"')).length;
}
