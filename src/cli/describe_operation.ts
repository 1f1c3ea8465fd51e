import { entryOf } from "../action/mod.ts";
import { countSigners, type ParsedDocument, readSignerSets } from "../authz/mod.ts";

/** What a document will do, in words, a row each: what it is about, and what it says. */
export function describeOperation({ document, action }: ParsedDocument): string[][] {
  const { summary, lost, compensatedBy } = entryOf(action.kind);
  const { guest, name, identity } = document;
  const target = guest === undefined
    ? []
    : [["guest", name === undefined ? `${guest}, which is to be free` : `${guest}, named ${name}`]];
  return [
    ["does", `${summary} (${document.op})`],
    ...target,
    ...(identity === undefined ? [] : [["identity", identity]]),
    ...(action.kind === "signers.rotate" ? [] : paramRows(action.params)),
    ...(action.kind === "signers.rotate" ? rotationRows(action.params) : []),
    ["loses", lost],
    ["way back", compensatedBy === null ? "none" : compensatedBy],
    ["on", `${document.host}, instance ${document.instance}`],
    ["valid", `from ${document.not_before} to ${document.expires}, once`],
    ["reason", withoutGaps(document.reason)],
    ["nonce", document.nonce],
  ];
}

function paramRows(params: object): string[][] {
  return Object.entries(params).map(([key, value]) => [
    key.replaceAll("_", " "),
    withoutGaps(typeof value === "string" ? value : JSON.stringify(value)),
  ]);
}

/** Blanks enough would carry what follows them to a terminal's next line, where it looks like a row. */
function withoutGaps(text: string): string {
  return text.replaceAll(/\p{Zs}{4,}/gu, ({ length }) => ` (${length} blanks) `);
}

function rotationRows(
  { role, sequence, replaces, signers }: {
    readonly role: "operational" | "recovery";
    readonly sequence: number;
    readonly replaces: string;
    readonly signers: string;
  },
): string[][] {
  const none = { text: "", file: "none", sequence };
  const proposed = { text: signers, file: `the new ${role} signers`, sequence };
  const sets = readSignerSets({ operational: none, recovery: none, [role]: proposed });
  const list = sets[role].signers.signers;
  return [
    ["role", role],
    ["replaces", `set ${sequence - 1}, ${replaces}`],
    ["new signers", `${list.length} keys of ${countSigners(list)} people`],
    ...list.flatMap(({ principals, type, keyDigest, namespaces, validAfter, validBefore }) => [
      ["", `${principals.join(", ")}: ${type} ${keyDigest}`],
      ["", `  for ${namespaces.join(", ")}, ${span(validAfter, validBefore)}`],
    ]),
  ];
}

/** When a key may sign, both ends within. @param from @param to epoch seconds */
function span(from: number | undefined, to: number | undefined): string {
  if (from === undefined && to === undefined) return "at any time";
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
  return [
    ...(from === undefined ? [] : [`from ${time(from)}`]),
    ...(to === undefined ? [] : [`to ${time(to)}`]),
  ].join(" ");
}
