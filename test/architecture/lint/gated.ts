import { isProduct, pathOf } from "./product_file.ts";

/** The one file that makes permits, and the one that holds both halves of a client. */
const GATE = "src/gate/gate.ts";
const WIRING = "src/daemon/wiring.ts";

/**
 * Every mutation passes the gate: a permit is made by the gate's own file only, and the file that
 * sees the mutation clients hands none of their names on. Who imports those clients is the business
 * of the module graph's test.
 */
export const gated: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!isProduct(path)) return {};

    function handOn(node: Deno.lint.Node): void {
      if (path !== WIRING) return;
      context.report({
        node,
        message: "The wiring may not re-export: whoever imports it would hold a mutation client.",
      });
    }

    return {
      NewExpression(node) {
        const { callee } = node;
        const name = callee.type === "MemberExpression" ? callee.property : callee;
        if (name.type !== "Identifier" || name.name !== "Permit" || path === GATE) return;
        context.report({ node, message: `A permit is made in ${GATE} only.` });
      },
      ExportAllDeclaration: handOn,
      ExportNamedDeclaration(node) {
        if (node.source !== null || node.specifiers.length > 0) handOn(node);
      },
    };
  },
};
