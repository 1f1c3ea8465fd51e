type Context = Deno.lint.RuleContext;

/**
 * Whether a comment says something about what stands at `node`: on its first line, or on the line
 * above. A directive for a tool says nothing.
 */
export function hasReason(context: Context, node: Deno.lint.Node): boolean {
  const { text } = context.sourceCode;
  const first = lineOf(text, node.range[0]);
  const last = lineOf(text, node.range[1]);
  return context.sourceCode.getAllComments().some(({ range, value }) => {
    if (!/\w/.test(value) || /^\s*deno-(?:lint|fmt)-/.test(value)) return false;
    const start = lineOf(text, range[0]);
    const end = lineOf(text, range[1]);
    return end === first - 1 || (start >= first && start <= last);
  });
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
