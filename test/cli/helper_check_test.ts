import { assertEquals, assertStringIncludes } from "@std/assert";
import { judgeHealth } from "../../src/cli/local_checks.ts";

const READY = { op: "hardware.smart", ready: true, problem: null };
const HEALTH = {
  protocol: 1,
  mode: "sudo",
  vmids: { first: 1000, last: 1999 },
  operations: [READY],
} as const;
const EXPECTED = { mode: "socket", managed: { first: 1000, last: 1999 } } as const;

function health(changes: object = {}) {
  return { ...HEALTH, operations: [...HEALTH.operations], ...changes };
}

Deno.test("a helper that is ready for everything is well", () => {
  assertEquals(judgeHealth(health(), EXPECTED).status, "ok");
});

Deno.test("an operation that is not ready is a warning that says why", () => {
  const broken = { op: "disk.mount", ready: false, problem: "/usr/bin/lsblk is not installed" };
  const { status, detail } = judgeHealth(health({ operations: [READY, broken] }), EXPECTED);
  assertEquals(status, "warning");
  assertStringIncludes(detail, "disk.mount: /usr/bin/lsblk is not installed");
});

Deno.test("VMIDs that differ between the unit and the configuration are a warning", () => {
  const { status, detail } = judgeHealth(health(), {
    ...EXPECTED,
    managed: { first: 100, last: 199 },
  });
  assertEquals(status, "warning");
  assertStringIncludes(detail, "it makes VMIDs 1000 to 1999, guests.managed_vmids is 100 to 199");
});

Deno.test("a helper that is root itself is a failure, unless the configuration says so", () => {
  const direct = health({ mode: "direct" });
  const { status, detail } = judgeHealth(direct, EXPECTED);
  assertEquals(status, "failed");
  assertStringIncludes(detail, "without sudo");
  assertEquals(judgeHealth(direct, { ...EXPECTED, mode: "direct" }).status, "ok");
});
