import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import type { Submission } from "../../../src/authz/mod.ts";
import { AUDIT_LIMITS } from "../../../src/state/audit_flood.ts";
import { textDigest } from "../../../src/state/mod.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { runEngine, type RunningEngine } from "./run_engine.ts";

const DESIRED = JSON.stringify({ version: 1, revision: "one", guests: {} });
const ALIKE = { simulator: { scenario: "mixed", guests: 2 }, local: true } as const;

async function runStill(): Promise<RunningEngine> {
  const host = await runEngine({ ...ALIKE, clock: new FakeClock() });
  await host.until(() => host.engine.nextPassInMs !== null);
  return host;
}

/** The links that tell of inputs, oldest first. */
function inputs({ work: { state } }: RunningEngine): [string, Record<string, unknown>][] {
  return state.audit.list({ limit: 1_000 })
    .filter(({ kind }) => !kind.startsWith("gate.") && !kind.startsWith("audit."))
    .map(({ kind, body }) => [kind, JSON.parse(body)]);
}

Deno.test("each desired state that is taken is in the audit log, the same again is not, nor a dry run", async () => {
  await using host = await runStill();
  for (const dryRun of [true, false, false]) await host.desk.apply(DESIRED, { dryRun });
  assertEquals(inputs(host), [["desired.accepted", {
    ...{ provider: "local", revision: "one", guests: 0 },
    digest: textDigest(DESIRED),
  }]]);
});

Deno.test("each desired state that is refused is in the audit log, with its digest and why", async () => {
  await using host = await runStill();
  const apply = (text: string) =>
    assertRejects(() => host.desk.apply(text, { dryRun: false }), FelhomError);
  await host.desk.apply(DESIRED, { dryRun: false });
  const other = DESIRED.replace("{}", '{"200":{}}');
  for (const text of ["junk", other]) await apply(text);
  const seen = inputs(host).slice(1).map(([kind, { code, digest, source }]) => [
    ...[kind, code, digest, source],
  ]);
  assertEquals(seen, [
    ["desired.refused", "desired.invalid", textDigest("junk"), "control socket"],
    ["desired.refused", "desired.conflict", textDigest(other), "control socket"],
  ]);
});

Deno.test("a wish that is none, an unknown action and a setting off the list are in the audit log", async () => {
  await using host = await runStill();
  await assertRejects(() => host.desk.request({ no: "wish" }), FelhomError);
  const action = { kind: "guest.settings", guest: 200, params: { set: { hookscript: "x" } } };
  for (const asked of [{ kind: "guest.explode", guest: 200, params: {} }, action]) {
    assertEquals((await host.desk.request({ action: asked, why: "trial" })).outcome, "refused");
  }
  const seen = inputs(host).map(([kind, { code, said }]) => [kind, code, said]);
  assertEquals(seen, [
    ["request.refused", "request.invalid", undefined],
    ["request.refused", "unknown_kind", "trial"],
    ["request.refused", "setting_not_listed", "trial"],
  ]);
});

Deno.test("a document that is none is in the audit log, and what is signed has room beside junk", async () => {
  await using host = await runStill();
  const submit = (text: string, signatures: string[]) =>
    assertRejects(
      () => host.desk.submit({ document: new TextEncoder().encode(text), signatures }),
      FelhomError,
    );
  for (let count = 0; count < 100; count++) await submit(`junk ${count}`, []);
  await submit("signed junk", ["-----BEGIN SSH SIGNATURE-----"]);
  const [kind, body] = inputs(host).at(-1) ?? [];
  assertEquals([kind, body?.["digest"], body?.["signatures"]], [
    ...["submission.refused", textDigest("signed junk"), 1],
  ]);
  assertEquals(inputs(host).length < 100, true);
});

Deno.test("an acknowledgement that is refused is in the audit log", async () => {
  await using host = await runStill();
  const { state } = host.work;
  const refusal = new FelhomError("state.full", "Cannot begin anything new: the disk is full");
  state.instances.renew = () => {
    throw refusal;
  };
  assertThrows(() => host.desk.acknowledge(), FelhomError);
  const refused = inputs(host).filter(([kind]) => kind === "state.ack_refused");
  assertEquals(refused.length, 1);
});

Deno.test("junk that comes with signatures takes no room of what is signed and refused, on either side of the gate", async () => {
  const operators = await openOperators();
  try {
    const [anna, mallory] = [await operators.person("anna"), await operators.person("mallory")];
    let reachable = true;
    await using host = await runEngine({
      ...ALIKE,
      clock: new FakeClock(),
      signers: { operational: anna.line() },
      alter: (work) => ({
        ...work,
        facts: (action, signal, row) => {
          if (reachable) return work.facts(action, signal, row);
          throw new FelhomError("proxmox.timeout", "Cannot reach Proxmox");
        },
      }),
    });
    await host.until(() => host.engine.nextPassInMs !== null);
    const destroy = (guest: number, by: typeof anna) =>
      host.sign({ kind: "guest.destroy", guest, params: { purge: false } }, by);
    const good = [await destroy(200, anna), await destroy(201, anna)];
    const forged = await destroy(200, mallory);
    const junk = Array.from({ length: 2 * AUDIT_LIMITS.perSource }, (_, count) => ({
      document: new TextEncoder().encode(`junk ${count}`),
      signatures: forged.signatures,
    }));
    const bent = junk.map((_, count) => ({
      document: new TextEncoder().encode(
        new TextDecoder().decode(good[0]?.document).replace('"guest.destroy"', `"x${count}"`),
      ),
      signatures: good[0]?.signatures ?? [],
    }));
    const refuse = (submission: Submission) =>
      assertRejects(() => host.desk.submit(submission), FelhomError);
    for (const submission of [...junk, ...bent]) await refuse(submission);
    // The gate refuses the forged one, and never learns of it when the host cannot be read.
    assertEquals((await host.desk.submit(forged)).outcome, "refused");
    reachable = false;
    for (const submission of [...junk, forged, ...good]) await refuse(submission);
    const seen = inputs(host).filter(([, { code }]) => code === "proxmox.timeout")
      .map(([, { digest }]) => digest);
    const wanted = good.map(({ document }) => textDigest(new TextDecoder().decode(document)));
    assertEquals(seen, wanted);
    const written = inputs(host).length;
    assertEquals(written <= AUDIT_LIMITS.perSource + good.length, true);
  } finally {
    await operators.close();
  }
});
