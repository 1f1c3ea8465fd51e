import child_process from "node:child_process";
import cluster from "node:cluster";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";
import inspector from "node:inspector";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import process from "node:process";
import sqlite from "node:sqlite";
import tls from "node:tls";
import v8 from "node:v8";
import vm from "node:vm";
import worker_threads from "node:worker_threads";

/**
 * What an attacker would try from inside an isolate, written down apart from the product's own
 * probes. Each entry does it, or throws as the runtime refuses it.
 */
export type Attempts = Readonly<Record<string, () => unknown>>;

/** Settles with the first `error` event, or when it could be done. */
function event(emitter: EventEmitterLike, done: string): Promise<void> {
  return new Promise((resolve, reject) => {
    emitter.on("error", reject);
    emitter.on(done, () => resolve());
  });
}

interface EventEmitterLike {
  on(name: string, listener: (value?: unknown) => void): unknown;
}

/** A result that says "not there" by `undefined` is the refusal here. */
function absent(name: string, value: unknown): void {
  if (value === undefined) throw new Deno.errors.NotCapable(`${name} is not there`);
}

const importAsText = (specifier: string) => import(specifier, { with: { type: "text" } });
const dynamicImport = (specifier: string) => () => import(specifier);
const STATE = "/var/lib/felhom-agent";
const CONTROL = "/run/felhom-agent/control.sock";
/** An overlay inside every sandbox: what is made here without a fence is gone with the process. */
const PLACE = "/run";
const OTHER = "/run/felhom-agent/other.sock";

