import { assertEquals } from "@std/assert";
import { type ErrorCode, FelhomError } from "../../../src/errors.ts";
import { type Refusal, REFUSALS } from "../../../src/gate/mod.ts";
import { type Blame, blameOfError, blameOfOutcome } from "../../../src/reconcile/queue/blame.ts";
import type { Outcome } from "../../../src/reconcile/outcome.ts";

const ERRORS: readonly (readonly [ErrorCode, Blame])[] = [
  // Proxmox is away, or does not let the agent in.
  ["proxmox.refused", "circumstances"],
  ["proxmox.daemon_down", "circumstances"],
  ["proxmox.reset", "circumstances"],
  ["proxmox.timeout", "circumstances"],
  ["proxmox.gateway", "circumstances"],
  ["proxmox.not_tls", "circumstances"],
  // A page of something in between is no fault of the guest's.
  ["proxmox.malformed", "circumstances"],
  ["proxmox.too_large", "circumstances"],
  ["proxmox.pin_mismatch", "circumstances"],
  ["proxmox.untrusted", "circumstances"],
  ["proxmox.unauthorized", "circumstances"],
  ["proxmox.forbidden", "circumstances"],
  ["proxmox.aborted", "circumstances"],
  // It passes.
  ["proxmox.modified", "circumstances"],
  ["proxmox.busy", "circumstances"],
  ["proxmox.locked", "circumstances"],
  ["proxmox.storage", "circumstances"],
  ["task.timeout", "circumstances"],
  ["permit.expired", "circumstances"],
  // The disk is full, or the state cannot be written.
  ["state.full", "circumstances"],
  ["state.locked", "circumstances"],
  ["state.unusable", "circumstances"],
  ["state.damaged", "circumstances"],
  ["state.read_only", "circumstances"],
  ["authz.state_behind", "circumstances"],
  ["authz.clock_behind", "circumstances"],
  ["helper.absent", "circumstances"],
  ["helper.slow", "circumstances"],
  ["helper.died", "circumstances"],
  // It does not work for this guest.
  ["proxmox.root_only", "revision"],
  ["proxmox.bad_parameter", "revision"],
  ["proxmox.missing", "revision"],
  ["proxmox.exists", "revision"],
  ["proxmox.state", "revision"],
  ["proxmox.protected", "revision"],
  ["proxmox.unsupported", "revision"],
  ["proxmox.guest_failed", "revision"],
  ["proxmox.interrupted", "revision"],
  ["proxmox.failed", "revision"],
  ["task.failed", "revision"],
  ["task.unknown", "revision"],
  ["state.conflict", "revision"],
  ["permit.other", "revision"],
  ["internal.bug", "revision"],
];

for (const [code, blame] of ERRORS) {
  Deno.test(`${code} is blamed on the ${blame}, as an error and in an outcome`, () => {
    assertEquals(blameOfError(new FelhomError(code, "It failed")), blame);
    const told = { operation: "op1", why: "It failed", code };
    assertEquals(blameOfOutcome({ kind: "failed", ...told }), blame);
    assertEquals(blameOfOutcome({ kind: "unknown", ...told }), blame);
    const denied = { kind: "denied", outcome: "refused", code, why: "It failed" } as const;
    assertEquals(blameOfOutcome(denied), blame);
  });
}

Deno.test("An error that says that it may be repeated is blamed on the circumstances", () => {
  const error = new FelhomError("proxmox.failed", "It failed", { retry: "safe" });
  assertEquals(blameOfError(error), "circumstances");
});

Deno.test("What is no error of the product's own counts", () => {
  assertEquals(blameOfError(new TypeError("undefined is not a function")), "revision");
  assertEquals(blameOfError("a text"), "revision");
});

const BUDGETS = new Set<Refusal>([
  "guest_unreadable",
  "image_unreadable",
  "memory_in_use",
  "signed_work_first",
  "startup_delays",
  "startup_unknown",
  "usage_unknown",
  "stop_budget",
  "restart_budget",
  "space_reserve",
  "space_unknown",
  "audit_unwritable",
  "memory_overcommitted",
  "memory_unknown",
  "interfaces_unknown",
  "disk_in_use",
  "mac_in_use",
  "disk_use_unknown",
  "start_budget",
  "settings_budget",
  "asked_budget",
  "hourly_cap",
  "space_overcommit",
]);

for (const code of Object.keys(REFUSALS).filter((key): key is Refusal => key in REFUSALS)) {
  const blame = BUDGETS.has(code) ? "circumstances" : "revision";
  Deno.test(`The gate's refusal ${code} is blamed on the ${blame}`, () => {
    const denied = { kind: "denied", outcome: "refused", code, why: "No" } as const;
    assertEquals(blameOfOutcome(denied), blame);
  });
}

for (
  const [says, outcome, blame] of [
    ["success", { kind: "succeeded", operation: "op1", warnings: [] }, null],
    [
      "a success with warnings",
      { kind: "succeeded", operation: "op1", warnings: ["WARN: …"] },
      null,
    ],
    [
      "a failure without a code",
      { kind: "failed", operation: "op1", why: "It failed" },
      "revision",
    ],
    ["an unknown end", { kind: "unknown", operation: "op1", why: "No task" }, "revision"],
    ["a task that runs on", { kind: "running", operation: "op1", why: "Slow" }, "circumstances"],
    ["a lock that passes", { kind: "not_begun", why: "Locked", passes: true }, "circumstances"],
    ["what cannot hold", { kind: "not_begun", why: "Another guest", passes: false }, "revision"],
    [
      "a signature that is waited for",
      { kind: "denied", outcome: "pending_signature", why: "It may lose data", kept: "added" },
      "circumstances",
    ],
  ] as const satisfies readonly (readonly [string, Outcome, Blame | null])[]
) {
  Deno.test(`Blame for ${says}: ${blame ?? "none"}`, () => {
    assertEquals(blameOfOutcome(outcome), blame);
  });
}
