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

/** What a folder or file may use; a name allows its members too: `Deno` allows `Deno.listen`. */
export const REACH: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["Deno"],
  "src/cli": ["Deno"],
  "src/daemon": ["Deno", "Worker", "self", "crypto", "Math.random"],
  "src/control": ["Deno", "crypto"],
  "src/state": ["Deno"],
  // What it takes away, and what it tries in vain afterwards.
  "src/fence": ["Deno", "globalThis", "navigator", "fetch"],
  "src/config": ["Deno"],
  "src/build": ["Deno"],
  "src/clock.ts": ["Date.now", "performance.now", "setTimeout", "clearTimeout"],
  "privileged": ["Deno"],
};
