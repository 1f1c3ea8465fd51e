import { Worker as NodeWorker } from "node:worker_threads";

/**
 * Classes that can start another isolate. Deleting the global `Worker` is not enough: an export of a
 * node module cannot be deleted, and an instance leads back to its class.
 */
const STARTERS: readonly (abstract new (...args: never[]) => unknown)[] = [
  globalThis.Worker,
  NodeWorker,
];

/**
 * Makes `new` of these classes throw for good, through whatever reference. Both are derived
 * classes, whose `super()` looks the parent up when it is called: the parent becomes one that
 * throws, and the class is frozen, so that the parent stays.
 */
export function disarmWorkers(): void {
  class Disarmed {
    constructor() {
      throw new Deno.errors.NotCapable("The fence is shut: no isolate may be started");
    }
  }
  for (const starter of STARTERS) {
    Object.setPrototypeOf(starter, Disarmed);
    Object.freeze(starter);
  }
}
