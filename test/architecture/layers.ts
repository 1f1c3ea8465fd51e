/** What a folder of the product may import, itself apart. */
export interface Layer {
  /** Folders of the product, or single files of them. */
  readonly imports: readonly string[];
  /** Packages of the import map, as `npm:zod`, and modules of the runtime, as `node:tls`. */
  readonly packages: readonly string[];
}

/** Where a file is allowed to come in only through the named ones. */
export interface Gateway {
  readonly files: RegExp;
  /** Files, or folders with a slash at the end. */
  readonly importers: readonly string[];
  readonly reason: string;
}

/** The rules that {@linkcode violations} holds a module graph to. */
export interface Architecture {
  /**
   * Keyed by folder: `src/log`, `privileged`; or by file, for what stands in no folder. A folder
   * inside another that has a key of its own is a layer of its own.
   */
  readonly layers: Readonly<Record<string, Layer>>;
  readonly gateways: readonly Gateway[];
}

const ERRORS = ["src/errors.ts"];
const GROUND = ["src/config", "src/log", "src/errors.ts", "src/clock.ts", "src/version.ts"];
const GATED = ["src/gate", "src/authz", "src/action"];
const BESIDE = ["src/state", "src/proxmox", "src/helper"];
/** What the probes of the fence try to get out with. */
const PROBED = [
  "node:child_process",
  "node:dgram",
  "node:dns",
  "node:fs",
  "node:module",
  "node:net",
  "node:os",
  "node:process",
  "node:sqlite",
  "node:worker_threads",
];
const BELOW_DAEMON = ["src/reconcile", ...GATED, ...BESIDE, "src/fence", ...GROUND];

/**
 * The layers, top down. A folder imports what stands below it and nothing else; a folder that is
 * not in the table may not be there.
 */
export const ARCHITECTURE: Architecture = {
  layers: {
    "main.ts": { imports: ["src/cli"], packages: [] },
    "src/cli": {
      imports: ["src/daemon", "src/control", "src/selftest", ...BELOW_DAEMON],
      packages: ["npm:@std/cli/parse-args"],
    },
    "src/daemon": {
      imports: ["src/control", "src/selftest", ...BELOW_DAEMON],
      // For how much the disk has left: nothing of Deno's own says so.
      packages: ["npm:zod", "node:fs"],
    },
    "src/control": { imports: BELOW_DAEMON, packages: ["npm:zod"] },
    "src/selftest": { imports: BELOW_DAEMON, packages: ["npm:zod"] },
    "src/reconcile": { imports: [...GATED, ...BESIDE, ...GROUND], packages: ["npm:zod"] },

    // Beside each other: none of the three knows of another. A mutation takes a permit of the gate.
    "src/state": {
      imports: [...GATED, ...GROUND],
      // For the audit chain's hash: Web Crypto's is asynchronous, and a transaction cannot wait.
      packages: ["npm:zod", "node:sqlite", "node:crypto"],
    },
    "src/proxmox": {
      imports: [...GATED, ...GROUND],
      packages: ["npm:zod", "node:https", "node:tls", "node:net"],
    },
    "src/helper": {
      imports: ["privileged/protocol.ts", ...GATED, ...GROUND],
      packages: ["npm:zod"],
    },

    // Digests: of a guest's identity, and of a wish that waits.
    "src/gate": { imports: ["src/authz", "src/action", ...GROUND], packages: ["node:crypto"] },
    "src/authz": {
      imports: ["src/authz/ssh/ml_dsa.ts", "src/action", ...GROUND],
      // Not sshpk, which can sign.
      packages: ["npm:zod", "node:crypto"],
    },
    // It could sign too, so it is let in here and nowhere else (see only_verifies_test.ts).
    "src/authz/ssh/ml_dsa.ts": {
      imports: ERRORS,
      packages: ["npm:@noble/post-quantum/ml-dsa.js"],
    },
    "src/action": { imports: GROUND, packages: ["npm:zod"] },

    "src/fence": {
      imports: ["src/fence/probes", ...GROUND],
      // What is taken away of them.
      packages: ["node:worker_threads", "node:sqlite"],
    },
    "src/fence/probes": {
      imports: [
        "src/fence/daemon_rights.ts",
        "src/fence/off_limits.ts",
        "src/fence/probe.ts",
        "src/fence/removals.ts",
        "src/fence/rights.ts",
      ],
      packages: PROBED,
    },
    "src/log": { imports: ["src/config/secret.ts", "src/errors.ts", "src/clock.ts"], packages: [] },
    "src/config": {
      imports: ["src/log/printable.ts", "src/clock.ts", ...ERRORS],
      packages: ["npm:zod", "node:crypto"],
    },
    "src/errors.ts": { imports: [], packages: [] },
    "src/clock.ts": { imports: [], packages: [] },
    "src/version.ts": { imports: [], packages: [] },

    "src/build": { imports: [], packages: [] },
    "privileged": { imports: [], packages: ["npm:zod"] },
  },
  gateways: [
    {
      files: /^src\/(?:proxmox|helper)\/mutations(?:\.ts$|\/)/,
      importers: ["src/daemon/wiring.ts"],
      reason: "every mutation passes the gate, and only the wiring sees both halves of a client",
    },
    {
      files: /^src\/proxmox\/transport\.ts$/,
      importers: ["src/proxmox/"],
      reason: "beside what reads it exports what sends mutations, which mod.ts does not hand on",
    },
    {
      files: /^src\/authz\/ssh\/ml_dsa\.ts$/,
      importers: ["src/authz/ssh/load_verifiers.ts", "src/authz/ssh/mldsa44_ed25519.ts"],
      reason: "its package could sign, and verifying alone passes through",
    },
    {
      files: /^src\/gate\/mint\.ts$/,
      importers: ["src/gate/gate.ts"],
      reason: "permits are minted in the gate only",
    },
  ],
};
