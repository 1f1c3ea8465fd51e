import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";
import type { Attempt } from "../probe.ts";
import { remains, type Removal } from "../removals.ts";

/** A path where nothing is: a probe that gets through finds nothing to run. */
const NOTHING = "/nonexistent/felhom-probe";

export const READING_ENVIRONMENT: readonly Attempt[] = [
  { name: "environment", via: "Deno", attempt: () => Deno.env.get("FELHOM_AGENT_PROBE") },
  { name: "environment", via: "node", attempt: () => process.env["FELHOM_AGENT_PROBE"] },
  { name: "whole environment", via: "Deno", attempt: () => Deno.env.toObject() },
];

export const RUNNING: readonly Attempt[] = [
  { name: "run a program", via: "Deno", attempt: () => new Deno.Command(NOTHING).outputSync() },
  {
    name: "run a program",
    via: "node",
    attempt: () => {
      const { error } = spawnSync(NOTHING);
      if (error !== undefined) throw error;
    },
  },
  { name: "signal another process", via: "Deno", attempt: () => Deno.kill(Deno.ppid, "SIGCONT") },
  { name: "signal another process", via: "node", attempt: () => process.kill(process.ppid, 0) },
];

export const ASKING_SYSTEM: readonly Attempt[] = [
  { name: "host name", via: "Deno", attempt: () => Deno.hostname() },
  { name: "host name", via: "node", attempt: () => hostname() },
];

export const LOADING: readonly Attempt[] = [
  { name: "load a library", via: "Deno", attempt: () => Deno.dlopen(`${NOTHING}.so`, {}) },
  {
    name: "load an addon",
    via: "node",
    attempt: () => process.dlopen({ exports: {} }, `${NOTHING}.node`),
  },
];

export const IMPORTING: readonly Attempt[] = [
  "https://esm.sh/felhom-probe",
  "https://jsr.io/felhom-probe.js",
  "http://127.0.0.1:9/felhom-probe.js",
  `file://${NOTHING}.js`,
].map((specifier): Attempt => ({
  name: `import ${specifier}`,
  via: "web",
  // A literal would be loaded with the program, before the seal.
  attempt: () => import(specifier),
}));

/** Attempts to load a file of node's own kind; the right it takes is the one to read. */
export const REQUIRING: readonly Attempt[] = [{
  name: "require a file",
  via: "node",
  attempt: () => createRequire("file:///felhom-probe.js")(`${NOTHING}.cjs`),
}];

/** Attempts to start an isolate, in which everything that was deleted would be back. */
export const STARTING_ISOLATES: readonly Attempt[] = [
  {
    name: "start a Worker",
    via: "node",
    attempt: () => new NodeWorker("", { eval: true }).terminate(),
  },
];

/** One probe for each thing that was taken away. */
export function using(removals: readonly Removal[]): Attempt[] {
  return removals.map((removal) => ({
    name: removal.name,
    via: "web",
    attempt: () => {
      if (!remains(removal)) throw new Deno.errors.NotCapable("It is deleted");
    },
  }));
}
