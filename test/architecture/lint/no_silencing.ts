import { isProduct, pathOf } from "./product_file.ts";
import { hasReason } from "./reasons.ts";

/**
 * The compiler is convinced, not silenced. `as unknown as T` and `any` are never right; every other
 * `as T` in the product, and every `!`, says in a comment beside it why it holds. `as const` and
 * `satisfies` claim nothing.
 */
export const noSilencing: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);

    function cast(node: Deno.lint.TSAsExpression | Deno.lint.TSTypeAssertion): void {
      const { expression, typeAnnotation } = node;
      if (isConst(typeAnnotation)) return;
      if (typeAnnotation.type === "TSAnyKeyword" || isDouble(expression)) {
        return context.report({
          node,
          message: "A cast through `unknown` or to `any` switches the compiler off.",
          hint: "Check the value (zod, `instanceof`, a guard), or give the source its type.",
        });
      }
      if (!isProduct(path) || hasReason(context, node)) return;
      context.report({
        node,
        message: "A cast needs a reason: a comment on its line or the line above.",
        hint: "Better: a guard that returns `value is T`, or `satisfies`.",
      });
    }

    return {
      TSAsExpression: cast,
      TSTypeAssertion: cast,
      TSNonNullExpression(node) {
        if (hasReason(context, node)) return;
        context.report({
          node,
          message: "A `!` needs a reason: a comment on its line or the line above.",
          hint: "Better: handle the value that may be missing.",
        });
      },
    };
  },
};

function isConst(type: Deno.lint.TypeNode): boolean {
  return type.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
    type.typeName.name === "const";
}

function isDouble(expression: Deno.lint.Expression): boolean {
  return (expression.type === "TSAsExpression" || expression.type === "TSTypeAssertion") &&
    ["TSUnknownKeyword", "TSAnyKeyword", "TSNeverKeyword"].includes(expression.typeAnnotation.type);
}
