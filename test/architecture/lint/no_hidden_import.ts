import { ARCHITECTURE } from "../layers.ts";
import { isProduct, pathOf, placesOf } from "./product_file.ts";

/** Tries to import by names made up at run time, to prove that the fence refuses each. */
const IMPORTS_IN_VAIN = "src/fence/probes/code.ts";

/**
 * A module is named by a literal, and comes from this repository, from the import map or from the
 * runtime; of the runtime only what the folder's layer allows. So the module graph is the whole
 * truth about what the product loads.
 */
export const noHiddenImport: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!isProduct(path)) return {};
    const allowed = placesOf(path).flatMap((place) => ARCHITECTURE.layers[place]?.packages ?? []);

    function check(node: Deno.lint.Node, specifier: string): void {
      if (/^\.{1,2}\//.test(specifier)) return;
      const scheme = specifier.match(/^([a-z]+):/)?.[1];
      if (scheme === undefined || (scheme === "node" && allowed.includes(specifier))) return;
      context.report({
        node,
        message: `"${specifier}" may not be imported in ${path}.`,
        hint: scheme === "node"
          ? "The modules of the runtime that a layer may use are in test/architecture/layers.ts."
          : "Packages come through the import map of deno.json; nothing else is loaded.",
      });
    }

    return {
      ImportDeclaration: ({ source }) => check(source, source.value),
      ExportAllDeclaration: ({ source }) => check(source, source.value),
      ExportNamedDeclaration({ source }) {
        if (source !== null) check(source, source.value);
      },
      ImportExpression({ source }) {
        const specifier = literal(source);
        if (specifier !== undefined) return check(source, specifier);
        if (path === IMPORTS_IN_VAIN) return;
        context.report({
          node: source,
          message: "An import() must name its module by a literal.",
          hint: "A name made up at run time is in no module graph, and needs a right to read.",
        });
      },
    };
  },
};

function literal(source: Deno.lint.Expression): string | undefined {
  return source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}
