/**
 * The agent can only verify: nothing that is reachable from an entry of the product can sign an
 * operation. Shown twice, on the modules as they import each other and on the text that is shipped,
 * because each sees what the other does not.
 */
import { assert, assertEquals } from "@std/assert";
import { bundleAgent } from "../../src/build/bundle.ts";
import { bundlePrivileged } from "../../src/build/bundle_privileged.ts";
import { type ModuleGraph, productFiles, readModuleGraph } from "../architecture/module_graph.ts";
import { repositoryRoot } from "../support/repository.ts";

/** What of the runtime's cryptography the product may name: nothing of it takes a private key. */
const HARMLESS = [
  "createHash",
  "createPublicKey",
  "KeyObject",
  "timingSafeEqual",
  "verify",
  "X509Certificate",
];

/** The one package that could sign, and the one module of the product that imports it. */
const SIGNS = "npm:@noble/post-quantum/ml-dsa.js";
const ITS_MODULE = "src/authz/ssh/ml_dsa.ts";

/** Modules that run other programs, `ssh-keygen` among them, or load code that was not here. */
const WAYS_OUT = ["node:child_process", "node:worker_threads", "node:module", "node:vm"];

/** Whoever imports one of these does so to see that it fails. */
const PROBES = /^src\/fence\//;

/** What signs, or makes a key to sign with, wherever it stands in a program. */
const SIGNING =
  /\b(?:createSign|createPrivateKey|generateKeyPair(?:Sync)?|generateKeySync|createHmac|createECDH|createDiffieHellman|diffieHellman)\b|\bsubtle\b|\.sign\s*\(|\[\s*["'`]sign["'`]\s*\]|PRIVATE KEY-----/g;

const files = await productFiles(repositoryRoot);
const graph = await readModuleGraph(repositoryRoot, files);
const ENTRIES = ["main.ts", "src/daemon/worker.ts", "privileged/main.ts"];

function reachable(graph: ModuleGraph, entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { to } of graph.get(file) ?? []) visit(to);
  };
  entries.forEach(visit);
  return seen;
}

const REACHED = reachable(graph, ENTRIES);

/** The names that a source takes from a module; `*` for all of them. */
function namesFrom(source: string, module: string): string[] {
  const imports = new RegExp(
    `(?:import|export)\\s+(?:type\\s+)?([^;"']*?)\\s*from\\s*["']${module}["']`,
    "g",
  );
  const named = [...source.matchAll(imports)].flatMap(([, clause = ""]) => {
    const [, list] = /^\{([^}]*)\}$/s.exec(clause.trim()) ?? [];
    if (list === undefined) return ["*"];
    return list.split(",").map((name) =>
      name.trim().replace(/^type\s+/, "").replace(/\s+as\s.*$/s, "")
    )
      .filter((name) => name !== "");
  });
  const others = source.match(
    new RegExp(
      `import\\s*\\(\\s*["']${module}["']|import\\s*["']${module}["']|require\\(\\s*["']${module}["']`,
      "g",
    ),
  ) ?? [];
  return [...named, ...others.map(() => "*")];
}

