import { assertEquals } from "@std/assert";
import plugin from "./lint_plugin.ts";
import { ARCHITECTURE } from "./layers.ts";
import { REACH } from "./lint/reach.ts";

interface Case {
  readonly name: string;
  /** Where the source would stand. */
  readonly file: string;
  readonly source: string;
  /** What is reported: `rule: the reported text`, in the order of the file. */
  readonly expected: readonly string[];
}

function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source)
    .toSorted((a, b) => a.range[0] - b.range[0])
    .map(({ id, range }) => `${id.replace("felhom/", "")}: ${source.slice(...range)}`);
}

const LOG = "src/log/line.ts";
const FENCE = "src/fence/seal.ts";
const CLOCK = "src/clock.ts";
const TEST = "test/log/line_test.ts";

const REACH_CASES: readonly Case[] = [
  {
    name: "A folder that may not touch the runtime does not",
    file: LOG,
    source: "Deno.exit(1);",
    expected: ["no-reach: Deno.exit"],
  },
  {
    name: "A folder that may touch it does",
    file: FENCE,
    source: "Deno.permissions.revokeSync({ name: 'env' }); delete globalThis.caches;",
    expected: [],
  },
  {
    name: "Tests may touch what they like",
    file: TEST,
    source: "Deno.exit(1); const D = Deno; console.log(Date.now(), D, globalThis);",
    expected: [],
  },
  {
    name: "An alias of the runtime is found where it is made",
    file: LOG,
    source: "const D = Deno; D.exit(1);",
    expected: ["no-reach: Deno"],
  },
  {
    name: "An alias is refused even where the runtime is allowed",
    file: FENCE,
    source: "const D = Deno; const { exit } = Deno; const o = { Deno }; f(Deno); Deno[name]();",
    expected: [
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
    ],
  },
  {
    name: "An alias is refused where all of the runtime is allowed, too",
    file: "src/fence/probes/files.ts",
    source: "const D = Deno; Deno.openSync('x'); const { exit } = Deno;",
    expected: ["no-reach: Deno", "no-reach: Deno"],
  },
  {
    name: "A folder that may use one function of the runtime may use no other",
    file: "src/state/lock.ts",
    source: "Deno.openSync('x'); Deno.removeSync('x'); Deno['removeSync']('x');",
    expected: ["no-reach: Deno.removeSync", "no-reach: Deno['removeSync']"],
  },
  {
    name: "Destructuring the global object is found",
    file: LOG,
    source: "const { Deno: D } = globalThis;",
    expected: ["no-reach: globalThis"],
  },
  {
    name: "A name put together at run time is found at the global object",
    file: LOG,
    source:
      'globalThis["De" + "no"].exit(1); self["Deno"]; window.Deno; Reflect.get(globalThis, k);',
    expected: [
      "no-reach: globalThis",
      'no-reach: self["Deno"]',
      "no-reach: window.Deno",
      "no-reach: globalThis",
    ],
  },
  {
    name: "The runtime as a default, a shorthand, an argument, a template or an export is found",
    file: LOG,
    source: "function f(d = Deno) {} f({ Deno }); f(Deno); `${Deno}`; export { Deno };",
    expected: [
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
      "no-reach: Deno",
    ],
  },
  {
    name: "Optional chains, casts and parentheses do not hide it",
    file: LOG,
    source: "Deno?.exit(1); (Deno).exit(1); Deno!.exit(1); // why",
    expected: ["no-reach: Deno?.exit", "no-reach: (Deno).exit", "no-reach: Deno"],
  },
  {
    name: "Types of the runtime are no reach",
    file: LOG,
    source: "type A = typeof Deno; type B = Deno.NetAddr; interface C extends Deno.Conn {}\n" +
      "class K implements Deno.Reader {} let x: Deno.Conn | undefined; f<Deno.Conn>();",
    expected: [],
  },
  {
    name: "Names of properties are no reach",
    file: LOG,
    source:
      "const o = { Deno: 1, process: 2, fetch() {} }; o.Deno; o.process; class K { self = 1 }\n" +
      "interface I { fetch(): void; console: string }",
    expected: [],
  },
  {
    name: "What is passed in may carry the name of a global",
    file: LOG,
    source:
      "function f(fetch: () => void, { process }: P, ...[self]: S) { fetch(); process(); self(); }\n" +
      "for (const caches of list) caches(); try {} catch (prompt) { prompt(); }\n" +
      'import { crypto } from "./x.ts"; crypto.random();',
    expected: [],
  },
  {
    name: "A name that is declared elsewhere in the file does not hide the global",
    file: LOG,
    source:
      "function f(fetch: () => void) { fetch(); } fetch('x'); { const console = 1; console; } console;",
    expected: ["no-reach: fetch", "no-reach: console"],
  },
  {
    name: "The present time comes from the clock that was passed in",
    file: LOG,
    source:
      "Date.now(); new Date(); Date(); performance.now(); setTimeout(f, 1); setInterval(f, 1);\n" +
      "AbortSignal.timeout(5); Math.random(); crypto.randomUUID();",
    expected: [
      "no-reach: Date.now",
      "no-reach: Date",
      "no-reach: Date",
      "no-reach: performance.now",
      "no-reach: setTimeout",
      "no-reach: setInterval",
      "no-reach: AbortSignal.timeout",
      "no-reach: Math.random",
      "no-reach: crypto.randomUUID",
    ],
  },
  {
    name: "Dates that are computed are no reach",
    file: LOG,
    source:
      "new Date(0).toISOString(); Date.parse(text); x instanceof Date; Math.max(1, 2); let d: Date;\n" +
      "AbortSignal.any([a, b]); x instanceof AbortSignal;",
    expected: [],
  },
  {
    name: "Another name for the time is found",
    file: LOG,
    source: "const { now } = Date; const M = Math; Date['now'](); Math[name](); f(Date);",
    expected: [
      "no-reach: Date",
      "no-reach: Math",
      "no-reach: Date['now']",
      "no-reach: Math",
      "no-reach: Date",
    ],
  },
  {
    name: "The clock may ask for the time, and for nothing else",
    file: CLOCK,
    source: "Date.now(); performance.now(); setTimeout(f, 1); setInterval(f, 1); Deno.pid;",
    expected: ["no-reach: setInterval", "no-reach: Deno.pid"],
  },
  {
    name: "Network, disk and terminal are out of reach",
    file: "src/proxmox/reads.ts",
    source:
      "fetch(u); new WebSocket(u); caches.open('x'); localStorage.x = 1; navigator.gpu; console.log(1);\n" +
      "process.exit(); prompt('?'); new Worker(u); const send = fetch;",
    expected: [
      "no-reach: fetch",
      "no-reach: WebSocket",
      "no-reach: caches.open",
      "no-reach: localStorage.x",
      "no-reach: navigator.gpu",
      "no-reach: console.log",
      "no-reach: process.exit",
      "no-reach: prompt",
      "no-reach: Worker",
      "no-reach: fetch",
    ],
  },
  {
    name: "Only the daemon's folder starts a Worker",
    file: "src/daemon/worker_start.ts",
    source: "new Worker(u); const W = WebSocket;",
    expected: ["no-reach: WebSocket"],
  },
  {
    name: "Text does not become code",
    file: LOG,
    source: "eval('1'); (0, eval)('1'); new Function('1'); Function('1'); const F = Function;\n" +
      "(() => {}).constructor('1'); x['constructor'];",
    expected: [
      "no-reach: eval",
      "no-reach: eval",
      "no-reach: Function",
      "no-reach: Function",
      "no-reach: Function",
      "no-code-from-text: (() => {}).constructor",
      "no-code-from-text: x['constructor']",
    ],
  },
  {
    name: "A class may have a constructor",
    file: LOG,
    source: "class K { constructor() {} } interface I { constructor: number } new K();",
    expected: [],
  },
];

