/**
 * Globals that reach out of the program, or that make a function's result depend on more than its
 * arguments. Each may be used only where {@linkcode REACH} says.
 */
export const GUARDED_GLOBALS: ReadonlySet<string> = new Set([
  // The runtime, and every other way to it.
  "Deno",
  "globalThis",
  "self",
  "window",
  "global",
  "process",
  "require",
  // Text that becomes code.
  "eval",
  "Function",
  "WebAssembly",
  "Worker",
  "SharedWorker",
  // The network.
  "fetch",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "BroadcastChannel",
  "navigator",
  // The disk and the terminal.
  "localStorage",
  "sessionStorage",
  "caches",
  "indexedDB",
  "console",
  "alert",
  "confirm",
  "prompt",
  // Time and chance.
  "performance",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "crypto",
]);

/** Globals that everyone may use, but for some of their members. */
export const GUARDED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  Math: ["random"],
  AbortSignal: ["timeout"],
};

/**
 * What a folder or file may use, and nothing more of it: `Deno.open` is that one function, `Deno`
 * all of it. What is not in the table may use nothing guarded.
 */
export const REACH: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["Deno.args", "Deno.exit"],
  "src/cli": [
    "Deno.consoleSize",
    "Deno.env",
    "Deno.errors",
    // Whether a watchdog of systemd's is meant for this process.
    "Deno.pid",
    "Deno.stderr",
    // Operators' files come in here: the binary can read them nowhere else.
    "Deno.stdin",
    "Deno.stdout",
    "Deno.version",
    // The nonce of a document.
    "crypto.getRandomValues",
  ],
  "src/cli/helper_link.ts": ["Deno.connect", "crypto.randomUUID"],
  // Where clock, chance and sockets are taken from the machine, to be passed on.
  "src/daemon": [
    "Deno.addSignalListener",
    "Deno.errors",
    "Deno.exit",
    "Deno.listenDatagram",
    "Deno.pid",
    "Deno.stderr",
    "Deno.stdout",
    "Math.random",
    "Worker",
    // The nonce of a document that waits for a signature.
    "crypto.getRandomValues",
    "crypto.randomUUID",
    "self.addEventListener",
  ],
  "src/daemon/wiring.ts": ["Deno.connect"],
  "src/control": [
    "Deno.chmodSync",
    "Deno.connect",
    "Deno.errors",
    "Deno.listen",
    "Deno.lstatSync",
    "Deno.removeSync",
    "crypto.randomUUID",
  ],
  // The lock, the reserve and the header are files; SQLite opens its own.
  "src/state": [
    "Deno.FsFile",
    "Deno.SeekMode",
    "Deno.errors",
    "Deno.lstatSync",
    "Deno.openSync",
    "Deno.pid",
  ],
  "src/config": ["Deno.env", "Deno.errors", "Deno.open", "Deno.stat"],
  // What it takes away; its probes are what try everything in vain afterwards.
  "src/fence": ["Deno.errors", "Deno.permissions", "globalThis", "navigator"],
  "src/fence/probes": ["Deno", "fetch"],
  "src/clock.ts": ["Date.now", "performance.now", "setTimeout", "clearTimeout"],
  "src/build": [
    "Deno.Command",
    "Deno.exit",
    "Deno.mkdir",
    "Deno.readDir",
    "Deno.readTextFile",
    "Deno.remove",
    "Deno.rename",
    "Deno.writeTextFile",
    "Deno.stderr",
  ],
  "privileged/main.ts": ["Deno.args", "Deno.exit", "Deno.stderr", "Deno.stdin", "Deno.stdout"],
  "privileged/run_program.ts": ["Deno.Command", "Deno.errors"],
  "privileged/disarm.ts": ["globalThis", "navigator"],
  "privileged/time.ts": ["performance.now", "setTimeout", "clearTimeout"],
};
