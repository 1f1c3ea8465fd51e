import { assertEquals } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { ARCHITECTURE } from "./layers.ts";
import { productFiles, readModuleGraph } from "./module_graph.ts";
import { violations } from "./violations.ts";

/** The violations in a repository that consists of `files`, as `deno info` sees it. */
async function violationsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "felhom-architecture-" }));
  try {
    for (const name of ["deno.json", "deno.lock", "src/std.d.ts"]) {
      await place(folder, name, await Deno.readTextFile(new URL(name, repositoryRoot)));
    }
    await place(folder, "main.ts", "export {};\n");
    for (const [name, text] of Object.entries(files)) await place(folder, name, text);
    const root = new URL(`file://${folder}/`);
    return violations(await readModuleGraph(root, await productFiles(root)), ARCHITECTURE);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function place(folder: string, name: string, text: string): Promise<void> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** What imports can look like; each must be seen. `PATH` stands for the file that is imported. */
const FORMS = {
  "an import": 'import { x } from "PATH"; x;',
  "an import for its effect": 'import "PATH";',
  "an import under another name": 'import { x as y } from "PATH"; y;',
  "an import of a namespace": 'import * as all from "PATH"; all;',
  "an import of types": 'import type { T } from "PATH"; export type U = T;',
  "an import of one type among values": 'import { type T, x } from "PATH"; export type U = T; x;',
  "a type written as an import": 'export type U = import("PATH").T;',
  "a re-export": 'export { x } from "PATH";',
  "a re-export under another name": 'export { x as default } from "PATH";',
  "a re-export of everything": 'export * from "PATH";',
  "a re-export of types": 'export type { T } from "PATH";',
  "a dynamic import": 'await import("PATH");',
  "a dynamic import of a template": "await import(`PATH`);",
} as const;

const EXPORTS = "export const x = 1;\nexport type T = number;\n";

for (const [form, text] of Object.entries(FORMS)) {
  Deno.test(`A lower layer that reaches up by ${form} is found`, async () => {
    const found = await violationsOf({
      "src/log/line.ts": text.replace("PATH", "../cli/table.ts"),
      "src/cli/table.ts": EXPORTS,
    });
    assertEquals(found, [
      "src/log/line.ts:1 imports src/cli/table.ts, but src/log may import only " +
      "src/config/secret.ts, src/errors.ts, src/clock.ts",
    ]);
  });

  Deno.test(`A mutation client that comes in by ${form} is found`, async () => {
    const found = await violationsOf({
      "src/daemon/worker.ts": text.replace("PATH", "../proxmox/mutations.ts"),
      "src/daemon/wiring.ts": text.replace("PATH", "../proxmox/mutations.ts"),
      "src/proxmox/mutations.ts": EXPORTS,
    });
    assertEquals(found, [
      "src/daemon/worker.ts:1 imports src/proxmox/mutations.ts, but only src/daemon/wiring.ts may: " +
      "every mutation passes the gate, and only the wiring sees both halves of a client",
    ]);
  });
}

const CASES: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** The start of each sentence that is expected, up to what the reader must see. */
  readonly expected: readonly string[];
}[] = [
  {
    name: "Imports downwards are allowed",
    files: {
      "main.ts": 'import "./src/cli/run.ts";',
      "src/cli/run.ts": 'import "../daemon/wiring.ts"; import "@std/cli/parse-args";',
      "src/daemon/wiring.ts": 'import "../proxmox/mutations.ts"; import "../helper/mutations.ts";',
      "src/proxmox/mutations.ts": 'import "../log/logger.ts"; import "node:tls"; import "zod";',
      "src/helper/mutations.ts": 'import "../../privileged/protocol.ts"; import "../errors.ts";',
      "src/log/logger.ts": 'import "../config/secret.ts";',
      "src/config/secret.ts": "export {};",
      "src/errors.ts": "export {};",
      "privileged/protocol.ts": 'import "zod";',
    },
    expected: [],
  },
  {
    name: "A mutation client behind a barrel is found at the barrel",
    files: {
      "src/cli/run.ts": 'import { x } from "../proxmox/mod.ts"; x;',
      "src/proxmox/mod.ts": 'export * from "./mutations.ts";',
      "src/proxmox/mutations.ts": EXPORTS,
    },
    expected: ["src/proxmox/mod.ts:1 imports src/proxmox/mutations.ts, but only"],
  },
  {
    name: "The helper's mutation client is held like Proxmox's, the parts of a split one too",
    files: {
      "src/reconcile/engine.ts": 'import "../helper/mutations.ts";',
      "src/helper/mutations.ts": 'import "./mutations/mount.ts";',
      "src/helper/mutations/mount.ts": "export {};",
      "src/helper/reads.ts": 'import "./mutations/mount.ts";',
    },
    expected: [
      "src/helper/reads.ts:1 imports src/helper/mutations/mount.ts, but only",
      "src/reconcile/engine.ts:1 imports src/helper/mutations.ts, but only",
    ],
  },
  {
    name: "What sends mutations does not leave its folder",
    files: {
      "src/selftest/checks.ts": 'import { send } from "../proxmox/transport.ts"; send;',
      "src/proxmox/mod.ts": 'export { Transport } from "./transport.ts";',
      "src/proxmox/transport.ts": "export class Transport {}\nexport const send = 1;",
    },
    expected: ["src/selftest/checks.ts:1 imports src/proxmox/transport.ts, but only src/proxmox/"],
  },
  {
    name: "Permits are minted by the gate alone",
    files: {
      "src/gate/gate.ts": 'import "./mint.ts";',
      "src/gate/mint.ts": "export {};",
      "src/reconcile/engine.ts": 'import "../gate/mint.ts";',
    },
    expected: ["src/reconcile/engine.ts:1 imports src/gate/mint.ts, but only src/gate/gate.ts may"],
  },
  {
    name: "The product imports no test",
    files: {
      "src/cli/run.ts": 'import "../../test/support/fake.ts";',
      "test/support/fake.ts": "export {};",
    },
    expected: ["src/cli/run.ts:1 imports test/support/fake.ts, but src/cli may import only"],
  },
  {
    name: "The privileged side imports nothing of the agent",
    files: {
      "privileged/main.ts": 'import "../src/errors.ts";',
      "src/errors.ts": "export {};",
    },
    expected: ["privileged/main.ts:1 imports src/errors.ts, but privileged may import only itself"],
  },
  {
    name: "The agent takes the protocol of the privileged side, and the helper's client alone does",
    files: {
      "src/helper/reads.ts":
        'import "../../privileged/protocol.ts";\nimport "../../privileged/operations.ts";',
      "src/cli/run.ts": 'import "../../privileged/protocol.ts";',
      "privileged/protocol.ts": "export {};",
      "privileged/operations.ts": "export {};",
    },
    expected: [
      "src/cli/run.ts:1 imports privileged/protocol.ts, but",
      "src/helper/reads.ts:2 imports privileged/operations.ts, but",
    ],
  },
  {
    name: "What stands beside each other does not know of each other",
    files: {
      "src/proxmox/reads.ts": 'import "../state/journal.ts";',
      "src/state/journal.ts": 'import "../helper/reads.ts";',
      "src/helper/reads.ts": "export {};",
    },
    expected: [
      "src/proxmox/reads.ts:1 imports src/state/journal.ts, but",
      "src/state/journal.ts:1 imports src/helper/reads.ts, but",
    ],
  },
  {
    name: "A package is used where the architecture says, and nowhere else",
    files: {
      "src/proxmox/reads.ts":
        'import "zod";\nimport "node:tls";\nimport "node:child_process";\nimport "sshpk";',
      "src/cli/run.ts": 'import "@std/assert";',
    },
    expected: [
      "src/cli/run.ts:1 imports npm:@std/assert, a package that src/cli may not use",
      "src/proxmox/reads.ts:3 imports node:child_process, a package that src/proxmox may not use",
      "src/proxmox/reads.ts:4 imports npm:sshpk, a package that src/proxmox may not use",
    ],
  },
  {
    name: "A folder in a folder may be a layer of its own, with packages of its own",
    files: {
      "src/fence/seal.ts": 'import "./probes/mod.ts";\nimport "node:fs";',
      "src/fence/probes/mod.ts":
        'import "../rights.ts";\nimport "node:fs";\nimport "../seal_plan.ts";',
      "src/fence/rights.ts": "export {};",
      "src/fence/seal_plan.ts": "export {};",
      "src/daemon/worker.ts": 'import "../fence/probes/mod.ts";',
    },
    expected: [
      "src/daemon/worker.ts:1 imports src/fence/probes/mod.ts, but src/daemon may import only",
      "src/fence/probes/mod.ts:3 imports src/fence/seal_plan.ts, but src/fence/probes may import only",
      "src/fence/seal.ts:2 imports node:fs, a package that src/fence may not use",
    ],
  },
  {
    name: "A package comes through the import map, not by its own address",
    files: { "src/config/schema.ts": 'import "npm:zod@4.6.7";\nimport "data:text/javascript,1";' },
    expected: [
      "src/config/schema.ts:1 imports npm:zod@4.6.7, a package that src/config may not use",
      "src/config/schema.ts:2 imports data:text/javascript,1, a package that src/config may not use",
    ],
  },
  {
    name: "An import that does not resolve is found",
    files: { "src/log/line.ts": 'import "no-such-package";' },
    expected: ["src/log/line.ts:1 imports missing:no-such-package, which does not resolve"],
  },
  {
    name: "A folder that the architecture does not know is found, and a file beside the folders",
    files: { "src/manager/all.ts": "export {};", "src/stray.ts": "export {};" },
    expected: [
      "src/manager/all.ts stands in no layer of the architecture",
      "src/stray.ts stands in no layer of the architecture",
    ],
  },
  {
    name: "A circle inside a folder is found",
    files: {
      "src/log/a.ts": 'import "./b.ts";',
      "src/log/b.ts": 'import "./c.ts";',
      "src/log/c.ts": 'import "./a.ts";',
    },
    expected: ["src/log/a.ts → src/log/b.ts → src/log/c.ts → src/log/a.ts is a circle"],
  },
  {
    name: "A circle that types close is a circle",
    files: {
      "src/log/a.ts": 'import "./b.ts"; export type T = 1;',
      "src/log/b.ts": 'import type { T } from "./a.ts"; export type U = T;',
    },
    expected: ["src/log/a.ts → src/log/b.ts → src/log/a.ts is a circle"],
  },
  {
    name: "A file that imports itself is a circle",
    files: { "src/log/a.ts": 'import "./a.ts";' },
    expected: ["src/log/a.ts → src/log/a.ts is a circle"],
  },
];

for (const { name, files, expected } of CASES) {
  Deno.test(name, async () => {
    const found = (await violationsOf(files)).toSorted();
    assertEquals(
      found.map((sentence, at) => sentence.slice(0, expected[at]?.length)),
      expected.toSorted(),
    );
  });
}
