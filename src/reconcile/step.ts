import type { Action, Origin, Source } from "../action/mod.ts";
import type { Guest } from "../proxmox/mod.ts";

/** One action that is wanted, with all that the journal keeps of why. */
export interface Step {
  readonly action: Action;
  readonly origin: Origin;
  readonly source: Source;
  /** The revision, job or self-test it belongs to. */
  readonly reference: string;
  /** One sentence. */
  readonly why: string;
  /** The open transaction that it is a step of, and its place there; null when it stands alone. */
  readonly within: { readonly transaction: string; readonly step: number } | null;
  /** The operation that it makes undone. */
  readonly compensates?: string;
  /** The guest's row, where it was read a moment ago to plan this step. */
  readonly row?: Guest;
}
