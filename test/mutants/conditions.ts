import { clipped, type Mutation } from "./mutation.ts";
import type { Source } from "./source.ts";

/** What each comparison is mistaken for. */
const MISTAKEN: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
};

/** Changes to a condition: negated, one side taken for granted, an operand dropped, off by one. */
export function ofCondition(node: Deno.lint.Node, source: Source): Mutation[] {
  switch (node.type) {
    case "ConditionalExpression":
      return [
        negated(node.test, source),
        swap("take_first", node, `(${source.text(node.consequent)})`),
        swap("take_second", node, `(${source.text(node.alternate)})`),
      ];
    case "WhileStatement":
    case "DoWhileStatement":
      return [negated(node.test, source)];
    case "LogicalExpression":
      return ofChain(node, source);
    case "BinaryExpression":
      return ofComparison(node, source);
    case "UnaryExpression":
      return node.operator === "!" && !isTest(node)
        ? [swap("drop_not", node, `(${source.text(node.argument)})`)]
        : [];
    case "MemberExpression":
      return ofMember(node);
    default:
      return [];
  }
}

/** @returns the change that turns a condition into its opposite */
export function negated(test: Deno.lint.Node, source: Source): Mutation {
  return swap("negate", test, `!(${source.text(test)})`);
}

/** @returns the change that puts `replacement` in a node's place */
export function swap(operator: string, { range }: Deno.lint.Node, replacement: string): Mutation {
  return { operator, range, replacement };
}

/** Whether a node is all of a condition: then to negate it is the same. */
function isTest(
  { parent, range }: Deno.lint.BinaryExpression | Deno.lint.UnaryExpression,
): boolean {
  switch (parent.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
    case "DoWhileStatement":
      return parent.test.range[0] === range[0] && parent.test.range[1] === range[1];
    default:
      return false;
  }
}

/** Each operand of a chain of `&&`, `||` or `??` is dropped once. */
function ofChain(node: Deno.lint.LogicalExpression, source: Source): Mutation[] {
  const { operator, parent } = node;
  if (parent.type === "LogicalExpression" && parent.operator === operator) return [];
  const operands = operandsOf(node, operator).map((operand) => source.text(operand));
  return operands.map((operand, dropped) => {
    const left = operands.filter((_, at) => at !== dropped);
    const replacement = left.map((text) => `(${text})`).join(` ${operator} `);
    return { ...swap("drop_operand", node, replacement), told: `without ${clipped(operand)}` };
  });
}

function operandsOf(node: Deno.lint.Node, operator: string): Deno.lint.Node[] {
  if (node.type !== "LogicalExpression" || node.operator !== operator) return [node];
  return [...operandsOf(node.left, operator), ...operandsOf(node.right, operator)];
}

function ofComparison(node: Deno.lint.BinaryExpression, source: Source): Mutation[] {
  const other = MISTAKEN[node.operator];
  if (
    other === undefined || (/=$/.test(node.operator) && /^[=!]/.test(node.operator) && isTest(node))
  ) return [];
  const between = source.whole.slice(node.left.range[1], node.right.range[0]);
  const text = source.whole.slice(node.range[0], node.left.range[1]) +
    between.replace(node.operator, other) +
    source.whole.slice(node.right.range[0], node.range[1]);
  return [swap("compare", node, text)];
}

const OPPOSITE: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
};

function ofMember({ property, computed }: Deno.lint.MemberExpression): Mutation[] {
  if (computed || property.type !== "Identifier") return [];
  const other = Object.hasOwn(OPPOSITE, property.name) ? OPPOSITE[property.name] : undefined;
  return other === undefined ? [] : [swap("opposite_call", property, other)];
}
