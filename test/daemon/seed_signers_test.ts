import { assertEquals } from "@std/assert";
import { seedSigners } from "../../src/daemon/seed_signers.ts";
import { openIn } from "../state/state_folder.ts";

const files = (operational: string, recovery = "") => ({
  signers: {
    operational: { path: "signers/operational", text: operational },
    recovery: { path: "signers/recovery", text: recovery },
  },
});

async function withState(
  work: (seed: (text: string, at: number) => void, row: () => string[]) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-seed-" });
  try {
    using opened = openIn(folder, { now: 1, newInstance: "a" });
    const { state } = opened;
    work(
      (text, at) => seedSigners(files(text), state, at),
      () =>
        state.signers.history("operational").map(({ sequence, content, origin }) =>
          `${sequence} ${content} ${origin}`
        ),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the signers' file is taken over once, and again only when it is another", async () => {
  await withState((seed, row) => {
    seed("first", 1);
    seed("first", 2);
    assertEquals(row(), ["1 first file"]);
    seed("second", 3);
    seed("second", 4);
    assertEquals(row(), ["1 first file", "2 second file"]);
  });
});

Deno.test("an empty file is a set as well: a rotation can name it", async () => {
  await withState((seed, row) => {
    seed("", 1);
    assertEquals(row(), ["1  file"]);
  });
});

Deno.test("after a rotation the file counts for nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "felhom-seed-" });
  try {
    using opened = openIn(folder, { now: 1, newInstance: "a" });
    const { state } = opened;
    seedSigners(files("first"), state, 1);
    const current = state.signers.current("operational");
    state.signers.install({
      role: "operational",
      sequence: 2,
      digest: "sha256:2",
      previous: current?.digest ?? null,
      content: "rotated",
      origin: "rotation",
      operation: "op",
      installedAt: 2,
    });
    seedSigners(files("another"), state, 3);
    assertEquals(state.signers.current("operational")?.content, "rotated");
    assertEquals(state.signers.current("recovery")?.content, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
