/** The table of src/gate/README.md says what each benign ground rests on: it is held to the code. */
import { assert, assertEquals } from "@std/assert";
import { BENIGN_GROUNDS } from "../../src/gate/mod.ts";

const SRC = new URL("../../src/", import.meta.url);
const page = await Deno.readTextFile(new URL("gate/README.md", SRC));
const ATTACKERS = ["hub", "guest's owner", "power cut", "reused VMID", "restored state"];

interface Row {
  readonly ground: string;
  readonly attacker: string;
  readonly stops: string;
}

const rows: readonly Row[] = page.split("\n").flatMap((line) => {
  const [, ground, attacker, , stops] = line.split("|").map((cell) => cell.trim());
  return ground?.startsWith("`") === true && attacker !== undefined && stops !== undefined
    ? [{ ground: ground.replaceAll("`", ""), attacker, stops }]
    : [];
});

Deno.test("Each ground is argued for, against attackers that the page knows", () => {
  assertEquals([...new Set(rows.map(({ ground }) => ground))], [...BENIGN_GROUNDS]);
  const unknown = rows.filter(({ attacker }) => !ATTACKERS.includes(attacker));
  assertEquals(unknown, []);
});

Deno.test("What rests on the agent having made it is argued for against every attacker", () => {
  for (const own of BENIGN_GROUNDS.filter((ground) => ground.startsWith("own_"))) {
    const against = rows.filter(({ ground }) => ground === own).map(({ attacker }) => attacker);
    assertEquals([...new Set(against)].sort(), ATTACKERS.toSorted(), own);
  }
});

for (const { ground, attacker, stops } of rows) {
  Deno.test(`What stops it is there: ${ground}, ${attacker}: ${stops}`, async () => {
    const named = [...stops.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    const files = named.filter((name) => name.endsWith(".ts"));
    assert(files.length > 0, "a line of the code");
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(new URL(file, SRC))));
    const everywhere = await sources();
    for (const name of named.filter((one) => !one.endsWith(".ts"))) {
      const defined = new RegExp(`(?:function |^  (?:async )?)${name}(?:<[^>]*>)?\\(`, "m");
      assert([...texts, everywhere].some((text) => defined.test(text)), `no function ${name}`);
    }
  });
}

let all: Promise<string> | undefined;

/** The gate's and the executors' own files, for what a row names without its file. */
function sources(): Promise<string> {
  const folders = ["gate/", "reconcile/settling/", "reconcile/facts/"];
  all ??= Promise.all(folders.map(async (folder) => {
    const texts = [];
    for await (const { name } of Deno.readDir(new URL(folder, SRC))) {
      if (name.endsWith(".ts")) texts.push(await Deno.readTextFile(new URL(folder + name, SRC)));
    }
    return texts.join("\n");
  })).then((texts) => texts.join("\n"));
  return all;
}
