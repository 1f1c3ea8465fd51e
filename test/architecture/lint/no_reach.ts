import { isProduct, pathOf, placesOf } from "./product_file.ts";
import { GUARDED_GLOBALS, GUARDED_MEMBERS, REACH } from "./reach.ts";
import { isGlobalReference } from "./scope.ts";

/**
 * Who may reach out of the program is a table. A guarded global is used as `name.member`, so that
 * the table can say which member; any other use (`const D = Deno`, `{ Deno }`, `Deno[name]`) hides
 * what is reached for and is refused, where the name itself is allowed too.
 */
export const noReach: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!isProduct(path)) return {};
    const allowed = placesOf(path).flatMap((place) => REACH[place] ?? []);
    const seen = new Set<number>();

    /** Reports `name` unless the table allows it, or the whole object it is a member of. */
    function check(node: Deno.lint.Node, name: string): void {
      if (allowed.includes(name) || allowed.includes(name.split(".")[0] ?? name)) return;
      context.report({
        node,
        message: `\`${name}\` may not be used in ${path}.`,
        hint: "Take a clock, a socket or a function as a parameter; the table is in " +
          "test/architecture/lint/reach.ts.",
      });
    }

    return {
      Identifier(node) {
        const whole = GUARDED_GLOBALS.has(node.name);
        if (!whole && !Object.hasOwn(GUARDED_MEMBERS, node.name)) return;
        if (!isGlobalReference(node) || seen.has(node.range[0])) return;
        seen.add(node.range[0]);
        const use = useOf(node);
        if (typeof use === "object") {
          if (whole || GUARDED_MEMBERS[node.name]?.includes(use.member)) {
            check(use.node, `${node.name}.${use.member}`);
          }
        } else if (whole && !allowed.includes(node.name)) check(node, node.name);
        else if (whole && use === "alias" && MEMBERS_ONLY.has(node.name)) {
          reportAlias(context, node);
        } else if (!whole && use === "now") check(node, "Date.now");
        else if (!whole && use === "alias") reportAlias(context, node);
      },
    };
  },
};

/** Objects of which only members are of use: to name them alone is to hand them on. */
const MEMBERS_ONLY: ReadonlySet<string> = new Set(["Deno", "crypto"]);

function reportAlias(context: Deno.lint.RuleContext, node: Deno.lint.Identifier): void {
  context.report({
    node,
    message: `\`${node.name}\` may be used only as \`${node.name}.member\`.`,
    hint:
      "Another name for it would hide from the reader, and from this rule, what is reached for.",
  });
}

type Use =
  | { readonly member: string; readonly node: Deno.lint.Node }
  /** Called, or made without arguments: for `Date` the present time. */
  | "now"
  /** Made from something, or asked for its kind: what neither reaches out nor hands on. */
  | "harmless"
  | "alias";

function useOf(node: Deno.lint.Identifier): Use {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression": {
      const member = memberName(parent);
      return parent.object !== node || member === undefined ? "alias" : { member, node: parent };
    }
    case "NewExpression":
      if (parent.callee !== node) return "alias";
      return parent.arguments.length === 0 ? "now" : "harmless";
    case "CallExpression":
      return parent.callee === node ? "now" : "alias";
    case "BinaryExpression":
      return parent.operator === "instanceof" ? "harmless" : "alias";
    default:
      return "alias";
  }
}

function memberName({ computed, property }: Deno.lint.MemberExpression): string | undefined {
  if (!computed) return property.type === "Identifier" ? property.name : undefined;
  return property.type === "Literal" && typeof property.value === "string"
    ? property.value
    : undefined;
}