/** What no isolate of the agent may do. */
export const FORBIDDEN: Attempts = {
  // Files, read.
  "Deno.readTextFile": () => Deno.readTextFile("/etc/passwd"),
  "Deno.open": () => Deno.open("/etc/felhom-agent/token"),
  "Deno.stat": () => Deno.stat("/etc"),
  "Deno.lstat": () => Deno.lstat("/etc"),
  "Deno.realPath": () => Deno.realPath("/etc"),
  "Deno.readLink": () => Deno.readLink("/proc/self/exe"),
  "Deno.readDir": async () => await Array.fromAsync(Deno.readDir("/")),
  "Deno.watchFs": () => Deno.watchFs("/tmp").close(),
  "Deno.chdir": () => Deno.chdir("/"),
  "Deno.readFile own environment": () => Deno.readFile("/proc/self/environ"),
  "Deno.readFile own memory": () => Deno.readFile("/proc/self/maps"),
  "Deno.open a handle of its own": () => Deno.open("/dev/fd/0"),
  "fs.readFileSync": () => fs.readFileSync("/etc/passwd"),
  "fs.promises.readFile": () => fs.promises.readFile("/etc/felhom-agent/token"),
  "fs.statSync": () => fs.statSync("/etc"),
  "fs.existsSync": () => fs.existsSync("/etc/passwd"),
  "fs.readdirSync": () => fs.readdirSync("/"),
  "fs.createReadStream": () => event(fs.createReadStream("/etc/passwd"), "open"),
  "fs.readlinkSync": () => fs.readlinkSync("/proc/self/exe"),
  "fs.readFileSync own environment": () => fs.readFileSync("/proc/self/environ"),
  "fetch a file": () => fetch("file:///etc/passwd"),
  "require": () => createRequire("file:///x.js")("/etc/felhom-agent/agent.json"),

  // Files, written.
  "Deno.writeTextFile": () => Deno.writeTextFile(`${PLACE}/felhom-attempt`, ""),
  "Deno.mkdir": () => Deno.mkdir(`${PLACE}/felhom-attempt-folder`),
  "Deno.remove": () => Deno.remove(`${PLACE}/felhom-attempt-none`),
  "Deno.rename": () => Deno.rename(`${PLACE}/felhom-attempt-none`, `${PLACE}/felhom-attempt-2`),
  "Deno.symlink": () => Deno.symlink("/etc/passwd", `${PLACE}/felhom-attempt-link`),
  "Deno.link": () => Deno.link(`${PLACE}/felhom-attempt-none`, `${PLACE}/felhom-attempt-3`),
  "Deno.chmod": () => Deno.chmod(`${PLACE}/felhom-attempt-none`, 0o777),
  "Deno.makeTempFile": () => Deno.makeTempFile({ dir: PLACE }),
  "Deno.truncate": () => Deno.truncate(`${PLACE}/felhom-attempt-none`),
  "fs.writeFileSync": () => fs.writeFileSync(`${PLACE}/felhom-attempt-4`, ""),
  "fs.mkdtempSync": () => fs.mkdtempSync(`${PLACE}/felhom-attempt-`),
  "fs.rmSync": () => fs.rmSync(`${PLACE}/felhom-attempt-none`),
  "fs.copyFileSync": () => fs.copyFileSync("/etc/passwd", `${PLACE}/felhom-attempt-5`),
  "fs.createWriteStream": () => event(fs.createWriteStream(`${PLACE}/felhom-attempt-6`), "open"),
  "v8.writeHeapSnapshot": () => v8.writeHeapSnapshot(`${PLACE}/felhom-attempt-7`),

  "back up a database in memory": () =>
    sqlite.backup(new sqlite.DatabaseSync(":memory:"), `${PLACE}/felhom-attempt-8`),
  "database by address": () =>
    new sqlite.DatabaseSync(new URL(`file://${PLACE}/felhom-attempt-9`)).close(),
  "fs.openAsBlob": () => fs.openAsBlob("/etc/passwd"),

  // The state and the control socket, which were open to it once.
  "reopen the database": () => new sqlite.DatabaseSync(`${STATE}/state.db`),
  "reopen the database to read": () =>
    new sqlite.DatabaseSync(`${STATE}/state.db`, { readOnly: true }),
  "make a second database": () => new sqlite.DatabaseSync(`${STATE}/other.db`),
  "Deno.readDir the state": async () => await Array.fromAsync(Deno.readDir(STATE)),
  "fs.readFileSync the state": () => fs.readFileSync(`${STATE}/state.db`),
  "Deno.writeTextFile into the state": () => Deno.writeTextFile(`${STATE}/x`, ""),
  "fs.writeFileSync into the state": () => fs.writeFileSync(`${STATE}/x`, ""),
  "Deno.remove the control socket": () => Deno.remove(CONTROL),
  "Deno.mkdir under the control socket": () => Deno.mkdir(`${CONTROL}/x`),
  "fs.writeFileSync under the control socket": () => fs.writeFileSync(`${CONTROL}/x`, ""),
  "fs.writeFileSync beside the control socket": () => fs.writeFileSync(`${CONTROL}2`, ""),
  "Deno.chmod the control socket": () => Deno.chmod(CONTROL, 0o666),

  // Network.
  "Deno.connect 127.0.0.1:85": () => Deno.connect({ hostname: "127.0.0.1", port: 85 }),
  "net.connect 127.0.0.1:85": () => event(net.connect(85, "127.0.0.1"), "connect"),
  "Deno.connect localhost": () => Deno.connect({ hostname: "localhost", port: 22 }),
  "Deno.connect ::1": () => Deno.connect({ hostname: "::1", port: 85 }),
  "Deno.connect abroad": () => Deno.connect({ hostname: "192.0.2.1", port: 443 }),
  "Deno.connectTls": () => Deno.connectTls({ hostname: "127.0.0.1", port: 8007 }),
  "tls.connect": () => event(tls.connect(8007, "127.0.0.1"), "secureConnect"),
  "http.get": () => event(http.get("http://127.0.0.1:85/"), "response"),
  "fetch": () => fetch("http://127.0.0.1:85/"),
  "Deno.QuicEndpoint": () => new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 }).close(),
  "a proxy on a socket": async () => {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: OTHER } });
    return await fetch("http://127.0.0.1:85/", { client });
  },
  "WebSocket": () => new WebSocket("ws://127.0.0.1:85/"),
  "Deno.connect abstract": () => Deno.connect({ transport: "unix", path: "\0felhom-attempt" }),
  "net.connect abstract": () => event(net.connect("\0felhom-attempt"), "connect"),
  "Deno.connect another socket": () => Deno.connect({ transport: "unix", path: OTHER }),
  "net.connect another socket": () => event(net.connect(OTHER), "connect"),
  "Deno.connect the control socket": () => Deno.connect({ transport: "unix", path: CONTROL }),
  "net.connect the control socket": () => event(net.connect(CONTROL), "connect"),
  "Deno.listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "Deno.listen on a socket": () => Deno.listen({ transport: "unix", path: `${OTHER}2` }).close(),
  "Deno.serve": () => Deno.serve({ port: 0, onListen() {} }, () => new Response()).shutdown(),
  "Deno.listenDatagram UDP": () =>
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }).close(),
  "Deno.resolveDns": () => Deno.resolveDns("localhost", "A"),
  "dns.lookup": () =>
    new Promise((resolve, reject) => dns.lookup("localhost", (e, a) => e ? reject(e) : resolve(a))),
  "datagram to another socket": async () => {
    const socket = Deno.listenDatagram({ transport: "unixpacket" });
    try {
      await socket.send(new Uint8Array(1), { transport: "unixpacket", path: OTHER });
    } finally {
      socket.close();
    }
  },
  "dgram.send": () =>
    new Promise((resolve, reject) => {
      const socket = dgram.createSocket("udp4");
      socket.on("error", reject);
      socket.send("x", 85, "127.0.0.1", (e) => {
        socket.close();
        if (e) reject(e);
        else resolve(undefined);
      });
    }),

  // Environment and system.
  "Deno.env.get": () => Deno.env.get("FELHOM_AGENT_PROXMOX_TOKEN"),
  "Deno.env.set": () => Deno.env.set("FELHOM_AGENT_X", "1"),
  "Deno.env.toObject": () => Deno.env.toObject(),
  "process.env": () => process.env["HOME"],
  "keys of process.env": () => Object.keys(process.env),
  "Deno.hostname": () => Deno.hostname(),
  "Deno.osRelease": () => Deno.osRelease(),
  "Deno.networkInterfaces": () => Deno.networkInterfaces(),
  "Deno.uid": () => Deno.uid(),
  "Deno.umask": () => Deno.umask(0),
  "Deno.loadavg": () => Deno.loadavg(),
  "os.hostname": () => os.hostname(),
  "os.userInfo": () => os.userInfo(),
  "os.networkInterfaces": () => os.networkInterfaces(),
  "process.setuid": () => process.setuid?.(0),
  "inspector.open": () => inspector.open(0),
  "inspector.Session": () => new inspector.Session().connect(),

  // Programs and libraries.
  "Deno.Command": () => new Deno.Command("/bin/true").output(),
  "child_process.spawnSync": () => {
    const { error } = child_process.spawnSync("/bin/true");
    if (error !== undefined) throw error;
  },
  "child_process.exec": () =>
    new Promise((resolve, reject) =>
      child_process.exec("true", (e, out) => e ? reject(e) : resolve(out))
    ),
  "child_process.fork": () => child_process.fork("/etc/felhom-agent/agent.json"),
  "cluster.fork": () => cluster.fork(),
  "Deno.kill another": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "process.kill another": () => process.kill(process.ppid, 0),
  "Deno.dlopen": () => Deno.dlopen("libc.so.6", {}),
  "process.dlopen": () => process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libc.so.6"),
  "load an SQLite extension": () =>
    new sqlite.DatabaseSync(":memory:", { allowExtension: true }).loadExtension("/nonexistent.so"),

  // Code from elsewhere.
  "import esm.sh": dynamicImport("https://esm.sh/left-pad"),
  "import jsr.io": dynamicImport("https://jsr.io/@std/assert/1.0.0/mod.ts"),
  "import deno.land": dynamicImport("https://deno.land/std/version.ts"),
  "import raw.githubusercontent.com": dynamicImport("https://raw.githubusercontent.com/a/b/c.ts"),
  "import 127.0.0.1": dynamicImport("http://127.0.0.1:9/x.js"),
  "import jsr:": dynamicImport("jsr:@std/assert"),
  "import a file": dynamicImport("file:///etc/felhom-agent/agent.json"),
  "import a file as text": () => importAsText("file:///etc/passwd"),
  "import a file as text, from a data: module": dynamicImport(
    `data:text/javascript,import x from "file:///etc/passwd" with {type: "text"}; export default x`,
  ),

  // What needs no right and is gone.
  "caches": () => absent("caches", Reflect.get(globalThis, "caches")),
  "caches by eval": () => absent("caches", vm.runInThisContext("globalThis.caches")),
  "CacheStorage": () => absent("CacheStorage", Reflect.get(globalThis, "CacheStorage")),
  "localStorage": () => absent("localStorage", Reflect.get(globalThis, "localStorage")),
  "sessionStorage": () => absent("sessionStorage", Reflect.get(globalThis, "sessionStorage")),
  "navigator.gpu": () => absent("navigator.gpu", Reflect.get(navigator, "gpu")),
  "GPU": () => absent("GPU", Reflect.get(globalThis, "GPU")),
  "OffscreenCanvas": () => absent("OffscreenCanvas", Reflect.get(globalThis, "OffscreenCanvas")),
  "operations of the runtime": () => absent("them", Object.getOwnPropertySymbols(Deno)[0]),
  "Worker": () => absent("Worker", Reflect.get(globalThis, "Worker")),
  "Worker of node": () => new worker_threads.Worker("0", { eval: true }),
  "Worker of node, constructed": () =>
    Reflect.construct(worker_threads.Worker, ["0", { eval: true }], Array),
  "Worker of node, derived": () =>
    new (class extends worker_threads.Worker {})("0", { eval: true }),
};

