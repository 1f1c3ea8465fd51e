import { negated, swap } from "./conditions.ts";
import type { Mutation } from "./mutation.ts";
import { parentOf, type Source } from "./source.ts";

/** Changes to a statement: a guard dropped, a branch always or never taken, a step left out. */
export function ofStatement(node: Deno.lint.Node, source: Source): Mutation[] {
  switch (node.type) {
    case "IfStatement":
      return ofIf(node, source);
    case "ExpressionStatement":
      return isStep(node.expression, source) && !isOfConstructor(node) && !isAllOfBranch(node)
        ? [swap("drop_step", node, "{}")]
        : [];
    case "ThrowStatement":
      return node.parent.type === "BlockStatement" ? [swap("drop_throw", node, "{}")] : [];
    case "SwitchCase":
      return ofCase(node, source);
    default:
      return [];
  }
}

function ofIf(node: Deno.lint.IfStatement, source: Source): Mutation[] {
  const { test, consequent, alternate } = node;
  const left = alternate === null ? "{}" : source.text(alternate);
  const dropped = swap(leaves(consequent) ? "drop_guard" : "never", node, left);
  const always = leaves(consequent) ? [] : [swap("always", test, "true")];
  return [negated(test, source), dropped, ...always];
}

/** Whether a branch ends what it stands in. */
function leaves(statement: Deno.lint.Statement): boolean {
  switch (statement.type) {
    case "ReturnStatement":
    case "ThrowStatement":
    case "ContinueStatement":
    case "BreakStatement":
      return true;
    case "BlockStatement": {
      const last = statement.body.at(-1);
      return last !== undefined && leaves(last);
    }
    default:
      return false;
  }
}

/** Whether an expression stands for what it does. What only tells the log is none. */
function isStep(expression: Deno.lint.Expression, source: Source): boolean {
  switch (expression.type) {
    case "AwaitExpression":
      return isStep(expression.argument, source);
    case "UnaryExpression":
      return expression.operator === "void" && isStep(expression.argument, source);
    case "CallExpression":
      return !/\blog(?:ger)?\??\.(?:debug|info|warn|error)$/.test(source.text(expression.callee));
    case "AssignmentExpression":
    case "UpdateExpression":
      return true;
    default:
      return false;
  }
}

/** A case does nothing, or is the default's; where all cases stand, the compiler misses one. */
function ofCase(node: Deno.lint.SwitchCase, source: Source): Mutation[] {
  const { test, consequent, parent } = node;
  if (test === null) return [];
  const [first] = consequent;
  const says = first === undefined ? "" : source.text(first);
  const isNothing = /^(?:return(?: undefined)?;|break;|)$/.test(says);
  // Where there is no default, a case that does nothing is one that is not there.
  const same = first !== undefined && isNothing && !/\bdefault:/.test(source.text(parent));
  const dropped = same || isTotal(parent, source) ? [] : [swap("drop_case", node, "")];
  if (isNothing) return dropped;
  return [...dropped, swap("empty_case", node, `case ${source.text(test)}: break;`)];
}

/** Whether the compiler sees that a switch has all cases. */
function isTotal(node: Deno.lint.Node, source: Source): boolean {
  return /\bdefault:[^;]*satisfies never;\s*\}$/.test(source.text(node));
}

/** Without what its constructor sets up, nothing of a class works. */
function isOfConstructor(node: Deno.lint.Node): boolean {
  const within = parentOf(parentOf(parentOf(node) ?? node) ?? node);
  return within?.type === "MethodDefinition" && within.kind === "constructor";
}

/** Whether a statement is all that a branch has: to drop the branch is the same. */
function isAllOfBranch(node: Deno.lint.Node): boolean {
  const parent = parentOf(node);
  const branch = parent?.type === "BlockStatement" && parent.body.length === 1
    ? parentOf(parent)
    : parent;
  return branch?.type === "IfStatement" && branch.alternate === null;
}
