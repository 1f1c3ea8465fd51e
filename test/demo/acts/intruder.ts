/**
 * The daemon with an intruder in it: the Worker of the product, and code that runs inside it once it
 * is sealed, as if somebody had found a hole. It tries what somebody would try first, through the
 * runtime and through node's modules, and prints what came of it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { serveRole } from "../../../src/daemon/serve_role.ts";
import type { Attempt, AttemptReport } from "./attempts.ts";

/** Replaced by the demo: ports of Proxmox and of a server that nobody configured. */
const PORTS: string = "@felhom-demo-ports@";
const [proxmox = 0, other = 0] = PORTS.split(",").map(Number);

type Try = readonly [what: string, via: string, run: () => unknown];

const TRIES: readonly Try[] = [
  ["connect to Proxmox", "Deno", () => connectTo(proxmox)],
  ["connect to another port of this host", "Deno", () => connectTo(other)],
  ["connect to another port of this host", "node", () => nodeConnect(other)],
  ["fetch from another port of this host", "web", () => fetch(`http://127.0.0.1:${other}/`)],
  ["listen for a back door", "Deno", () => Deno.listen({ port: 0 }).close()],
  ["read the token from its file", "Deno", () => Deno.readTextFileSync("/etc/felhom-agent/token")],
  ["read the users of the host", "node", () => readFileSync("/etc/passwd")],
  ["open the state's database again", "node", () => new DatabaseSync("/var/lib/felhom-agent/x.db")],
  ["write a file", "Deno", () => Deno.writeTextFileSync("/var/lib/felhom-agent/x", "x")],
  ["start a shell", "Deno", () => new Deno.Command("/bin/sh").outputSync()],
  ["start a shell", "node", () => shell()],
  ["read the environment", "node", () => process.env["PATH"]],
  ["load native code", "Deno", () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {})],
  ["import code from the internet", "web", () => importRemote()],
  ["start a Worker with more rights", "web", () => new Worker("data:text/javascript,")],
  ["keep data in localStorage", "web", () => localStorage.setItem("x", "x")],
];

async function connectTo(port: number): Promise<void> {
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
}

function nodeConnect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port }, () => resolve(void socket.destroy()));
    socket.on("error", reject);
  });
}

function shell(): void {
  const { error } = spawnSync("/bin/sh", ["-c", "true"], { env: {} });
  if (error !== undefined) throw error;
}

/** The address is put together here, so that it is no part of the program. */
function importRemote(): Promise<unknown> {
  const address = ["https:", "", "esm.sh", "x"].join("/");
  return import(address);
}

async function attempt([what, via, run]: Try): Promise<Attempt> {
  try {
    await run();
    return { what, via, worked: true, answer: "it worked" };
  } catch (error) {
    const answer = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { what, via, worked: false, answer };
  }
}

async function intrude(): Promise<void> {
  const intruder: Attempt[] = [];
  for (const one of TRIES) intruder.push(await attempt(one));
  const report: AttemptReport = { intruder };
  const bytes = new TextEncoder().encode(JSON.stringify(report) + "\n");
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}

await serveRole({ sealed: intrude });
