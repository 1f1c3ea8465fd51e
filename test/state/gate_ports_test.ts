import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type ErrorCode, FelhomError } from "../../src/errors.ts";
import type { Intent } from "../../src/action/mod.ts";
import type { AuditRecord } from "../../src/gate/mod.ts";
import { gatePorts } from "../../src/state/mod.ts";
import { signed } from "./operation.ts";
import { withState } from "./state_folder.ts";

const INTENT: Intent = {
  action: { kind: "guest.destroy", guest: 101, params: { purge: true } },
  origin: "job",
  source: "hub",
  reference: "job-1",
  transaction: null,
  evidence: { why: "Asked to", digest: null, observedAt: 5 },
};

function record(outcome: "permitted" | "pending_signature", at: number): AuditRecord {
  return {
    ...INTENT,
    at,
    door: "ask",
    said: outcome === "permitted" ? { outcome, ground: "signed" } : { outcome, why: "It destroys" },
    target: { guest: 101, name: "a", identity: null },
    authorisation: null,
  };
}

Deno.test("What the gate authorises is in the journal, byte for byte, until it is started", async () => {
  await withState((state) => {
    let ids = 0;
    const { operations } = gatePorts(state, { now: () => 77, newId: () => `id-${++ids}` });
    const document = signed("n");
    const id = operations.record(document, INTENT);
    assertEquals(operations.usedBy("n"), id);
    assertEquals(operations.stored(id), {
      document: document.bytes,
      signatures: document.signatures,
    });
    const kept = state.operations.get(id);
    assertEquals(
      [kept?.vmid, kept?.action, kept?.origin, kept?.createdAt, kept?.state],
      [101, INTENT.action, "job", 77, "authorised"],
    );
    assertEquals(
      assertThrows(() => operations.record(document, INTENT), FelhomError).code,
      "state.nonce_used",
    );
    state.operations.advance(id, "started", { at: 78 });
    for (const wrong of [id, "none"]) {
      assertEquals(assertThrows(() => operations.stored(wrong), FelhomError).code, "state.missing");
    }
  });
});

Deno.test("Each permit is in the audit log, a flood of refusals is not", async () => {
  await withState((state) => {
    const { audit } = gatePorts(state, { now: () => 1, newId: () => "x" });
    for (let at = 0; at < 50; at++) {
      assertEquals(audit.append(record("permitted", at)), "intact");
      audit.append(record("pending_signature", at));
    }
    const kinds = state.audit.list({ limit: 1000 }).map(({ kind }) => kind);
    assertEquals(kinds.filter((kind) => kind === "gate.permitted").length, 50);
    assertEquals(kinds.filter((kind) => kind === "gate.pending_signature").length, 1);
  });
});

Deno.test("Benign work that comes again is counted; signed and irreversible work is written each time", async () => {
  await withState((state) => {
    const { audit } = gatePorts(state, { now: () => 1, newId: () => "x" });
    const start = { kind: "guest.start", guest: 101, params: {} } as const;
    const destroy = { kind: "guest.destroy", guest: 101, params: { purge: true } } as const;
    const said = { outcome: "permitted", ground: "loses_nothing" } as const;
    const authorisation = { operation: "o", nonce: "n", expiresAt: 9, signers: [] };
    for (let at = 0; at < 10; at++) {
      const base = { ...record("permitted", at), said };
      audit.append({ ...base, action: start });
      audit.append({ ...base, action: start, authorisation });
      audit.append({ ...base, action: destroy });
    }
    const links = state.audit.list({ limit: 1000 }).map(({ body }) => body);
    const signedLinks = links.filter((body) => body.includes('"nonce":"n"')).length;
    const destroyed = links.filter((body) => body.includes('"guest.destroy"')).length;
    assertEquals([links.length, signedLinks, destroyed], [21, 10, 10]);
  });
});

Deno.test("Junk with signatures leaves room for what somebody signed and was refused", async () => {
  await withState((state) => {
    const { audit } = gatePorts(state, { now: () => 1, newId: () => "x" });
    const refused = (code: ErrorCode, why: string) =>
      audit.append({
        ...record("permitted", 1),
        door: "authorise",
        said: { outcome: "refused", code, why },
      });
    for (let count = 0; count < 500; count++) refused("authz.signer_unknown", `junk ${count}`);
    refused("authz.expired", "The document was valid until then");
    const last = state.audit.list({ limit: 1000 }).at(-1)?.body ?? "";
    assertEquals(last.includes("authz.expired"), true);
    assertEquals(state.audit.list({ limit: 1000 }).length < 100, true);
  });
});

Deno.test("The gate is told of a chain that broke", async () => {
  await withState((state, folder) => {
    const { audit } = gatePorts(state, { now: () => 1, newId: () => "x" });
    for (let at = 0; at < 3; at++) audit.append(record("permitted", at));
    using other = new DatabaseSync(`${folder}/state.db`);
    other.exec("UPDATE audit SET at = 9 WHERE seq = 1");
    assertEquals(state.audit.verify().holds, false);
    assertEquals(audit.append(record("permitted", 4)), "broken");
    other.exec("UPDATE audit SET at = 0 WHERE seq = 1");
    assertEquals(state.audit.verify().holds, true);
    other.exec("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4");
    assertEquals(state.audit.holds(), false);
  });
});
