import { swap } from "./conditions.ts";
import type { Mutation } from "./mutation.ts";
import { parentOf, type Source } from "./source.ts";

/** Changes to a value: a predicate that always says the same, a number doubled or halved. */
export function ofValue(node: Deno.lint.Node, source: Source): Mutation[] {
  switch (node.type) {
    case "ArrowFunctionExpression":
      return isBoolean(node.body, source) || saysBoolean(node.returnType) ? constants(node) : [];
    case "FunctionDeclaration":
      return saysBoolean(node.returnType) ? constants(node) : [];
    case "MethodDefinition":
      return saysBoolean(node.value.returnType) ? constants(node.value) : [];
    case "ArrayExpression":
      return ofList(node, source);
    case "Literal":
      if (typeof node.value === "boolean") return ofBoolean(node);
      return typeof node.value === "number" ? ofNumber(node, numberOf(source.text(node))) : [];
    default:
      return [];
  }
}

interface WithBody {
  readonly body: Deno.lint.Node | null;
}

function constants({ body }: WithBody): Mutation[] {
  if (body === null) return [];
  return ["true", "false"].map((value) =>
    swap("constant", body, body.type === "BlockStatement" ? `{ return ${value}; }` : value)
  );
}

function saysBoolean(type: Deno.lint.TSTypeAnnotation | undefined): boolean {
  return type?.typeAnnotation.type === "TSBooleanKeyword" ||
    type?.typeAnnotation.type === "TSTypePredicate";
}

/** Whether an expression is true or false, by its looks. */
function isBoolean(node: Deno.lint.Node, source: Source): boolean {
  switch (node.type) {
    case "BinaryExpression":
      return /^(?:[<>]=?|[!=]==?|in|instanceof)$/.test(node.operator);
    case "UnaryExpression":
      return node.operator === "!";
    case "LogicalExpression":
      return node.operator !== "??" && isBoolean(node.right, source);
    case "CallExpression":
      return /\.(?:some|every|has|hasOwn|includes|test|startsWith|endsWith|isInteger)$/.test(
        source.text(node.callee),
      );
    default:
      return false;
  }
}

/** A list of the module is taken one element shorter. */
function ofList(node: Deno.lint.ArrayExpression, source: Source): Mutation[] {
  if (node.elements.length < 2 || !isOfModule(node)) return [];
  return node.elements.flatMap((element, dropped) => {
    if (element === null || element.type === "SpreadElement") return [];
    const left = node.elements.filter((_, at) => at !== dropped)
      .map((other) => other === null ? "" : source.text(other));
    return [swap("drop_element", node, `[${left.join(", ")}]`)];
  });
}

function ofBoolean(node: Deno.lint.Node & { readonly value: unknown }): Mutation[] {
  const parent = parentOf(node);
  if (parent === null || parent.type === "TSLiteralType") return [];
  return [swap("flip", node, node.value === true ? "false" : "true")];
}

function ofNumber(node: Deno.lint.Node, value: number): Mutation[] {
  const parent = parentOf(node);
  if (parent === null || parent.type === "TSLiteralType") return [];
  const compared = parent.type === "BinaryExpression" &&
    /^(?:[<>]=?|[!=]==)$/.test(parent.operator);
  if (value < 2 && Number.isInteger(value)) {
    return compared ? [swap("number", node, String(value + 1))] : [];
  }
  if (!compared && parent.type !== "AssignmentPattern" && !isOfModule(node)) return [];
  return [swap("number", node, String(value * 2)), swap("number", node, String(value / 2))];
}

/** The value of a number as it is written, with `_` between digits or without. */
function numberOf(raw: string): number {
  return Number(raw.replaceAll("_", ""));
}

/** Whether a node is evaluated when its module is: a constant, a table, a policy. */
function isOfModule(node: Deno.lint.Node): boolean {
  for (let at: Deno.lint.Node | null = node; at !== null; at = parentOf(at)) {
    if (/Function|^MethodDefinition$|^TS/.test(at.type) && at.type !== "TSAsExpression") {
      if (at.type !== "TSSatisfiesExpression") return false;
    }
  }
  return true;
}
