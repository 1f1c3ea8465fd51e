import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Simulator } from "./mod.ts";
import { parseWorldFault } from "./world_fault.ts";

const daemonCommand = z.union([
  z.strictObject({ up: z.boolean() }),
  z.strictObject({ restart_ms: z.number().min(0) }),
  z.strictObject({ hang: z.int().min(1) }),
]);
const switchCommand = z.strictObject({ up: z.boolean() });

/** The admin face of a simulator: plain HTTP and JSON on a loopback port of its own. */
export interface AdminFace {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the admin face. Every request must carry `Authorization: Bearer SECRET`.
 *
 * | method and path | what it does |
 * |---|---|
 * | `GET /report` | counts, pvedaemon, cluster file system, crashes of the simulator |
 * | `GET /state` | the whole world: guests, storages, tasks |
 * | `GET /log?after=N` | request log, rows after sequence N |
 * | `DELETE /log` | forgets the rows and starts the high-water mark anew |
 * | `GET`, `POST`, `DELETE /faults` | lists, adds (answers `{id}`), clears fault rules |
 * | `DELETE /faults/ID` | removes one |
 * | `POST /daemon` | `{up}`, `{restart_ms}` or `{hang}`: pvedaemon |
 * | `POST /cluster-file-system` | `{up}` |
 * | `POST /connections/drop` | resets every open connection |
 * | `POST /world` | a `WorldFault`: a guest vanishes, a storage fills up, a task gets stuck, … |
 */
export function serveAdmin(
  simulator: Simulator,
  options: { readonly secret: string; readonly port?: number },
): AdminFace {
  const expected = new TextEncoder().encode(`Bearer ${options.secret}`);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    onListen: () => {},
  }, async (request) => {
    const given = new TextEncoder().encode(request.headers.get("authorization") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return Response.json({ error: "Expected the admin secret as bearer token" }, { status: 401 });
    }
    try {
      return await answer(simulator, request);
    } catch (error) {
      const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      return Response.json({ error: message }, { status: 400 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    stop: () => server.shutdown(),
  };
}

async function answer(simulator: Simulator, request: Request): Promise<Response> {
  const { wire, pve } = simulator;
  const url = new URL(request.url);
  const done = () => Response.json({ ok: true });
  switch (`${request.method} ${url.pathname}`) {
    case "GET /report":
      return Response.json(wire.report());
    case "GET /state":
      return Response.json(pve.snapshot());
    case "GET /log":
      return Response.json(wire.log.rows(Number(url.searchParams.get("after") ?? 0)));
    case "DELETE /log":
      wire.log.clear();
      return done();
    case "GET /faults":
      return Response.json(wire.faults.list());
    case "POST /faults":
      return Response.json({ id: wire.faults.add(await request.json()) });
    case "DELETE /faults":
      wire.faults.clear();
      return done();
    case "POST /daemon":
      commandDaemon(simulator, await request.json());
      return done();
    case "POST /cluster-file-system":
      wire.setClusterFileSystem(switchCommand.parse(await request.json()).up);
      return done();
    case "POST /connections/drop":
      wire.dropConnections();
      return done();
    case "POST /world":
      pve.inject(parseWorldFault(await request.json()));
      return done();
  }
  const id = /^\/faults\/(.+)$/.exec(url.pathname)?.[1];
  if (request.method === "DELETE" && id !== undefined && wire.faults.remove(id)) return done();
  return Response.json({ error: `Nothing at ${request.method} ${url.pathname}` }, { status: 404 });
}

function commandDaemon({ wire }: Simulator, input: unknown): void {
  const command = daemonCommand.parse(input);
  if ("up" in command) wire.setDaemon(command.up);
  else if ("hang" in command) wire.hangWorkers(command.hang);
  else wire.restartDaemon(command.restart_ms);
}
