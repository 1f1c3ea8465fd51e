import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Commands } from "../reconcile/commands/commands.ts";
import type { State, StateReader } from "../state/mod.ts";
import { readJournal, readStory } from "./journal.ts";
import type { ControlHandlers } from "./server.ts";

export interface HandlersOptions {
  readonly commands: Commands;
  /** Journal, wishes and the stored desired state are read from here. */
  readonly state:
    & Pick<StateReader, "operations" | "pending" | "desired" | "instances">
    & { readonly audit: Pick<State["audit"], "export"> };
  /** What `status` answers. */
  readonly status: () => unknown;
  readonly clock: Pick<Clock, "now">;
}

/** Answers what the control socket is asked, from the engine and from the state. */
export function createHandlers(options: HandlersOptions): ControlHandlers {
  const { commands, state, status, clock } = options;
  return {
    status,
    apply: ({ text, dry_run: dryRun }) => commands.apply(text, { dryRun }),
    // Planned anew from the text that is stored: what a dry run of the same would say.
    plan: () => {
      const stored = state.desired.current("local");
      return stored === undefined ? null : commands.apply(stored.document, { dryRun: true });
    },
    submit: ({ document, signatures }) =>
      commands.submit({ document: new TextEncoder().encode(document), signatures }),
    request: ({ wish }) => commands.request(wish),
    why: ({ vmid }) => ({ why: commands.why(vmid) }),
    journal: (query) => readJournal(state.operations, query),
    operation: ({ operation }) =>
      readStory(state.operations, operation) ?? missing("operation", operation),
    transaction: ({ transaction }) =>
      commands.transaction(transaction) ?? missing("transaction", transaction),
    convergence: () => commands.convergence(),
    pending: () => ({ pending: state.pending.list(clock.now()) }),
    selftest: ({ vmid }) => commands.selftest(vmid),
    selftest_stop: ({ transaction }) => ({ stopped: commands.stopSelftest(transaction) }),
    state_ack: () => commands.acknowledge(),
    audit_head: () => {
      const at = clock.now();
      const { seq, hash } = state.audit.export(at);
      return { seq, hash: hash.toHex(), at, instance: state.instances.current().id };
    },
  };
}

function missing(what: "operation" | "transaction", id: string): never {
  throw new FelhomError("state.missing", `Cannot find the ${what} "${id}"`, {
    hint: "See: felhom-agent journal",
  });
}