const HELPER = "/run/felhom-privileged/helper.sock";

/**
 * What the daemon could make of the one path it keeps. The runtime's grant is on everything below
 * it; that the folder belongs to root is what stops all but connecting.
 */
const AT_THE_HELPER: Attempts = {
  "Deno.connect": async () => (await Deno.connect({ transport: "unix", path: HELPER })).close(),
  "net.connect": () => {
    const socket = net.connect(HELPER);
    return event(socket, "connect").finally(() => socket.destroy());
  },
  "Deno.remove": () => Deno.remove(HELPER),
  "fs.unlinkSync": () => fs.unlinkSync(HELPER),
  "Deno.mkdir below": () => Deno.mkdir(`${HELPER}/x`),
  "Deno.writeTextFile below": () => Deno.writeTextFile(`${HELPER}/x`, ""),
  "fs.writeFileSync below": () => fs.writeFileSync(`${HELPER}/x`, ""),
  "Deno.writeTextFile": () => Deno.writeTextFile(HELPER, ""),
  "Deno.rename within": () => Deno.rename(HELPER, `${HELPER}/x`),
  "Deno.listen over it": () => Deno.listen({ transport: "unix", path: HELPER }).close(),
  "Deno.chmod": () => Deno.chmod(HELPER, 0o600),
  "Deno.readDir its folder": async () =>
    await Array.fromAsync(Deno.readDir("/run/felhom-privileged")),
  "Deno.mkdir beside it": () => Deno.mkdir(`${HELPER}2`),
};

