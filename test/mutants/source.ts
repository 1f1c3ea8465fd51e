/** The text of a file, as operators read it. */
export interface Source {
  readonly whole: string;
  text(node: Deno.lint.Node): string;
}

/** What a node stands in; null of a whole file. */
export function parentOf(node: Deno.lint.Node): Deno.lint.Node | null {
  if (node.type === "Program" || !("parent" in node)) return null;
  const { parent } = node;
  return parent.type === "TSParameterProperty" ? null : parent;
}
