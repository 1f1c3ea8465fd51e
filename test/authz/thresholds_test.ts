import { assertEquals } from "@std/assert";
import { type Counted, countSigners, highestThreshold, thresholdOf } from "../../src/authz/mod.ts";
import { action, DESTROY, IDENTITY } from "./support/scene.ts";

const signer = (keyDigest: string, ...principals: readonly string[]): Counted => ({
  keyDigest,
  principals,
});

const COUNTS: Readonly<Record<string, readonly [signers: readonly Counted[], count: number]>> = {
  "nobody is nobody": [[], 0],
  "two people with a key each are two": [[signer("A", "anna"), signer("B", "bela")], 2],
  "one key twice is one": [[signer("A", "anna"), signer("A", "anna")], 1],
  "one key under two principals is one": [[signer("A", "anna"), signer("A", "bela")], 1],
  "one person with two keys is one": [[signer("A", "anna"), signer("B", "anna")], 1],
  "one person written in two ways is one": [[signer("A", "anna"), signer("B", "Anna")], 1],
  "keys that share any principal are one person's": [
    [signer("A", "anna", "admin"), signer("B", "bela", "admin")],
    1,
  ],
  "keys joined by a third are one person's, in any order": [
    [signer("A", "anna"), signer("B", "bela"), signer("C", "anna", "bela")],
    1,
  ],
  "one person with two keys, and another, are two": [
    [signer("A", "anna"), signer("B", "anna"), signer("C", "carl")],
    2,
  ],
};

for (const [what, [signers, count]] of Object.entries(COUNTS)) {
  Deno.test(`Thresholds: ${what}`, () => {
    assertEquals(countSigners(signers), count);
    assertEquals(countSigners(signers.toReversed()), count);
  });
}

Deno.test("Each class has its threshold, and replacing signers takes the highest of all", () => {
  const thresholds = { service: 1, data_loss: 3, trust: 2 };
  const rotation = action("signers.rotate", null, {
    role: "operational",
    sequence: 1,
    replaces: IDENTITY,
    signers: "…",
  });
  assertEquals(highestThreshold(thresholds), 3);
  assertEquals(thresholdOf(DESTROY.action, thresholds), 3);
  assertEquals(thresholdOf(rotation, thresholds), 3);
  assertEquals(thresholdOf(action("guest.stop", 101, {}), thresholds), 1);
  assertEquals(thresholdOf(rotation, { ...thresholds, trust: 5 }), 5);
});
