import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { hostFacts } from "../../src/daemon/host_facts.ts";
import { type SeedConfig, seedSigners } from "../../src/daemon/seed_signers.ts";
import { type State, textDigest } from "../../src/state/mod.ts";
import { openPeople } from "../authz/support/people.ts";
import { inFolder, openIn } from "../state/state_folder.ts";

const { anna, bela, rosa, mallory } = await openPeople();
const HOUR = 60 * 60_000;
const RECOVERY = rosa.line();

/** What root has written. */
interface Root {
  readonly operational?: string;
  readonly recovery?: string;
  readonly reseed?: string;
  readonly floor?: number;
  readonly revoked?: readonly string[];
}

/** A host with one state, whose daemon starts again and again. */
class Host {
  readonly state: State;
  #at = 1_000;

  constructor(state: State) {
    this.state = state;
  }

  /** A start of the daemon. @returns the code that signed work is refused with then; "none" */
  start(root: Root): string {
    const config = configOf(root);
    seedSigners(config, this.state, { at: ++this.#at, log: silentLogger });
    return this.refusal(root);
  }

  /** What becomes of signed work, as far as signers decide it. */
  refusal(root: Root): string {
    const { signersFloor } = configOf(root).operations;
    try {
      const facts = this.facts(root);
      const below = facts.signers.operational.sequence < signersFloor.operational;
      return below ? "below the floor" : "none";
    } catch (error) {
      assert(error instanceof FelhomError);
      return error.code;
    }
  }

  facts(root: Root) {
    const { operations, ...config } = configOf(root);
    return hostFacts(
      {
        ...config,
        operations: {
          ...operations,
          thresholds: { service: 1, data_loss: 1, trust: 1 },
          longestLifetime: HOUR,
          unsignedLifetime: HOUR,
          longestLifetimeDataLoss: HOUR,
        },
        proxmox: { node: "pve" },
      },
      this.state,
      this.#at,
    );
  }

  /** Whose signature counts as operational. */
  names(root: Root): string[] {
    return this.facts(root).signers.operational.signers.signers.map(({ principals }) =>
      principals.join()
    );
  }

  rotate(content: string, role: "operational" | "recovery" = "operational"): void {
    const current = this.state.signers.current(role);
    this.state.signers.install({
      role,
      sequence: (current?.sequence ?? 0) + 1,
      digest: textDigest(content),
      previous: current?.digest ?? null,
      content,
      origin: "rotation",
      operation: "op",
      installedAt: ++this.#at,
    });
  }

  get row(): string[] {
    return this.state.signers.history("operational").map(({ sequence, content, origin }) =>
      `${sequence} ${content.split(" ")[0]} ${origin}`
    );
  }

  /** Links of the audit log about signers. */
  get links(): string[] {
    return this.state.audit.list({ limit: 1000 }).map(({ kind }) => kind)
      .filter((kind) => kind.startsWith("signers."));
  }

  get lastLink(): string {
    return this.state.audit.list({ limit: 1000 }).at(-1)?.body ?? "";
  }
}

function configOf(root: Root): SeedConfig {
  const { operational = "", recovery = RECOVERY, reseed = "", floor = 0, revoked = [] } = root;
  return {
    signers: {
      operational: { path: "signers/operational", text: operational },
      recovery: { path: "signers/recovery", text: recovery },
    },
    reseed: { path: "signers/reseed", text: reseed },
    operations: {
      signersFloor: { operational: floor, recovery: 0 },
      revokedKeys: new Set(revoked),
    },
  };
}

async function onHost(test: (host: Host) => void): Promise<void> {
  await inFolder((folder) => {
    using opened = openIn(folder, { now: 1, newInstance: "0f3a7a7e-6d2b-4a7e-9d53-1d6a2b3c4d5e" });
    test(new Host(opened.state));
  });
}

/** The digest of a person's key, as ssh-keygen prints it. */
async function digestOf(line: string): Promise<string> {
  const base64 = line.trim().split(" ").at(-1) ?? "";
  const hash = await crypto.subtle.digest("SHA-256", Uint8Array.fromBase64(base64));
  return `SHA256:${new Uint8Array(hash).toBase64({ omitPadding: true })}`;
}

Deno.test("the signers' file is taken over once, and again only when it is another", async () => {
  await onHost((host) => {
    host.start({ operational: anna.line() });
    host.start({ operational: anna.line() });
    assertEquals(host.row, ["1 anna file"]);
    const both = { operational: `bela${bela.line().slice(4)}${anna.line()}` };
    host.start(both);
    host.start(both);
    assertEquals(host.row, ["1 anna file", "2 bela file"]);
  });
});

Deno.test("an empty file is a set as well: a rotation can name it", async () => {
  await onHost((host) => {
    host.start({ recovery: "" });
    assertEquals(host.row, ["1  file"]);
  });
});

Deno.test("after a rotation the file counts for nothing, whatever stands in it", async () => {
  await onHost((host) => {
    host.start({ operational: anna.line() });
    host.rotate(bela.line());
    for (const operational of [anna.line(), mallory.line(), "", "nonsense"]) {
      assertEquals(host.start({ operational }), "none");
      assertEquals(host.names({ operational }), ["bela"]);
    }
  });
});

Deno.test("a file that cannot be used is not taken over, and nothing signed is done until it is mended", async () => {
  await onHost((host) => {
    host.start({ operational: anna.line() });
    assertEquals(host.start({ operational: "nonsense" }), "authz.signers_invalid");
    assertEquals(host.row, ["1 anna file"]);
    assertEquals(host.start({ operational: anna.line() }), "none");
    assertEquals(host.names({ operational: anna.line() }), ["anna"]);
  });
});

Deno.test("a key that was taken out does not come back from a file, by an edit or a reseeding", async () => {
  await onHost((host) => {
    const { instance } = host.state;
    host.start({ operational: anna.line() + bela.line() });
    host.start({ operational: bela.line() });
    const old = { operational: bela.line() + anna.line() };
    assertEquals(host.start(old), "authz.key_barred");
    assertEquals(host.row.length, 2);
    assertStringIncludes(host.lastLink, "signers/operational:2");
    assertStringIncludes(host.lastLink, "was removed from the operational signers on 1970-01-01T");
    assertEquals(host.start({ ...old, reseed: `${instance} 3` }), "authz.key_barred");
    assertEquals(host.links.at(-1), "signers.reseed_refused");
    // Nor in the other role.
    const other = { operational: bela.line(), recovery: rosa.line() + anna.line() };
    assertEquals(host.start(other), "authz.key_barred");
    assertEquals(host.start({ operational: bela.line() }), "none");
    // Others may sign for it.
    host.rotate(anna.line());
    assertEquals(host.names({}), ["anna"]);
  });
});

Deno.test("a file that was away for a start costs none of its keys, unless they were taken out", async () => {
  await onHost((host) => {
    const both = { operational: anna.line() + bela.line() };
    host.start(both);
    host.start({ recovery: "" });
    assertEquals(host.names({ recovery: "" }), []);
    assertEquals(host.start(both), "none");
    host.start({});
    host.start({ operational: bela.line() });
    assertEquals(host.start(both), "authz.key_barred");
  });
});

Deno.test("root reseeds an instance by its id, once; another id is ignored and told", async () => {
  await onHost((host) => {
    const { instance } = host.state;
    const files = { operational: mallory.line() };
    host.start({ operational: anna.line() });
    host.rotate(bela.line());
    const others = [
      ...[
        `${crypto.randomUUID()} 3`,
        "nonsense",
        "",
        " ",
        " x",
        " 0",
        " 03",
        " 3 ",
        " 3 4",
        " 3.5",
      ],
      ...[" -3", "  3", "\t3", " 1000001", " 3\n\n", " 3\n#", " 1", " 2"],
    ].map((rest) => /^(?:\s|$)/.test(rest) ? `${instance}${rest}` : rest);
    for (const reseed of others) {
      host.start({ ...files, reseed });
      assertEquals([host.names(files), host.links.at(-1)], [["bela"], "signers.reseed_ignored"]);
    }
    assertEquals(host.start({ ...files, reseed: `${instance} 8\n` }), "none");
    assertEquals(host.row, ["1 anna file", "2 bela rotation", "8 mallory file"]);
    assertEquals(host.state.signers.current("recovery")?.sequence, 8);
    assertEquals(host.links.at(-1), "signers.reseeded");

    // The wish is left lying.
    host.rotate(`bela${bela.line().slice(4)}`);
    host.start({ ...files, reseed: `${instance} 20` });
    assertEquals([host.names(files), host.links.at(-1)], [["bela"], "signers.reseed_ignored"]);
    assertStringIncludes(host.lastLink, "were reseeded already");
    host.state.instances.renew(crypto.randomUUID(), 9_000);
    host.start({ ...files, reseed: `${instance} 20` });
    assertEquals(host.names(files), ["bela"]);
    const anew = `${host.state.instance} 20`;
    assertEquals(host.start({ operational: bela.line(), reseed: anew }), "none");
    assertEquals(host.row.at(-1), "20 bela file");
  });
});

Deno.test("each start warns while the file that wants a reseeding is there, obeyed or not", async () => {
  await onHost((host) => {
    const { instance } = host.state;
    const files = { operational: anna.line() };
    const warned = (reseed: string) => {
      const lines: string[] = [];
      const warn = (message: string) => void lines.push(message);
      seedSigners(configOf({ ...files, reseed }), host.state, {
        ...{ at: 5_000, log: { ...silentLogger, warn } },
      });
      return lines.some((line) => line.includes("take it away"));
    };
    assertEquals(warned(""), false);
    for (const text of ["nonsense", `${instance} 2`, `${instance} 2`]) assert(warned(text));
    host.rotate(bela.line());
    assert(warned(`${instance} 2`));
  });
});

Deno.test("a wish that changes nothing is used up as well", async () => {
  await onHost((host) => {
    const files = { operational: anna.line(), reseed: `${host.state.instance} 4` };
    host.start(files);
    assertEquals(host.row, ["4 anna file"], "its sequence too");
    host.rotate(anna.line() + bela.line());
    host.start(files);
    assertEquals(host.names(files), ["anna", "bela"]);
  });
});

Deno.test("a reseeding that brings a rotated key back is refused whole, and may be mended", async () => {
  await onHost((host) => {
    const reseed = `${host.state.instance} 3`;
    host.start({ operational: anna.line() });
    host.rotate(bela.line());
    const stolen = { operational: mallory.line() + anna.line(), reseed };
    host.start(stolen);
    assertEquals([host.names(stolen), host.links.at(-1)], [["bela"], "signers.reseed_refused"]);
    assertStringIncludes(host.lastLink, "signers/operational:2");
    const mended = { operational: mallory.line(), reseed };
    host.start(mended);
    assertEquals(host.names(mended), ["mallory"]);
  });
});

Deno.test("a state below the floor takes no file over, until root reseeds it above the floor", async () => {
  await onHost((host) => {
    const files = { operational: anna.line(), floor: 5 };
    assertEquals(host.start(files), "below the floor", "a state that was made anew");
    assertEquals(host.row, []);
    host.start({ operational: anna.line() });
    const edited = { operational: anna.line() + bela.line(), floor: 2 };
    assertEquals(host.start(edited), "below the floor", "no edit lifts it over the floor");
    for (const named of ["", " 2", " 4", " 5"]) {
      const reseed = `${host.state.instance}${named}`;
      assertEquals(host.start({ ...files, reseed }), "below the floor");
      assertEquals([host.row, host.links.at(-1)], [["1 anna file"], "signers.reseed_ignored"]);
    }
    assertStringIncludes(host.lastLink, "set 5 was in force already");
    assertStringIncludes(host.lastLink, "name 6");
    assertEquals(host.start({ ...files, reseed: `${host.state.instance} 6` }), "none");
    assertEquals(host.row, ["1 anna file", "6 anna file"]);
    assertEquals(host.start(files), "none");
    assertEquals(host.row.length, 2);
  });
});

Deno.test("a revoked key signs nothing: not from a file, at a first start either, nor from the state", async () => {
  const revoked = [await digestOf(anna.line())];
  await onHost((host) => {
    const files = { operational: bela.line() + anna.line(), revoked };
    assertEquals(host.start(files), "authz.key_barred");
    assertStringIncludes(host.lastLink, "operations.revoked_keys");
    assertEquals(host.row, []);
    host.start({ operational: bela.line() });
    host.rotate(anna.line() + bela.line());
    assertEquals(host.names({}), ["anna", "bela"]);
    assertEquals(host.names({ revoked }), ["bela"]);
  });
});

Deno.test("each change of a file of signers is in the audit log, with what it was before", async () => {
  await onHost((host) => {
    host.start({ operational: anna.line(), recovery: "" });
    assertEquals(host.links, ["signers.file_changed", "signers.taken_over"]);
    host.start({ operational: anna.line(), recovery: "" });
    assertEquals(host.links.length, 2);
    host.rotate(bela.line());
    host.start({ operational: mallory.line(), recovery: "" });
    assertEquals(host.links.slice(2), ["signers.file_changed"]);
    const { before, digest, role } = JSON.parse(host.lastLink);
    assertEquals([role, before, digest], [
      ...["operational", textDigest(anna.line()), textDigest(mallory.line())],
    ]);
  });
});
