import type { Mutation } from "./mutation.ts";
import type { Source } from "./source.ts";

const STATEMENT = /\b(?:SELECT|INSERT|UPDATE|DELETE)\b/;

/** What stands in a statement, and what it is mistaken for. */
const MISTAKEN: readonly (readonly [found: RegExp, instead: string])[] = [
  [/(?<= )<(?= )/g, "<="],
  [/(?<= )<=(?= )/g, "<"],
  [/(?<= )>(?= )/g, ">="],
  [/(?<= )>=(?= )/g, ">"],
  [/(?<= )=(?= )/g, "<>"],
  [/\bAND\b/g, "OR"],
  [/\bOR\b(?! (?:IGNORE|REPLACE|FAIL|ABORT))/g, "AND"],
  [/\bIS NULL\b/g, "IS NOT NULL"],
  [/\bIS NOT NULL\b/g, "IS NULL"],
  [/\bNOT (?=EXISTS|IN\b)/g, ""],
  [/\bDESC\b/g, "ASC"],
  [/\bmin\(/g, "max("],
  [/\bmax\(/g, "min("],
];

/** Changes to the conditions of a statement of SQL. */
export function ofSql(node: Deno.lint.Node, source: Source): Mutation[] {
  if (node.type === "Literal" && typeof node.value !== "string") return [];
  if (node.type !== "Literal" && node.type !== "TemplateLiteral") return [];
  const text = source.text(node);
  if (!STATEMENT.test(text)) return [];
  return MISTAKEN.flatMap(([found, instead]) =>
    [...text.matchAll(found)].filter(({ index }) => !isAssignment(text, index)).map(
      ({ 0: { length }, index }) => ({
        operator: "sql",
        range: [node.range[0] + index, node.range[0] + index + length] as const,
        replacement: instead,
      }),
    )
  );
}

/** In `SET a = ?` the sign compares nothing; it cannot be mistaken, since nothing would parse. */
function isAssignment(text: string, at: number): boolean {
  if (text[at] !== "=") return false;
  const before = text.slice(0, at);
  return before.lastIndexOf("SET ") >
    Math.max(before.lastIndexOf("WHERE"), before.lastIndexOf("ON "));
}
