/**
 * Finds what can be changed in a file, as findings of the linter: `deno lint` has the parser and the
 * tree, so nothing need be installed for it.
 */
import { ofCondition } from "./conditions.ts";
import { clipped, type Mutation } from "./mutation.ts";
import { parentOf, type Source } from "./source.ts";
import { ofSql } from "./sql.ts";
import { ofStatement } from "./statements.ts";
import { ofValue } from "./values.ts";

/** What a finding's message holds, as JSON. */
export interface Found extends Mutation {
  /** The function, method or constant it stands in. */
  readonly within: string;
  /** As `what stood there → what stands there now`. */
  readonly change: string;
}

const NODES = [
  "ArrayExpression",
  "ArrowFunctionExpression",
  "BinaryExpression",
  "ConditionalExpression",
  "DoWhileStatement",
  "ExpressionStatement",
  "FunctionDeclaration",
  "IfStatement",
  "Literal",
  "LogicalExpression",
  "MemberExpression",
  "MethodDefinition",
  "SwitchCase",
  "TemplateLiteral",
  "ThrowStatement",
  "UnaryExpression",
  "WhileStatement",
] as const;

const all: Deno.lint.Rule = {
  create(context) {
    const { sourceCode } = context;
    const source: Source = {
      whole: sourceCode.text,
      text: (node) => sourceCode.text.slice(...node.range),
    };
    const visit = (node: Deno.lint.Node) => {
      for (const operators of [ofCondition, ofStatement, ofValue, ofSql]) {
        for (const mutation of operators(node, source)) {
          const found: Found = {
            ...mutation,
            within: within(node, source),
            change: changeOf(mutation, source),
          };
          context.report({ range: node.range, message: JSON.stringify(found) });
        }
      }
    };
    return Object.fromEntries(NODES.map((type) => [type, visit]));
  },
};

/** `deno lint --config test/mutants/lint.json` registers it. */
export default { name: "mutants", rules: { all } } satisfies Deno.lint.Plugin;

/** The change, seen with enough around it to be told apart. */
function changeOf({ range: [start, end], replacement, told }: Mutation, { whole }: Source): string {
  const length = end - start;
  // What is very short says nothing by itself: with the line it stands on.
  const [from, to] = length > 10 ? [start, end] : [
    Math.max(whole.lastIndexOf("\n", start) + 1, start - 40),
    Math.min(whole.indexOf("\n", end), end + 30),
  ];
  const before = clipped(whole.slice(from, to));
  const after = told ?? clipped(whole.slice(from, start) + replacement + whole.slice(end, to));
  return `${before} → ${after === "" ? "nothing" : after}`;
}

function within(node: Deno.lint.Node, source: Source): string {
  for (let at: Deno.lint.Node | null = node; at !== null; at = parentOf(at)) {
    switch (at.type) {
      case "FunctionDeclaration":
        return at.id?.name ?? "default";
      case "MethodDefinition":
      case "PropertyDefinition":
        return source.text(at.key);
      case "VariableDeclarator":
        if (
          at.parent.parent.type === "Program" || at.parent.parent.type === "ExportNamedDeclaration"
        ) {
          return source.text(at.id).split(":")[0] ?? "";
        }
    }
  }
  return "module";
}