/** A bundle without the modules of the package that could sign; the bundler writes where each begins. */
function withoutPackage(bundle: string): string {
  return bundle.split(/^(?=\/\/ \S+\.(?:js|mjs|ts)$)/m)
    .filter((module) => !/^\/\/ \S*\/@noble\//.test(module))
    .join("");
}

Deno.test("The entries of the product are there, and verification is reached from the command line", () => {
  assertEquals(ENTRIES.filter((entry) => !files.includes(entry)), []);
  assert(REACHED.has("src/authz/ssh/verify_sshsig.ts"));
});

Deno.test("What reads names of a module sees every form of an import", () => {
  const forms = {
    'import { createHash, sign as s } from "node:crypto";': ["createHash", "sign"],
    'import * as crypto from "node:crypto";': ["*"],
    'import crypto from "node:crypto";': ["*"],
    'export { sign } from "node:crypto";': ["sign"],
    'export * from "node:crypto";': ["*"],
    'const c = await import("node:crypto");': ["*"],
    'import { type KeyObject } from "node:crypto";': ["KeyObject"],
  };
  for (const [source, names] of Object.entries(forms)) {
    assertEquals(namesFrom(source, "node:crypto"), names, source);
  }
});

Deno.test("No module of the product takes anything from the runtime that signs or makes keys", async () => {
  const found: string[] = [];
  let looked = 0;
  for (const file of REACHED) {
    if (!graph.has(file)) continue;
    const source = await Deno.readTextFile(new URL(file, repositoryRoot));
    for (const name of namesFrom(source, "node:crypto")) {
      looked++;
      if (!HARMLESS.includes(name)) found.push(`${file} takes ${name} from node:crypto`);
    }
  }
  assert(looked > 3);
  assertEquals(found, []);
});

Deno.test("No package that signs is reached, and no way to another program but the helper's own", () => {
  const packages = [...REACHED].filter((target) => target.startsWith("npm:"));
  assertEquals(packages.toSorted(), [SIGNS, "npm:@std/cli/parse-args", "npm:zod"]);
  const ways = [...graph].flatMap(([file, imports]) =>
    REACHED.has(file) && !PROBES.test(file)
      ? imports.filter(({ to }) => WAYS_OUT.includes(to)).map(({ to }) => `${file} imports ${to}`)
      : []
  );
  assertEquals(ways, []);
});

Deno.test("The package that could sign is imported once, when it is needed, for verifying alone", async () => {
  const importers = [...graph].flatMap(([file, imports]) =>
    imports.filter(({ to }) => to.includes("noble")).map(({ to }) => `${file} imports ${to}`)
  );
  assertEquals(importers, [`${ITS_MODULE} imports ${SIGNS}`]);
  const { imports }: { readonly imports: Readonly<Record<string, string>> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", repositoryRoot)),
  );
  // No other module of the package has a name to be imported by.
  assertEquals(Object.entries(imports).filter(([name, to]) => /noble/.test(name + to)), [
    [SIGNS.slice(4), "npm:@noble/post-quantum@0.7.1/ml-dsa.js"],
  ]);
  const source = await Deno.readTextFile(new URL(ITS_MODULE, repositoryRoot));
  const code = source.replaceAll(/\/\*.*?\*\/|\/\/.*/gs, "");
  assertEquals(code.match(/noble/g)?.length, 1);
  // Of the package's only object that is taken, `verify` is all that is read.
  assertEquals(code.match(/\bimport\s*\(.*?\)/gs), [`import("${SIGNS.slice(4)}")`]);
  assertEquals(code.match(/.*ml_dsa44.*/g)?.map((line) => line.trim()), [
    `const { ml_dsa44 } = await import("${SIGNS.slice(4)}");`,
    "verify = ml_dsa44.verify;",
  ]);
  const exported = await import(new URL(ITS_MODULE, repositoryRoot).href);
  assertEquals(Object.keys(exported).toSorted(), ["ML_DSA_44", "loadMlDsa", "verifyMlDsa"]);
});

Deno.test("No source names what signs", async () => {
  const found: string[] = [];
  for (const file of REACHED) {
    if (!graph.has(file)) continue;
    const source = await Deno.readTextFile(new URL(file, repositoryRoot));
    found.push(...[...source.matchAll(SIGNING)].map(([text]) => `${file}: ${text}`));
  }
  assertEquals(found, []);
});

Deno.test("Nothing in the text of the shipped programs signs, the daemon's included", async () => {
  const folder = await Deno.makeTempDir({ prefix: "felhom-only-verifies-" });
  try {
    await bundleAgent({ output: folder });
    await bundlePrivileged(folder);
    const found: string[] = [];
    const looked: string[] = [];
    let verifies = 0;
    let cut = 0;
    const taken: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      looked.push(name);
      // The daemon is inside as a literal.
      const whole = (await Deno.readTextFile(`${folder}/${name}`))
        .replaceAll('\\"', '"').replaceAll("\\n", "\n");
      const text = withoutPackage(whole);
      if (text !== whole) cut++;
      taken.push(...[...text.matchAll(/\bml_dsa44\w*\.\w+/g)].map(([what]) => what));
      found.push(...[...text.matchAll(SIGNING)].map(([what]) => `${name}: ${what}`));
      for (const one of namesFrom(text, "node:crypto")) {
        if (!HARMLESS.includes(one)) found.push(`${name} takes ${one} from node:crypto`);
      }
      if (text.includes("SSHSIG")) verifies++;
    }
    assertEquals(found, []);
    assert(looked.includes("felhom-agent.js") && looked.includes("felhom-privileged.js"));
    assert(verifies > 0);
    // Once beside the command line, once inside the daemon; of neither more than this is taken.
    assertEquals(cut, 2);
    assertEquals(taken.map((what) => what.replace(/^ml_dsa44\w*/, "")), [".verify", ".verify"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
