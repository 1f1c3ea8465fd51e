import type { Operator } from "../../authz/support/operators.ts";
import { HelperHost, noHelperHost } from "../../support/helper_host.ts";
import { listen } from "../../support/listening_helper.ts";
import { whyNoLoopDevices } from "../../support/loop_disk.ts";
import { CrashHost, type Programs } from "./crash_host.ts";
import { enrolDisk, type EnrolledDisk } from "./enrolled_disk.ts";
import { standInPct, whyNoStandInPct } from "./stand_in_pct.ts";

/** What a scene takes besides an agent and a simulated host: the real helper, with something to do. */
export type Prop = "disk" | "pct";

/** Where the stories of one kind are played. */
export interface Stage extends AsyncDisposable {
  readonly host: CrashHost;
  /** There where the scene takes one. */
  readonly disk?: EnrolledDisk;
}

export interface StageOptions {
  readonly programs: Programs;
  readonly operators: readonly Operator[];
  readonly guests: number;
  readonly timeScale: number;
}

/** Why what a scene takes cannot be had on this machine; `undefined` when it can. */
export function whyLacking(prop: Prop | undefined): string | undefined {
  switch (prop) {
    case undefined:
      return undefined;
    case "disk":
      return noHelperHost ?? whyNoLoopDevices();
    case "pct":
      return noHelperHost ?? whyNoStandInPct();
    default:
      return prop satisfies never;
  }
}

/** Sets everything up that a scene takes. */
export async function openStage(prop: Prop | undefined, options: StageOptions): Promise<Stage> {
  const { programs, ...rest } = options;
  await using making = new AsyncDisposableStack();
  if (prop === undefined) {
    const host = making.use(await CrashHost.open(programs, rest));
    return staged(making.move(), { host });
  }
  const helperHost = making.use(await HelperHost.create());
  const helper = making.use(await listen(helperHost));
  const disk = prop === "disk" ? making.use(await enrolDisk(helperHost)) : undefined;
  const host = making.use(await CrashHost.open(programs, { ...rest, helper: helper.path }));
  if (prop === "pct") making.use(await standInPct(helperHost, host.simulator.pve.world));
  return staged(making.move(), { host, ...(disk === undefined ? {} : { disk }) });
}

function staged(made: AsyncDisposableStack, parts: Omit<Stage, keyof AsyncDisposable>): Stage {
  return { ...parts, [Symbol.asyncDispose]: () => made.disposeAsync() };
}
