import type { Work } from "../work.ts";
/** Work beside the work: it is joined with recovery. */
export class House {
  constructor(_w: Work) {}
  tend(_s: AbortSignal): Promise<void> {
    return Promise.resolve();
  }
}
