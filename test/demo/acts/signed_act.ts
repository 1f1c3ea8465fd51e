import { pendingList } from "../../../src/control/answers.ts";
import type { Narrator } from "../narrator.ts";
import type { Stage } from "../stage.ts";
import { type Act, printed } from "./act.ts";

/** The guest that a hub wants destroyed. */
const VMID = 220;
const WISH = JSON.stringify({
  action: { kind: "guest.destroy", guest: VMID, params: { purge: true } },
  why: "contract ended",
});

/** What destroys data waits for an operator's signature, runs once with it, and never again. */
export const showSignedDestroy: Act = async (narrator, stage) => {
  const document = await showWish(narrator, stage);
  const submission = await showSigning(narrator, stage, document);
  await showDestroy(narrator, stage, submission);
};

/** @returns the document to sign */
async function showWish(narrator: Narrator, stage: Stage): Promise<string> {
  narrator.step(`The hub wants guest ${VMID} destroyed. It is not trusted with that.`);
  const place = await stage.place();
  const wished = await stage.agentWith(WISH, "request", "-");
  narrator.show(`echo '${WISH}' | felhom-agent request -`, printed(wished));
  narrator.claim(
    "it is refused: it needs a signature, and the exit code says so (4)",
    wished.code === 4 && wished.stdout.startsWith("It needs a signature"),
    wished,
  );
  const changes = (await stage.requests(place)).filter(({ method }) => method !== "GET");
  const there = (await stage.view()).guest(VMID) !== undefined;
  narrator.claim(
    `nothing was asked of Proxmox, and guest ${VMID} is there`,
    changes.length === 0 && there,
    changes,
  );
  narrator.show("felhom-agent pending", printed(await stage.agent("pending")));
  const { stdout } = await stage.agent("pending", "--json");
  const waiting = pendingList.safeParse(JSON.parse(stdout)).data?.pending
    .find(({ kind, vmid }) => kind === "guest.destroy" && vmid === VMID);
  narrator.claim("it waits where operators look", waiting !== undefined, stdout);
  const id = String(waiting?.id);
  const pending = await stage.agent("pending", "--id", id);
  narrator.show(`felhom-agent pending --id ${id} > op.json; cat op.json`, pending.stdout);
  return pending.stdout;
}

/** @returns document and signature in one stream */
async function showSigning(narrator: Narrator, stage: Stage, document: string): Promise<string> {
  narrator.step("An operator reads it and signs it: with ssh-keygen, on a machine of her own.");
  const shown = await stage.agentWith(document, "op", "show");
  narrator.show("felhom-agent op show < op.json", printed(shown));
  narrator.claim(
    "it says in words what it will do",
    shown.code === 0 && shown.stdout.includes("clinic-files") &&
      shown.stdout.includes("contract ended"),
    shown,
  );
  const { stream, said } = await stage.desk.sign(document);
  narrator.show("ssh-keygen -Y sign -n felhom-op-v1 -f anna op.json", said);
  const checked = await stage.agentWith(stream, "op", "check");
  narrator.show("cat op.json op.json.sig | felhom-agent op check", printed(checked));
  narrator.claim(
    "this host would accept it, signed by anna",
    checked.code === 0 && checked.stdout.includes("anna (operational"),
    checked,
  );
  return stream;
}

async function showDestroy(narrator: Narrator, stage: Stage, submission: string): Promise<void> {
  narrator.step("Signed, it runs; and it runs once.");
  const backups = (await stage.view()).backups(VMID);
  const place = await stage.place();
  const submitted = await stage.agentWith(submission, "submit", "-", "--wait");
  narrator.show("cat op.json op.json.sig | felhom-agent submit - --wait", printed(submitted));
  narrator.claim("it is carried out", submitted.code === 0, submitted);
  const view = await stage.view();
  narrator.claim(
    `the host says that guest ${VMID} is gone`,
    view.guest(VMID) === undefined,
    view.vmids,
  );
  narrator.claim(
    `its backups stay: ${backups.join(", ")}`,
    backups.length > 0 && view.backups(VMID).join() === backups.join(),
    view.backups(VMID),
  );
  const again = await stage.agentWith(submission, "submit", "-");
  narrator.show("cat op.json op.json.sig | felhom-agent submit -", printed(again));
  narrator.claim(
    "the same document handed in again is refused (exit code 4)",
    again.code === 4 && again.stdout.startsWith("Refused: "),
    again,
  );
  const used = await stage.agentWith(submission, "op", "check");
  narrator.show("cat op.json op.json.sig | felhom-agent op check", used.stderr);
  narrator.claim(
    "even were the guest still there: a signature is good for once, and this one was used",
    used.code === 4 && used.stderr.includes("authz.replayed"),
    used,
  );
  const destroyed = (await stage.requests(place)).filter(({ method }) => method === "DELETE");
  narrator.claim(
    "Proxmox was asked to destroy it exactly once",
    destroyed.length === 1,
    destroyed,
  );
}
