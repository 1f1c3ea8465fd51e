import { isProduct, pathOf } from "./product_file.ts";

/** The one file that holds both halves of a client. */
const WIRING = "src/daemon/wiring.ts";

/** The export of Proxmox's transport that sends a mutation, and the files that may name it. */
const SEND = "send";
const TRANSPORT = /^\.\/transport\.ts$/;
const SENDERS = /^src\/proxmox\/mutations(?:\.ts$|\/)/;

/**
 * Every mutation passes the gate: what sends one is named by the mutation client only, and the file
 * that sees the mutation clients hands none of their names on. Who imports those clients is the
 * business of the module graph's test, who makes a permit that of `permits`.
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

    function sends(node: Deno.lint.Node): void {
      if (SENDERS.test(path)) return;
      context.report({ node, message: "Only the mutation client may send a mutation." });
    }

    return {
      ImportDeclaration({ source, specifiers }) {
        if (!TRANSPORT.test(source.value)) return;
        for (const specifier of specifiers) {
          if (specifier.type !== "ImportSpecifier" || nameOf(specifier.imported) === SEND) {
            sends(specifier);
          }
        }
      },
      ImportExpression(node) {
        if (node.source.type === "Literal" && TRANSPORT.test(String(node.source.value))) {
          sends(node);
        }
      },
      ExportAllDeclaration(node) {
        handOn(node);
        if (TRANSPORT.test(node.source.value)) sends(node);
      },
      ExportNamedDeclaration(node) {
        if (node.source !== null || node.specifiers.length > 0) handOn(node);
        if (node.source === null || !TRANSPORT.test(node.source.value)) return;
        for (const specifier of node.specifiers) {
          if (nameOf(specifier.local) === SEND) sends(specifier);
        }
      },
    };
  },
};

function nameOf(name: Deno.lint.Identifier | Deno.lint.StringLiteral): string {
  return name.type === "Identifier" ? name.name : name.value;
}