const IMPORT_CASES: readonly Case[] = [
  {
    name: "A module of the runtime is imported where its layer allows it",
    file: "src/proxmox/transport.ts",
    source:
      'import "node:tls"; import { z } from "zod"; import "./pool.ts"; await import("../x.ts");',
    expected: [],
  },
  {
    name: "A module of the runtime is refused elsewhere, however it comes in",
    file: LOG,
    source: 'import fs from "node:fs"; import type { X } from "node:fs"; import "node:vm";\n' +
      'export { readFileSync } from "node:fs"; export * from "node:fs"; await import("node:fs");',
    expected: [
      'no-hidden-import: "node:fs"',
      'no-hidden-import: "node:fs"',
      'no-hidden-import: "node:vm"',
      'no-hidden-import: "node:fs"',
      'no-hidden-import: "node:fs"',
      'no-hidden-import: "node:fs"',
    ],
  },
  {
    name: "Modules made of text, from a network or round the import map are refused",
    file: LOG,
    source:
      'await import("data:text/javascript,1"); await import("blob:x"); import "https://esm.sh/x";\n' +
      'import "npm:zod@4"; import "jsr:@std/assert"; import "file:///etc/x.ts";',
    expected: [
      'no-hidden-import: "data:text/javascript,1"',
      'no-hidden-import: "blob:x"',
      'no-hidden-import: "https://esm.sh/x"',
      'no-hidden-import: "npm:zod@4"',
      'no-hidden-import: "jsr:@std/assert"',
      'no-hidden-import: "file:///etc/x.ts"',
    ],
  },
  {
    name: "The probes of the fence import in vain what is not written down, and nothing else does",
    file: "src/fence/probes/code.ts",
    source: 'await import(name); await import("https://esm.sh/x");',
    expected: ['no-hidden-import: "https://esm.sh/x"'],
  },
  {
    name: "An import whose module is not written down is refused",
    file: LOG,
    source: 'await import(name); await import(`./${name}.ts`); await import("./a" + ".ts");',
    expected: [
      "no-hidden-import: name",
      "no-hidden-import: `./${name}.ts`",
      'no-hidden-import: "./a" + ".ts"',
    ],
  },
];

