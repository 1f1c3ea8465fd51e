import { repositoryRoot } from "../support/repository.ts";

/** Part of the product, and the tests that have to notice when it is changed. */
export interface Area {
  readonly name: string;
  /** Files, or what their paths begin with and a star. What an earlier area has is not of a later one. */
  readonly places: readonly string[];
  /** Run one after the other until one fails: what is quick or fails most often comes first. */
  readonly stages: readonly (readonly string[])[];
}

const ENGINE = "test/reconcile/engine/";

/** What stands between a hub and the customers' data. */
export const AREAS: readonly Area[] = [
  {
    name: "provenance",
    places: [
      "src/gate/provenance.ts",
      "src/gate/marks.ts",
      "src/gate/identity.ts",
      "src/state/guests_made.ts",
      "src/state/own_work.ts",
      "src/state/snapshots_made.ts",
      "src/reconcile/settling/record_traces.ts",
    ],
    stages: [
      ["test/gate/classify_test.ts", "test/gate/identity_test.ts"],
      ["test/gate/", "test/state/repositories_test.ts", "test/state/gate_ports_test.ts"],
      ["test/adversarial/", "test/reconcile/facts/"],
      ["test/reconcile/carry_out/", "test/reconcile/transactions/", "test/reconcile/recovery/"],
      ["test/reconcile/executors/", ENGINE],
    ],
  },
  {
    name: "gate",
    places: ["src/gate/*"],
    stages: [
      ["test/gate/decide_test.ts", "test/gate/classify_test.ts"],
      ["test/gate/"],
      ["test/adversarial/", "test/state/gate_ports_test.ts"],
      ["test/reconcile/carry_out/", "test/reconcile/executors/"],
      [ENGINE],
    ],
  },
  {
    name: "retention",
    places: [
      "src/state/retention.ts",
      "src/state/audit*",
      "src/state/nonces.ts",
      "src/state/transactions.ts",
    ],
    stages: [
      ["test/state/audit_edges_test.ts", "test/state/audit_class_test.ts"],
      ["test/state/audit_test.ts", "test/state/retention_test.ts"],
      [
        "test/state/repositories_test.ts",
        "test/state/gate_ports_test.ts",
        "test/state/pending_test.ts",
        "test/state/operations_test.ts",
      ],
      ["test/adversarial/", "test/gate/", "test/reconcile/housekeeping/"],
      [
        "test/state/audit_migration_test.ts",
        "test/state/read_state_test.ts",
        "test/state/migrate_test.ts",
        "test/state/damage_test.ts",
      ],
      ["test/reconcile/recovery/", "test/reconcile/transactions/"],
    ],
  },
  {
    name: "recovery",
    places: [
      "src/reconcile/recovery/*",
      "src/reconcile/settling/*",
      "src/reconcile/transactions/*",
    ],
    stages: [
      ["test/reconcile/carry_out/"],
      ["test/reconcile/recovery/", "test/reconcile/transactions/"],
      ["test/reconcile/executors/"],
      [ENGINE],
      ["test/adversarial/", "test/e2e/faults/"],
    ],
  },
  {
    name: "authz",
    places: ["src/authz/*"],
    stages: [
      ["test/authz/open_operation_test.ts", "test/authz/parse_document_test.ts"],
      [
        "test/authz/nonce_test.ts",
        "test/authz/rotation_test.ts",
        "test/authz/signer_set_test.ts",
        "test/authz/submission_test.ts",
        "test/authz/thresholds_test.ts",
        "test/authz/time_mark_test.ts",
      ],
      ["test/adversarial/", "test/gate/"],
      ["test/daemon/seed_signers_test.ts", "test/config/signers_test.ts"],
      ["test/reconcile/executors/signers_rotate_test.ts", "test/reconcile/recovery/"],
      ["test/cli/op_test.ts"],
    ],
  },
];

/** The files of an area that are there, in order. Folders within folders are not entered. */
export async function filesOf({ name, places }: Area): Promise<string[]> {
  const before = await Promise.all(
    AREAS.slice(0, AREAS.findIndex((area) => area.name === name)).map(placesOf),
  );
  const taken = new Set(before.flat());
  return (await placesOf({ places })).filter((file) => !taken.has(file));
}

async function placesOf({ places }: Pick<Area, "places">): Promise<string[]> {
  const files = await Promise.all(
    places.map((place) => place.endsWith("*") ? begunWith(place.slice(0, -1)) : [place]),
  );
  return files.flat();
}

async function begunWith(begin: string): Promise<string[]> {
  const folder = begin.slice(0, begin.lastIndexOf("/") + 1);
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(new URL(folder, repositoryRoot))) {
    const path = folder + name;
    if (isFile && path.endsWith(".ts") && path.startsWith(begin)) files.push(path);
  }
  return files.sort();
}
