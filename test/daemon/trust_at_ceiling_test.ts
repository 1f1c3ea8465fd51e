import { assertEquals } from "@std/assert";
import { type SeedConfig, seedSigners } from "../../src/daemon/seed_signers.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { acknowledge } from "../../src/reconcile/housekeeping/acknowledge.ts";
import { AUDIT_LIMITS } from "../../src/state/audit_flood.ts";
import { textDigest } from "../../src/state/mod.ts";
import { openPeople } from "../authz/support/people.ts";
import { codeOf, flood } from "../state/flood.ts";
import { operation } from "../state/operation.ts";
import { inFolder, openIn } from "../state/state_folder.ts";
import { FakeClock } from "../support/fake_clock.ts";

const { anna, bela, rosa, mallory: other } = await openPeople();
const MIB = 1024 * 1024;
const INSTANCE = "0b2c7c1e-6f0e-4d6b-9a55-3d1c7a9e0f11";

function configOf(operational: string, reseed = ""): SeedConfig {
  const path = "signers/operational";
  return {
    signers: {
      operational: { path, text: operational },
      recovery: { path: "signers/recovery", text: rosa.line() },
    },
    reseed: { path: "signers/reseed", text: reseed },
    operations: { signersFloor: { operational: 0, recovery: 0 }, revokedKeys: new Set() },
  };
}

Deno.test("In a database at its ceiling root and operators still say who is believed", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { ceiling: 4 * MIB, newInstance: INSTANCE });
    const { state } = opened;
    const parts = { at: 2, log: silentLogger };
    const kinds = () => state.audit.list({ limit: 1_000 }).map(({ kind }) => kind);
    const lastKind = () => kinds().at(-1);
    seedSigners(configOf(anna.line()), state, parts);
    assertEquals(flood(state).code, "state.ceiling");

    // A file that root has changed is taken over at the next start.
    assertEquals(
      codeOf(() => seedSigners(configOf(bela.line()), state, parts)),
      "done",
    );
    assertEquals(state.signers.current("operational")?.content, bela.line());
    assertEquals(lastKind(), "signers.taken_over");

    // A wish that counts for nothing keeps no daemon from starting.
    const strange = configOf(bela.line(), "another-instance\n");
    assertEquals(codeOf(() => seedSigners(strange, state, parts)), "done");
    assertEquals(lastKind(), "signers.reseed_ignored");

    // An operator's rotation, as it is carried out.
    const rotation = () =>
      state.signers.install({
        role: "operational",
        sequence: 3,
        digest: textDigest(anna.line()),
        previous: textDigest(bela.line()),
        content: anna.line(),
        origin: "rotation",
        operation: null,
        installedAt: 3,
      });
    assertEquals(codeOf(rotation), "done");

    // Root has the file taken over again.
    const reseed = configOf(other.line(), `${state.instance} 4\n`);
    assertEquals(codeOf(() => seedSigners(reseed, state, parts)), "done");
    assertEquals([lastKind(), state.signers.current("operational")?.sequence], [
      ...["signers.reseeded", 4],
    ]);

    // And a state in doubt is acknowledged.
    state.instances.doubt("the node knows more", 4);
    const newId = () => "next";
    const clock = new FakeClock();
    assertEquals(
      codeOf(() => acknowledge({ state, clock, newId, log: silentLogger })),
      "done",
    );
    assertEquals([state.instance, lastKind()], ["next", "state.acknowledged"]);
    // Nobody else has more room by that.
    assertEquals(codeOf(() => state.operations.authorise(operation("new"))), "state.ceiling");
  });
});

Deno.test("In a database at its ceiling a signed refusal is written, and so is what was counted before", async () => {
  await inFolder((folder) => {
    using opened = openIn(folder, { ceiling: 4 * MIB });
    const { audit } = opened.state;
    const refusal = { kind: "submission.refused", source: "control socket", body: {} } as const;
    const many = AUDIT_LIMITS.perSource + 5;
    for (let key = 0; key < many; key++) audit.refuse({ ...refusal, at: 1, key: `${key}` });
    assertEquals(flood(opened.state).code, "state.ceiling");
    const at = AUDIT_LIMITS.windowMs + 1;
    assertEquals(
      codeOf(() => audit.refuse({ ...refusal, at, key: "signed", quota: "signed" })),
      "done",
    );
    const kinds = audit.list({ limit: 1_000 }).map(({ kind }) => kind);
    assertEquals(kinds.slice(-2), ["audit.suppressed", "submission.refused"]);
  });
});