const SILENCING_CASES: readonly Case[] = [
  {
    name: "A cast through unknown or to any is refused everywhere, reason or not",
    file: TEST,
    source: "x as unknown as T; // because\nx as any; <any> x; (x as never) as T;",
    expected: [
      "no-silencing: x as unknown as T",
      "no-silencing: x as any",
      "no-silencing: <any> x",
      "no-silencing: (x as never) as T",
    ],
  },
  {
    name: "A cast in the product needs a reason beside it",
    file: LOG,
    source:
      "x as T;\n\ny as U; // The row was written by us.\n// Read from a column of that type.\nz as V;",
    expected: ["no-silencing: x as T"],
  },
  {
    name: "A directive is no reason, nor is a comment two lines off",
    file: LOG,
    source: "// Far away.\n\nx as T;\n// deno-lint-ignore some-rule\ny as T;",
    expected: ["no-silencing: x as T", "no-silencing: y as T"],
  },
  {
    name: "What claims nothing needs no reason",
    file: LOG,
    source: "const a = [1] as const; const b = {} satisfies T; import { x as y } from './x.ts';",
    expected: [],
  },
  {
    name: "A `!` needs a reason, in tests too",
    file: TEST,
    source: "a!.b;\n\n// The map was filled above.\nc!.d;\ne !== f; !g;",
    expected: ["no-silencing: a!"],
  },
];

