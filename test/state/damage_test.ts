import { assert, assertEquals } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { readState, type StateReader } from "../../src/state/mod.ts";
import { operation, signed } from "./operation.ts";
import { freshSeed, seeded } from "./seed.ts";
import { inFolder, openIn } from "./state_folder.ts";

const ROUNDS = 200;

function readAll(state: StateReader): void {
  const ids = state.operations.list({ limit: 100 }).map((row) => "id" in row ? row.id : "");
  for (const id of ids) {
    state.operations.get(id);
    state.operations.transitions(id);
    state.operations.document(id);
  }
  state.operations.unfinished();
  state.instances.current();
  state.audit.verify();
  state.pending.list(0);
  state.guests.get(901);
}

Deno.test(`A file with spoilt bytes is read, or refused with a code, and never changed: ${ROUNDS} files`, async () => {
  const seed = freshSeed("damage");
  const random = seeded(seed);
  await inFolder((folder) => {
    const path = `${folder}/state.db`;
    {
      using opened = openIn(folder);
      for (let number = 0; number < 30; number++) {
        opened.state.operations.authorise(
          operation(`o${number}`, {
            signed: signed(`n${number}`, { bytes: new Uint8Array(3000) }),
          }),
        );
        opened.state.audit.append({ at: number, kind: "x", body: { number } });
      }
    }
    const whole = Deno.readFileSync(path);
    const codes = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const spoilt = whole.slice();
      for (let count = 1 + random(8); count > 0; count--) {
        // Half of them at the beginning, where a file says what it is.
        const place = random(random(2) === 0 ? 200 : spoilt.length);
        spoilt[place] = random(256);
      }
      Deno.writeFileSync(path, spoilt);
      let code = "read";
      try {
        readState(folder, readAll);
      } catch (error) {
        assert(error instanceof FelhomError, `seed ${seed}, round ${round}: ${error}`);
        code = error.code;
      }
      assert(code === "read" || code.startsWith("state."), `seed ${seed}, round ${round}: ${code}`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assertEquals(Deno.readFileSync(path), spoilt, `seed ${seed}, round ${round}`);
      assertEquals([...Deno.readDirSync(folder)].length, 3, `seed ${seed}, round ${round}`);
    }
    assert(codes.has("read") && codes.has("state.damaged"), JSON.stringify([...codes]));
  });
});