/** What holds only where there is nothing to hold: asked for a right, the runtime gives none. */
export const ASKED_FOR: readonly Deno.PermissionDescriptor[] = [
  { name: "read" },
  { name: "read", path: STATE },
  { name: "write", path: "/tmp" },
  { name: "net" },
  { name: "net", host: "127.0.0.1:85" },
  { name: "env" },
  { name: "run" },
  { name: "sys" },
  { name: "ffi" },
  { name: "import" },
];

/** What became of an attempt: "denied", "done", or the failure as the runtime words it. */
export async function outcome(attempt: () => unknown): Promise<string> {
  // Some refusals are thrown from a later tick, where no handler of the attempt is asked.
  const uncaught = Promise.withResolvers<never>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.reject(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    uncaught.reject(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("no answer"), 15_000);
  });
  try {
    return await Promise.race([
      (async () => (await attempt(), "done"))(),
      uncaught.promise,
      late,
    ]);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "denied";
    const { name, message, code } = error instanceof Error
      ? { code: "", ...error, name: error.name, message: error.message }
      : { name: "", message: String(error), code: "" };
    if (/\bRequires \w+ access\b/.test(message)) return "denied";
    return `${name} ${code} ${message}`;
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}

/** Tries what can be tried at the helper's socket, and writes what became of it. */
export async function lookAtHelper(): Promise<void> {
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(AT_THE_HELPER)) {
    outcomes[name] = await outcome(attempt);
  }
  writeLine(`HELPER ${JSON.stringify(outcomes)}`);
}

/** Tries everything, one after the other, and writes what became of it as one line on stdout. */
export async function lookAround(isolate: string): Promise<void> {
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(FORBIDDEN)) outcomes[name] = await outcome(attempt);
  for (const descriptor of ASKED_FOR) {
    const { state } = Deno.permissions.requestSync(descriptor);
    outcomes[`ask for ${JSON.stringify(descriptor)}`] = state === "granted" ? "done" : "denied";
  }
  writeLine(`LOOKED ${JSON.stringify({ isolate, outcomes })}`);
}

/** Written by hand: a console may be replaced by whoever attacks. */
function writeLine(text: string): void {
  const line = new TextEncoder().encode(`${text}\n`);
  for (let sent = 0; sent < line.length;) sent += Deno.stdout.writeSync(line.subarray(sent));
}
