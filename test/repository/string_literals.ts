/** A text that the product may show, with where it stands. */
export interface ShownText {
  /** As `src/errors.ts:12`. */
  readonly at: string;
  /** Pieces joined by `+` are one text; what a template puts in is shown as `…`. */
  readonly text: string;
}

/** The texts in the source of a module: every string and template, and no comment. */
export function stringLiterals(path: string, source: string): ShownText[] {
  const plugin: Deno.lint.Plugin = {
    name: "texts",
    rules: {
      text: {
        create(context) {
          const tell = (node: Deno.lint.Expression) => {
            // A piece of a longer text is told with it.
            const text = isJoin(node.parent) ? undefined : textOf(node);
            if (text !== undefined) context.report({ node, message: `:${text}` });
          };
          return { Literal: tell, TemplateLiteral: tell, BinaryExpression: tell };
        },
      },
    },
  };
  return Deno.lint.runPlugin(plugin, path, source).map(({ message, range: [start] }) => ({
    at: `${path}:${source.slice(0, start).split("\n").length}`,
    text: message.slice(1),
  }));
}

function isJoin(node: Deno.lint.Node): boolean {
  return node.type === "BinaryExpression" && node.operator === "+";
}

function textOf(node: Deno.lint.Node): string | undefined {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : undefined;
    case "TemplateLiteral":
      return node.quasis.map(({ cooked }) => cooked).join("…");
    case "BinaryExpression": {
      if (node.operator !== "+") return undefined;
      const [left, right] = [textOf(node.left), textOf(node.right)];
      if (left === undefined && right === undefined) return undefined;
      return `${left ?? "…"}${right ?? "…"}`;
    }
    default:
      return undefined;
  }
}
