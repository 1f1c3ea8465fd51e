import { assertEquals } from "@std/assert";
import { readSignerSets, signersInForce } from "../../src/authz/mod.ts";
import { openPeople } from "./support/people.ts";
import { codeOf, signerText } from "./support/scene.ts";

const { anna, rosa } = await openPeople();

const FILE = { text: anna.line(), file: "signers/operational" };

Deno.test("The file's signers are in force from the first start on", () => {
  assertEquals(signersInForce(undefined, FILE, 0), { ...FILE, sequence: 1, fresh: true });
  assertEquals(signersInForce(undefined, FILE, 1), { ...FILE, sequence: 1, fresh: true });
  const stored = { ...FILE, sequence: 1, origin: "file" } as const;
  assertEquals(signersInForce(stored, FILE, 0), { ...FILE, sequence: 1, fresh: false });
});

Deno.test("A changed file is another set, which no older rotation replaces", () => {
  const stored = { text: rosa.line(), file: FILE.file, sequence: 2, origin: "file" } as const;
  assertEquals(signersInForce(stored, FILE, 2), { ...FILE, sequence: 3, fresh: true });
});

Deno.test("Once rotated, a set does not come back from its file", () => {
  const stored = { text: rosa.line(), file: "the state", sequence: 2, origin: "rotation" } as const;
  const { origin: _, ...kept } = stored;
  assertEquals(signersInForce(stored, FILE, 0), { ...kept, fresh: false });
});

Deno.test("Below the floor no file counts: it is not known which keys were taken out since", () => {
  const none = { text: "", file: FILE.file, sequence: 0, fresh: false };
  assertEquals(signersInForce(undefined, FILE, 2), none);
  const stored = { text: rosa.line(), file: "the state", sequence: 2, origin: "file" } as const;
  const { origin: _, ...kept } = stored;
  assertEquals(signersInForce(stored, FILE, 3), { ...kept, fresh: false });
});

Deno.test("Nobody is in both roles", () => {
  const both = () =>
    readSignerSets({
      operational: signerText("operational", anna.line()),
      recovery: signerText("recovery", rosa.line() + anna.line()),
    });
  assertEquals(codeOf(both), "authz.signers_invalid");
});

Deno.test("A host without any signers is a valid host", () => {
  const none = readSignerSets({
    operational: signerText("operational", ""),
    recovery: signerText("recovery", ""),
  });
  assertEquals(none.operational.signers.signers, []);
});
