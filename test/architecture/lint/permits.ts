import { isProduct, pathOf } from "./product_file.ts";
import { isValue } from "./scope.ts";

/** The class whose instances let a mutation through, where it stands, and the file that makes them. */
const PERMIT = "Permit";
const HOME = /^src\/gate\//;
const GATE = "src/gate/gate.ts";

/**
 * A permit is made by the gate's own file only. Elsewhere the class serves as a type and for
 * `instanceof`; any other use (`new`, `const P = Permit`, `extends Permit`) could make one.
 */
export const permits: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!isProduct(path) || path === GATE) return {};

    function check(node: Deno.lint.Node, parent: Deno.lint.Node): void {
      if (parent.type === "BinaryExpression" && parent.operator === "instanceof") return;
      // Where the class stands it may be named, and not be made.
      if (HOME.test(path) && parent.type !== "NewExpression") return;
      context.report({
        node,
        message: `A permit is made in ${GATE} only; elsewhere its class is a type.`,
      });
    }

    return {
      Identifier(node) {
        if (node.name === PERMIT && isValue(node)) check(node, node.parent);
      },
      MemberExpression(node) {
        if (node.property.type === "Identifier" && node.property.name === PERMIT) {
          check(node, node.parent);
        }
      },
      ImportSpecifier(node) {
        const { imported, local } = node;
        if (imported.type === "Identifier" && imported.name === PERMIT && local.name !== PERMIT) {
          check(node, node.parent);
        }
      },
    };
  },
};
