import { loadVerifiers, type Submission } from "../../authz/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { Gate } from "../../gate/mod.ts";
import type {
  Applied,
  Commands,
  Convergence,
  EngineReport,
  SelftestBegun,
  Taken,
  TransactionReport,
} from "../commands/commands.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import { readDesired } from "../desired/read_desired.ts";
import { acknowledge } from "../housekeeping/acknowledge.ts";
import { textDigest } from "../../state/mod.ts";
import { renderPlan } from "../plan/render_plan.ts";
import { placeScratch } from "../transactions/place_scratch.ts";
import { scratchLeft } from "../transactions/scratch_left.ts";
import { selftestObstacle } from "../transactions/selftest_obstacle.ts";
import type { SelftestWish } from "../transactions/selftest_report.ts";
import { convergenceOf } from "./convergence.ts";
import type { Engine } from "./engine.ts";
import { Intake } from "./intake.ts";
import { pass } from "./pass.ts";
import { recorded, recordThrown } from "./record_refusal.ts";
import { sentenceOf } from "./sentence.ts";
import { reportTransaction } from "./transaction_report.ts";

export interface DeskOptions {
  /** Aborted when the daemon ends. */
  readonly signal: AbortSignal;
}

/** Who gives what comes over the control socket. */
const LOCAL = "local";

/**
 * Where the engine is asked. What is asked for is read, held against the gate where it has to be,
 * and written down; it is done by the engine's workers, never here.
 */
export class Desk implements Commands {
  readonly #engine: Engine;
  readonly #intake: Intake;
  readonly #signal: AbortSignal;

  constructor(engine: Engine, { signal }: DeskOptions) {
    this.#engine = engine;
    this.#intake = new Intake(engine.work, (lane) => engine.wake(lane));
    this.#signal = signal;
  }

  async apply(text: string, { dryRun }: { readonly dryRun: boolean }): Promise<Applied> {
    const { work } = this.#engine;
    const read = () => readDesired(text, { provider: LOCAL, managed: work.managed });
    const take = () => {
      const desired = read();
      return { desired, accepted: this.#accept(text, desired) };
    };
    const about = { digest: textDigest(text), length: text.length };
    // Who only wants to see a plan has changed nothing, and is not kept.
    const { desired, accepted } = dryRun
      ? { desired: read(), accepted: false }
      : await recorded(work, { kind: "desired.refused", about }, take);
    const { plan, steps } = await this.#plan(desired, { needed: dryRun });
    const { provider, revision, guests } = desired;
    return { provider, revision, accepted, guests: guests.size, plan, steps };
  }

  async submit(submission: Submission): Promise<Taken> {
    const signatures = submission.signatures.length;
    const digest = textDigest(new TextDecoder().decode(submission.document));
    const { work } = this.#engine;
    try {
      this.#assertRunning();
      return await this.#intake.submit(submission, this.#signal);
    } catch (error) {
      const quota = await quotaOf(submission, work.gate);
      const about = { digest, signatures };
      throw recordThrown(work, { kind: "submission.refused", quota, about }, error);
    }
  }

  async signedBy(submission: Submission): Promise<readonly string[]> {
    return await keysOf(submission, this.#engine.work.gate);
  }

  async request(wish: unknown): Promise<Taken> {
    return await recorded(this.#engine.work, { kind: "request.refused" }, () => {
      this.#assertRunning();
      return this.#intake.request(wish, this.#signal);
    });
  }

  async selftest(named: number | null): Promise<SelftestBegun> {
    this.#assertRunning();
    const { work, selftests } = this.#engine;
    const told = scratchLeft(work, { but: selftests.scratch()?.vmid });
    const { transaction, vmid } = named === null
      ? selftests.scratch() ?? await this.#selftestOfItsOwn()
      : await this.#selftestOn(named);
    this.#engine.wake(vmid);
    return { transaction, vmid, told };
  }

  /** On a guest that is made for it. Two that look for a place at once get one. */
  async #selftestOfItsOwn(): Promise<SelftestWish> {
    const { work, selftests } = this.#engine;
    const place = await placeScratch(work);
    return selftests.scratch() ?? selftests.add(place.vmid, work.newId(), place);
  }

