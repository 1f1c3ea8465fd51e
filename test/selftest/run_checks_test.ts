import { assertEquals, assertRejects } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import type { Check, CheckResult, Finding } from "../../src/selftest/check.ts";
import { hasFailed, runChecks } from "../../src/selftest/run_checks.ts";
import { FakeClock } from "../support/fake_clock.ts";

function check(name: string, needs: readonly string[], finding: Finding | Error): Check {
  return {
    name,
    needs,
    run() {
      if (finding instanceof Error) throw finding;
      return finding;
    },
  };
}

async function all(checks: readonly Check[], clock = new FakeClock()): Promise<CheckResult[]> {
  return await Array.fromAsync(runChecks(checks, clock));
}

const OK: Finding = { status: "ok", detail: "Fine" };

Deno.test("checks are run in their order and timed", async () => {
  const clock = new FakeClock();
  const slow: Check = {
    name: "slow",
    needs: [],
    async run() {
      await clock.advance(1234);
      return OK;
    },
  };
  assertEquals(await all([slow, check("quick", ["slow"], OK)], clock), [
    { name: "slow", tookMs: 1234, ...OK },
    { name: "quick", tookMs: 0, ...OK },
  ]);
});

Deno.test("a known error fails the check with its text, hint and code", async () => {
  const error = new FelhomError("proxmox.forbidden", "No", { hint: "Grant it." });
  const [result] = await all([check("a", [], error)]);
  assertEquals(result, {
    name: "a",
    tookMs: 0,
    status: "failed",
    detail: "No",
    hint: "Grant it.",
    code: "proxmox.forbidden",
  });
});

Deno.test("what builds on a failed check is skipped and says why, all the way down", async () => {
  const results = await all([
    check("endpoint", [], new FelhomError("proxmox.refused", "No")),
    check("token", ["endpoint"], OK),
    check("node", ["token"], OK),
    check("helper", [], OK),
  ]);
  assertEquals(results.map(({ status, detail }) => `${status}: ${detail}`), [
    "failed: No",
    "skipped: Not tried, because endpoint failed",
    "skipped: Not tried, because token was skipped",
    "ok: Fine",
  ]);
  assertEquals(hasFailed(results), true);
});

Deno.test("a warning stops nothing and fails nothing", async () => {
  const warning: Finding = { status: "warning", detail: "Old" };
  const results = await all([check("a", [], warning), check("b", ["a"], OK)]);
  assertEquals(results.map(({ status }) => status), ["warning", "ok"]);
  assertEquals(hasFailed(results), false);
});

Deno.test("a defect is not a finding", async () => {
  await assertRejects(() => all([check("a", [], new TypeError("bug"))]), TypeError);
  const bug = new FelhomError("internal.bug", "bug");
  await assertRejects(() => all([check("a", [], bug)]), FelhomError);
});
