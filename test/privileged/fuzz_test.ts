import { assert, assertEquals } from "@std/assert";
import { type HelperErrorCode, phaseOf } from "../../privileged/helper_errors.ts";
import { answerSchema, LIMITS } from "../../privileged/protocol.ts";
import { serve } from "../../privileged/serve.ts";
import { seededRandom } from "../proxmox/support/seeded_random.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { isAllowedCommand } from "./allowed_commands.ts";
import { fakeHost } from "./fake_host.ts";
import { timeOf } from "./fake_time.ts";
import { sourceOf } from "./memory_source.ts";
import { mutatedRequest } from "./mutate_request.ts";

const REQUESTS = 20_000;

Deno.test(`${REQUESTS} mutated requests: one answer and one log line each, and nothing is run that has no rule`, async () => {
  const random = seededRandom();
  const time = timeOf(new FakeClock());
  const outcomes = new Map<HelperErrorCode | "ok", number>();
  for (let round = 0; round < REQUESTS; round++) {
    const host = fakeHost(() => ({ code: 1, stderr: "no" }));
    const bytes = mutatedRequest(random);
    const at = random.integer(0, bytes.length);
    const written: string[] = [];
    const logged: string[] = [];
    await serve({
      input: sourceOf([bytes.subarray(0, at), bytes.subarray(at)]),
      write: (line) => Promise.resolve(void written.push(line)),
      log: (line) => void logged.push(line),
      peer: null,
    }, { host, time });

    const request = new TextDecoder().decode(bytes);
    const [line = "", ...others] = written;
    assertEquals(others, [], request);
    assert(/^[\x20-\x7e]+\n$/.test(line) && line.length < LIMITS.answerBytes, line);
    const answer = answerSchema().parse(JSON.parse(line));
    assertEquals(logged.length, 1, request);
    assert(/^[\x20-\x7e]+\n$/.test(logged[0] ?? ""), logged[0]);
    for (const argv of host.started) assert(isAllowedCommand(argv), argv.join(" "));
    const outcome = answer.ok ? "ok" : answer.error.code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome !== "ok" && phaseOf(outcome) === "request") assertEquals(host.started, [], request);
    assert(outcome !== "internal", `${request}${line}`);
  }
  // Were the mutations too wild or too tame, they would show nothing.
  for (
    const outcome of [
      "empty",
      "incomplete",
      "too_large",
      "malformed",
      "wrong_version",
      "unknown_operation",
      "invalid",
      "out_of_range",
      "program_failed",
    ] as const
  ) assert((outcomes.get(outcome) ?? 0) > 0, `no request ended as ${outcome}`);
});
