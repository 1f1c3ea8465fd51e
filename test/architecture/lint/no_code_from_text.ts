import { isProduct, pathOf } from "./product_file.ts";

/**
 * `(() => {}).constructor("…")` is `new Function("…")` by another name: the product asks no value
 * for its constructor. The globals that make code from text are the business of `no-reach`.
 */
export const noCodeFromText: Deno.lint.Rule = {
  create(context) {
    if (!isProduct(pathOf(context.filename))) return {};
    return {
      MemberExpression(node) {
        const { computed, property } = node;
        const isConstructor = computed
          ? property.type === "Literal" && property.value === "constructor"
          : property.type === "Identifier" && property.name === "constructor";
        if (!isConstructor) return;
        context.report({
          node,
          message: "`.constructor` may not be used: it leads to `Function`, which runs text.",
          hint: "Name the class, or use `instanceof`.",
        });
      },
    };
  },
};