  async #selftestOn(vmid: number): Promise<SelftestWish> {
    const { work, selftests } = this.#engine;
    const obstacle = await selftestObstacle(work, vmid);
    if (obstacle === null) return selftests.add(vmid, work.newId(), null);
    throw new FelhomError("selftest.refused", `Cannot do the self-test: ${obstacle}`, {
      hint: "Leave out --vmid: then it makes a guest of its own. One that is named has to be a " +
        "stopped guest of the managed range, on a storage with snapshots.",
    });
  }

  stopSelftest(transaction: string): boolean {
    return this.#engine.selftests.stop(transaction);
  }

  transaction(id: string): TransactionReport | undefined {
    return reportTransaction(this.#engine, id);
  }

  convergence(): Convergence {
    return convergenceOf(this.#engine);
  }

  /** Has the storages looked at for the next who asks: nothing else depends on that. */
  engine(): EngineReport {
    const { capacity, log } = this.#engine.work;
    capacity.survey(this.#signal).catch((error: unknown) => {
      if (this.#signal.aborted) return;
      log.warn("the agent cannot see what is given away of the storages", { error: String(error) });
    });
    return this.#engine.report();
  }

  why(vmid: number): string {
    return sentenceOf(this.#engine, vmid);
  }

  acknowledge(): { readonly instance: string } {
    const { work } = this.#engine;
    try {
      // Before recovery has ended, nobody can say whether the state is in doubt.
      this.#assertRunning();
      return acknowledge(work);
    } catch (error) {
      throw recordThrown(work, { kind: "state.ack_refused" }, error);
    }
  }

  /** @returns whether it is another one than before */
  #accept(text: string, desired: DesiredState): boolean {
    const { state, clock } = this.#engine.work;
    const digest = textDigest(text);
    const { revision } = desired;
    const before = state.desired.list(LOCAL).find((known) => known.revision === revision);
    if (before !== undefined && before.digest !== digest) {
      throw new FelhomError(
        "desired.conflict",
        `Cannot take revision "${revision}": it was given before, with another content`,
        { hint: "Give it a revision of its own." },
      );
    }
    const at = clock.now();
    const accepted = state.transaction(() => {
      state.guests.named(desired.guests.keys(), at);
      const isNew = state.desired.accept({
        provider: LOCAL,
        revision,
        digest,
        document: text,
        acceptedAt: at,
      });
      const body = { provider: LOCAL, revision, digest, guests: desired.guests.size };
      if (isNew) state.audit.append({ at, kind: "desired.accepted", body });
      return isNew;
    });
    if (accepted) this.#engine.passNow();
    return accepted;
  }

  /** What would be done. It is only told, so a host that cannot be read takes nothing back. */
  async #plan(
    desired: DesiredState,
    { needed }: { readonly needed: boolean },
  ): Promise<Pick<Applied, "plan" | "steps">> {
    try {
      const { plan } = await pass(this.#engine.work, { desired, signal: this.#signal });
      const steps = plan.guests.reduce((sum, guest) => sum + guest.steps.length, 0);
      return { plan: renderPlan(plan), steps };
    } catch (error) {
      if (needed || !(error instanceof FelhomError)) throw error;
      return { plan: `The host cannot be read now: ${error.message}\n`, steps: 0 };
    }
  }

  /** The journal's loose ends come first: until then nobody can say what is there. */
  #assertRunning(): void {
    if (this.#engine.phase === "running") return;
    throw new FelhomError(
      "engine.not_ready",
      this.#engine.phase === "recovering"
        ? "Cannot take work: what was begun before the start is still being looked up"
        : "Cannot take work: the daemon is being stopped",
      { hint: "Try again in a moment; see: felhom-agent status" },
    );
  }
}

/** Junk that comes with signatures must not take the room of what somebody signed who may. */
async function quotaOf(
  submission: Submission,
  gate: Pick<Gate, "signedBy">,
): Promise<"request" | "submission" | "signed"> {
  if (submission.signatures.length === 0) return "request";
  return (await keysOf(submission, gate)).length > 0 ? "signed" : "submission";
}

/** Those who signed it and may sign. What comes without a signature costs no verification. */
async function keysOf(
  submission: Submission,
  gate: Pick<Gate, "signedBy">,
): Promise<readonly string[]> {
  try {
    await loadVerifiers(submission.signatures);
    return gate.signedBy(submission);
  } catch (error) {
    if (error instanceof FelhomError) return [];
    throw error;
  }
}
