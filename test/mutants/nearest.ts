import { trackedFiles } from "../repository/tracked_files.ts";

/** Tests of a file that go by another name and import it through its folder's face. */
const BY_ANOTHER_NAME: Readonly<Record<string, readonly string[]>> = {
  "src/gate/bounds.ts": ["test/gate/decide_test.ts", "test/gate/limits_test.ts"],
  "src/gate/classify.ts": ["test/gate/provenance_test.ts", "test/gate/reach_test.ts"],
  "src/gate/decide.ts": [
    "test/gate/allow_lists_test.ts",
    "test/gate/disk_use_test.ts",
    "test/gate/same_mac_test.ts",
  ],
  "src/gate/limits.ts": [
    "test/gate/decide_test.ts",
    "test/gate/quota_test.ts",
    "test/gate/reservations_test.ts",
  ],
  "src/gate/policy.ts": ["test/gate/decide_test.ts"],
  "src/gate/provenance.ts": ["test/gate/classify_test.ts"],
  "src/gate/reach.ts": ["test/gate/decide_test.ts"],
  "src/gate/wish.ts": ["test/gate/gate_test.ts"],
  "src/authz/check_rotation.ts": ["test/authz/rotation_test.ts"],
  "src/authz/draft_document.ts": ["test/authz/parse_document_test.ts"],
  "src/authz/operation_document.ts": ["test/authz/parse_document_test.ts"],
  "src/authz/render_document.ts": ["test/authz/parse_document_test.ts"],
  "src/authz/role.ts": ["test/authz/rotation_test.ts"],
  "src/authz/state_age.ts": ["test/authz/time_mark_test.ts"],
  "src/authz/utc_seconds.ts": ["test/authz/nonce_test.ts"],
  "src/authz/verify_operation.ts": ["test/authz/open_operation_test.ts"],
  "src/gate/disk_use.ts": ["test/gate/decide_test.ts"],
  "src/gate/gate.ts": ["test/gate/permit_test.ts"],
  "src/state/audit.ts": ["test/state/audit_edges_test.ts", "test/state/ceiling_test.ts"],
  "src/state/audit_gaps.ts": ["test/state/audit_edges_test.ts"],
  "src/state/audit_prune.ts": ["test/state/audit_edges_test.ts", "test/state/audit_test.ts"],
  "src/state/audit_repeats.ts": ["test/state/audit_edges_test.ts", "test/state/audit_test.ts"],
  "src/state/audit_verify.ts": ["test/state/audit_edges_test.ts", "test/state/audit_test.ts"],
  "src/reconcile/executors/recheck_guest.ts": ["test/reconcile/executors/destroy_test.ts"],
  "src/reconcile/recovery/doubt.ts": [
    "test/reconcile/recovery/restored_state_test.ts",
    "test/reconcile/recovery/recover_test.ts",
  ],
  "src/reconcile/settling/abandon.ts": ["test/reconcile/recovery/unsigned_requests_test.ts"],
  "src/reconcile/settling/bound_executor.ts": [
    "test/reconcile/carry_out/own_task_test.ts",
    "test/reconcile/recovery/lost_calls_test.ts",
  ],
  "src/reconcile/settling/record_task.ts": ["test/reconcile/carry_out/faults_test.ts"],
  "src/reconcile/settling/unsigned_waiting.ts": [
    "test/reconcile/carry_out/lifetimes_test.ts",
    "test/reconcile/recovery/unsigned_requests_test.ts",
  ],
  "src/reconcile/transactions/broken_rollback.ts": [
    "test/reconcile/transactions/compensate_test.ts",
  ],
  "src/reconcile/transactions/offer_swap.ts": ["test/reconcile/transactions/propose_swap_test.ts"],
  "src/reconcile/recovery/tie_up.ts": [
    "test/reconcile/recovery/recover_test.ts",
    "test/reconcile/recovery/unsigned_requests_test.ts",
    "test/reconcile/transactions/propose_swap_test.ts",
  ],
  "src/reconcile/settling/perform.ts": [
    "test/reconcile/carry_out/faults_test.ts",
    "test/reconcile/carry_out/operations_test.ts",
  ],
  "src/reconcile/settling/follow_task.ts": ["test/reconcile/carry_out/operations_test.ts"],
  "src/reconcile/settling/find_task.ts": ["test/reconcile/carry_out/own_task_test.ts"],
  "src/reconcile/settling/record_traces.ts": [
    "test/reconcile/carry_out/operations_test.ts",
    "test/reconcile/settling/made_and_started_test.ts",
  ],
  "src/reconcile/settling/started_detail.ts": [
    "test/reconcile/carry_out/operations_test.ts",
    "test/reconcile/recovery/lost_calls_test.ts",
  ],
  "src/reconcile/transactions/compensate.ts": ["test/reconcile/transactions/create_guest_test.ts"],
  "src/reconcile/transactions/undo.ts": [
    "test/reconcile/transactions/compensate_test.ts",
    "test/reconcile/transactions/create_guest_test.ts",
  ],
  "src/state/nonces.ts": ["test/state/repositories_test.ts"],
  "src/state/transactions.ts": ["test/state/repositories_test.ts"],
  "src/state/guests_made.ts": [
    "test/state/foreign_locks_test.ts",
    "test/state/repositories_test.ts",
  ],
  "src/state/own_work.ts": [
    "test/state/foreign_locks_test.ts",
    "test/state/repositories_test.ts",
  ],
  "src/state/snapshots_made.ts": ["test/state/repositories_test.ts"],
};

/**
 * The tests that most likely notice a change to a file: those that mirror its name, those that
 * import it and no folder's face, and those that are known to be about it. They are run first.
 *
 * @param file below the root, as `src/gate/reach.ts`
 */
export async function nearestTests(file: string): Promise<string[]> {
  const mirrored = file.replace(/^src/, "test").replace(/\.ts$/, "_test.ts");
  const tests = (await trackedFiles()).filter(({ path, text }) =>
    /^test\/(?:gate|state|authz|reconcile)\/.*_test\.ts$/.test(path) &&
    (path === mirrored || text.includes(`/${file}"`) ||
      (BY_ANOTHER_NAME[file] ?? []).includes(path))
  );
  return tests.map(({ path }) => path);
}
