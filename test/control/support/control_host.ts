import { listenControl } from "../../../src/control/listen.ts";
import {
  type ControlHandlers,
  ControlServer,
  type ControlServerOptions,
} from "../../../src/control/server.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** A control socket in a folder of its own, and what time it is there. */
export interface ControlHost {
  readonly path: string;
  readonly clock: FakeClock;
  readonly server: ControlServer;
}

/** Handlers of which only the given ones are expected to be called. */
export function handlersOf(given: Partial<ControlHandlers>): ControlHandlers {
  const unexpected = () => {
    throw new Error("Nobody should ask this");
  };
  return {
    status: () => ({ fine: true }),
    apply: unexpected,
    plan: unexpected,
    submit: unexpected,
    request: unexpected,
    why: unexpected,
    journal: unexpected,
    operation: unexpected,
    transaction: unexpected,
    convergence: unexpected,
    pending: unexpected,
    selftest: unexpected,
    selftest_stop: unexpected,
    state_ack: unexpected,
    audit_head: unexpected,
    ...given,
  };
}

/** Serves `handlers` on a socket as long as the test runs. */
export async function withControl(
  handlers: Partial<ControlHandlers>,
  test: (host: ControlHost) => Promise<void>,
  { log = silentLogger, signedBy = () => Promise.resolve([]) }: {
    readonly log?: Logger;
    /** Whether somebody signed who may. @default nobody signs any */
    readonly signedBy?: ControlServerOptions["signedBy"];
  } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-control-" });
  const path = `${folder}/control.sock`;
  const clock = new FakeClock();
  try {
    await using server = new ControlServer(await listenControl(path), {
      handlers: handlersOf(handlers),
      signedBy,
      clock,
      log,
    });
    await test({ path, clock, server });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
