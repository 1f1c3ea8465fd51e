/** Junk handed in without end: a document that somebody signed who may gets in all the same. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Submission } from "../../src/authz/mod.ts";
import { askDaemon } from "../../src/control/client.ts";
import { RATES } from "../../src/control/rates.ts";
import { FelhomError } from "../../src/errors.ts";
import { openOperators } from "../authz/support/operators.ts";
import { withControl } from "../control/support/control_host.ts";
import { runEngine } from "../reconcile/engine/run_engine.ts";

const text = ({ document }: Submission) => new TextDecoder().decode(document);

Deno.test("A signed document gets in beside junk, forged signatures and what was bent after it was signed", async () => {
  const operators = await openOperators();
  try {
    const [anna, mallory] = [await operators.person("anna"), await operators.person("mallory")];
    await using host = await runEngine({ signers: { operational: anna.line() } });
    const { desk } = host;
    await host.until(() => host.engine.phase === "running");
    const action = { kind: "guest.destroy", guest: 201, params: { purge: false } } as const;
    const good = await host.sign(action, anna);
    const forged = await host.sign(action, mallory);
    const bent = { ...good, document: new TextEncoder().encode(`${text(good)} `) };
    const junk = { ...good, document: new TextEncoder().encode("junk") };
    assertEquals((await desk.signedBy(good)).length, 1);
    assertEquals(await desk.signedBy({ ...good, signatures: [] }), []);
    let handed = 0;
    const submit = async ({ document, signatures }: { document: string; signatures: string[] }) => {
      handed++;
      return await desk.submit({ document: new TextEncoder().encode(document), signatures });
    };
    const signedBy = async ({ document, signatures }: Parameters<typeof submit>[0]) =>
      await desk.signedBy({ document: new TextEncoder().encode(document), signatures });
    await withControl({ submit }, async ({ path }) => {
      const hand = (submission: Submission) =>
        askDaemon(path, {
          op: "submit",
          document: text(submission),
          signatures: [...submission.signatures],
        });
      const refusals: string[] = [];
      for (let nth = 0; nth < RATES.submit.burst + 6; nth++) {
        for (const each of [junk, forged, bent]) {
          const refused = await hand(each).catch((error: unknown) => error);
          if (refused instanceof FelhomError) refusals.push(refused.code);
        }
      }
      assertEquals(handed, RATES.submit.burst);
      assertEquals(refusals.at(-1), "control.too_often");
      // The clock stands still: there is no turn of submit left.
      const refused = await assertRejects(() => hand(junk), FelhomError);
      assertEquals(refused.code, "control.too_often");
      await hand(good).catch((error: unknown) => {
        assert(error instanceof FelhomError && error.code !== "control.too_often", String(error));
      });
      assertEquals(handed, RATES.submit.burst + 1);
    }, { signedBy });
  } finally {
    await operators.close();
  }
});
