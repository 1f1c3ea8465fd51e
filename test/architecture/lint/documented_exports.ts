import { isProduct, pathOf } from "./product_file.ts";

/** What another file can call has a docstring: what it does, units, errors, permissions needed. */
export const documentedExports: Deno.lint.Rule = {
  create(context) {
    if (!isProduct(pathOf(context.filename))) return {};

    function check(node: Deno.lint.Node, declaration: Deno.lint.Node | null): void {
      if (declaration === null || !isCallable(declaration)) return;
      const { text } = context.sourceCode;
      const documented = context.sourceCode.getAllComments().some(({ type, value, range }) =>
        type === "Block" && value.startsWith("*") && range[1] <= node.range[0] &&
        text.slice(range[1], node.range[0]).trim() === ""
      );
      if (documented) return;
      context.report({
        node,
        message: "An exported function or class needs a docstring.",
        hint: "Say what the caller must know: shapes, units, errors thrown, permissions needed.",
      });
    }

    return {
      ExportNamedDeclaration: (node) => check(node, node.declaration),
      ExportDefaultDeclaration: (node) => check(node, node.declaration),
    };
  },
};

function isCallable(declaration: Deno.lint.Node): boolean {
  switch (declaration.type) {
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return true;
    case "VariableDeclaration":
      return declaration.declarations.some(({ init }) =>
        init?.type === "ArrowFunctionExpression" || init?.type === "FunctionExpression"
      );
    default:
      return false;
  }
}
