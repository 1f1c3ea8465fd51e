import { Audit } from "./audit.ts";
import { DesiredRevisions } from "./desired_revisions.ts";
import { GuestMemory } from "./guest_memory.ts";
import { GuestsMade } from "./guests_made.ts";
import { Instances } from "./instances.ts";
import { Nonces } from "./nonces.ts";
import { NotedTasks } from "./noted_tasks.ts";
import { Operations } from "./operations.ts";
import { Pending } from "./pending.ts";
import { Quarantines } from "./quarantines.ts";
import { SignerSets } from "./signer_sets.ts";
import { SnapshotsMade } from "./snapshots_made.ts";
import type { Store } from "./store.ts";
import { TimeMark } from "./time_mark.ts";
import { Transactions } from "./transactions.ts";

/** Everything that is kept, each kind in a repository of its own. */
export interface Repositories {
  readonly instances: Instances;
  readonly transactions: Transactions;
  readonly operations: Operations;
  readonly nonces: Nonces;
  readonly guests: GuestsMade;
  readonly guestMemory: GuestMemory;
  readonly snapshots: SnapshotsMade;
  readonly audit: Audit;
  readonly pending: Pending;
  readonly signers: SignerSets;
  readonly desired: DesiredRevisions;
  readonly quarantines: Quarantines;
  readonly timeMark: TimeMark;
  readonly notedTasks: NotedTasks;
}

/** The repositories on a store. */
export function createRepositories(store: Store): Repositories {
  const nonces = new Nonces(store);
  const transactions = new Transactions(store);
  return {
    instances: new Instances(store),
    transactions,
    operations: new Operations(store, { nonces, transactions }),
    nonces,
    guests: new GuestsMade(store),
    guestMemory: new GuestMemory(store),
    snapshots: new SnapshotsMade(store),
    audit: new Audit(store),
    pending: new Pending(store),
    signers: new SignerSets(store),
    desired: new DesiredRevisions(store),
    quarantines: new Quarantines(store),
    timeMark: new TimeMark(store),
    notedTasks: new NotedTasks(store),
  };
}