const OTHER_CASES: readonly Case[] = [
  {
    name: "What is exported to be called says what it does",
    file: LOG,
    source: "export function a() {}\n\nexport const b = () => 1;\n\nexport class C {}\n" +
      "export default function () {}",
    expected: [
      "documented-exports: export function a() {}",
      "documented-exports: export const b = () => 1;",
      "documented-exports: export class C {}",
      "documented-exports: export default function () {}",
    ],
  },
  {
    name: "A comment that is no docstring, or is another's, does not count",
    file: LOG,
    source: "/* Adds. */\nexport function a() {}\n/** Of x. */\nconst x = 1;\nexport class C {}",
    expected: [
      "documented-exports: export function a() {}",
      "documented-exports: export class C {}",
    ],
  },
  {
    name: "What says what it does, is not exported or is not called needs nothing",
    file: LOG,
    source: "/** Adds. */\nexport function a() {}\n/** Sums. */\nexport async function b() {}\n" +
      "function c() {}\nexport const d = 1;\nexport type T = 1;\nexport { c };",
    expected: [],
  },
  {
    name: "A permit is made in the gate only, under whatever name",
    file: "src/reconcile/engine.ts",
    source:
      'import { Permit as P } from "../gate/mod.ts"; import { Permit } from "../gate/mod.ts";\n' +
      "new Permit(a); new gate.Permit(a); const Q = Permit; const R = gate.Permit; f(Permit);\n" +
      "class S extends Permit {}",
    expected: [
      "permits: Permit as P",
      "permits: Permit",
      "permits: gate.Permit",
      "permits: Permit",
      "permits: gate.Permit",
      "permits: Permit",
      "permits: Permit",
    ],
  },
  {
    name: "A permit is taken, looked at and handed on anywhere",
    file: "src/proxmox/mutations.ts",
    source: 'import { Permit } from "../gate/mod.ts"; export { Permit } from "../gate/mod.ts";\n' +
      "const f = (permit: Permit) => permit instanceof Permit && use(permit);",
    expected: [],
  },
  {
    name: "The gate's folder declares the class, and makes none outside of the gate's own file",
    file: "src/gate/permit.ts",
    source:
      "/** Lets one action through. */\nexport class Permit {}\nexport { Permit as default };\n" +
      "new Permit(a);",
    expected: ["permits: Permit"],
  },
  {
    name: "The gate makes permits",
    file: "src/gate/gate.ts",
    source: "new Permit(a);",
    expected: [],
  },
  {
    name: "What sends a mutation is named by the mutation client only",
    file: "src/proxmox/mod.ts",
    source: 'import { send } from "./transport.ts"; import { send as s } from "./transport.ts";\n' +
      'import * as t from "./transport.ts"; export { send } from "./transport.ts";\n' +
      'export * from "./transport.ts"; export { send as Transport } from "./transport.ts";\n' +
      'await import("./transport.ts");',
    expected: [
      "gated: send",
      "gated: send as s",
      "gated: * as t",
      "gated: send",
      'gated: export * from "./transport.ts";',
      "gated: send as Transport",
      'gated: import("./transport.ts")',
    ],
  },
  {
    name: "The rest of the transport is for its whole folder, and sending for the mutation client",
    file: "src/proxmox/mutations.ts",
    source: 'import { send } from "./transport.ts"; import { Transport } from "./transport.ts";',
    expected: [],
  },
  {
    name: "The wiring hands no mutation client on",
    file: "src/daemon/wiring.ts",
    source:
      'export * from "../proxmox/mutations.ts"; export { x } from "../proxmox/mutations.ts";\n' +
      'import { m } from "../proxmox/mutations.ts"; export { m };\n/** Wires. */\nexport function wire() {}',
    expected: [
      'gated: export * from "../proxmox/mutations.ts";',
      'gated: export { x } from "../proxmox/mutations.ts";',
      "gated: export { m };",
    ],
  },
];

for (
  const { name, file, source, expected } of [
    ...REACH_CASES,
    ...IMPORT_CASES,
    ...SILENCING_CASES,
    ...OTHER_CASES,
  ]
) {
  Deno.test(`Lint: ${name}`, () => assertEquals(lint(file, source), expected));
}

for (
  const [file, ok] of Object.entries({
    "src/log/log_utils.ts": false,
    "src/helpers/mount.ts": false,
    "src/helper/reads.ts": true,
    "test/common/x_test.ts": false,
    "src/daemon/worker_manager.ts": false,
    "src/log/jsonLine.ts": false,
    "src/log/json-line.ts": false,
    "src/log/json_line.ts": true,
    "test/log/json_line_test.ts": true,
    "src/std.d.ts": true,
    "main.ts": true,
  })
) {
  Deno.test(`Lint: ${ok ? "Allowed" : "Refused"} is the name ${file}`, () => {
    assertEquals(lint(file, "").length === 0, ok);
  });
}

Deno.test("Lint: the table of who may reach out names only places of the architecture", () => {
  const places = Object.keys(ARCHITECTURE.layers);
  const known = (place: string) =>
    places.some((layer) => place === layer || place.startsWith(`${layer}/`));
  assertEquals(Object.keys(REACH).filter((place) => !known(place)), []);
});

Deno.test("Lint: a finding says where and what to do", () => {
  const [found] = Deno.lint.runPlugin(plugin, LOG, "Deno.exit(1);");
  assertEquals(found?.message, "`Deno.exit` may not be used in src/log/line.ts.");
  assertEquals(found?.hint?.includes("test/architecture/lint/reach.ts"), true);
});
