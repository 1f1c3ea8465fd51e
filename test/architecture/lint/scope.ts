/** Any node; the runtime's own union leaves one kind out. */
export type Node = Deno.lint.Node | Deno.lint.TSParameterProperty;

type Identifier = Deno.lint.Identifier;

/**
 * Whether the identifier reads or writes a variable that the file does not declare where it stands:
 * a global. Names of properties, and names that occur in types only, are not.
 */
export function isGlobalReference(node: Identifier): boolean {
  return isValue(node) && !isDeclared(node);
}

/** Whether the identifier stands for a value: neither a mere name nor a part of a type. */
export function isValue(node: Identifier): boolean {
  return !isName(node) && !isInType(node);
}

/** The node around `node`; `undefined` around the whole file. */
export function parentOf(node: Node): Node | undefined {
  return "parent" in node ? node.parent ?? undefined : undefined;
}

/** Whether the identifier only names a property, an export or a label. */
function isName(node: Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return parent.key === node && !parent.computed && !parent.shorthand;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.key === node && !parent.computed;
    case "ExportSpecifier":
      return parent.local !== node || parent.parent.source !== null;
    case "ExportAllDeclaration":
    case "ImportSpecifier":
    case "ImportAttribute":
    case "MetaProperty":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return true;
    default:
      return false;
  }
}

/** Nodes of TypeScript that hold a value rather than a type. */
const VALUES: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSEnumMember",
  "TSExportAssignment",
  "TSInstantiationExpression",
  "TSNonNullExpression",
  "TSParameterProperty",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** Whether the identifier stands in a type, as `Deno.NetAddr`, `typeof Deno`, `extends Deno.Conn`. */
function isInType(node: Node): boolean {
  let inner = node;
  let outer = parentOf(node);
  while (outer?.type === "MemberExpression" && outer.object === inner) {
    inner = outer;
    outer = parentOf(outer);
  }
  return outer !== undefined && outer.type.startsWith("TS") && !VALUES.has(outer.type);
}

/** Whether a scope around the identifier declares its name. */
function isDeclared(node: Identifier): boolean {
  for (let scope = parentOf(node); scope !== undefined; scope = parentOf(scope)) {
    if (declarations(scope).includes(node.name)) return true;
  }
  return false;
}

/** The names that `scope` itself declares, not those of scopes inside it. */
function declarations(scope: Node): string[] {
  switch (scope.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "TSModuleBlock":
      return scope.body.flatMap(declared);
    case "SwitchStatement":
      return scope.cases.flatMap(({ consequent }) => consequent.flatMap(declared));
    case "ForStatement":
      return scope.init === null ? [] : declared(scope.init);
    case "ForInStatement":
    case "ForOfStatement":
      return declared(scope.left);
    case "CatchClause":
      return bound(scope.param);
    case "ClassExpression":
      return bound(scope.id);
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return [...bound(scope.id), ...scope.params.flatMap(bound)];
    default:
      return [];
  }
}

/** The names that a statement declares in the scope it stands in. */
function declared(statement: Node): string[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) => bound(id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return bound(statement.id);
    case "TSEnumDeclaration":
      return bound(statement.id);
    case "ImportDeclaration":
      return statement.specifiers.flatMap(({ local }) => bound(local));
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return statement.declaration === null ? [] : declared(statement.declaration);
    default:
      return [];
  }
}

/** The names that a pattern binds. */
function bound(pattern: Node | null): string[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return bound(pattern.left);
    case "RestElement":
      return bound(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap(bound);
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        bound(property.type === "Property" ? property.value : property)
      );
    case "TSParameterProperty":
      return bound(pattern.parameter);
    default:
      return [];
  }
}
