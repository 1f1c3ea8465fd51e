/** A property string (`name=eth0,bridge=vmbr0`) taken apart, in the order it came. */
export type Properties = ReadonlyMap<string, string>;

/**
 * Takes a property string apart. A part without `=` belongs to `defaultKey`.
 * Validity is the parameter schema's business, not this function's.
 */
export function parseProperties(text: string, defaultKey?: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of text.split(",")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    if (at > 0 && !(properties.size === 0 && part.startsWith("/"))) {
      properties.set(part.slice(0, at), part.slice(at + 1));
    } else if (defaultKey !== undefined) {
      properties.set(defaultKey, part);
    }
  }
  return properties;
}

/**
 * Puts a property string together as Proxmox does: the default key bare and first, then the
 * required ones, then the rest by the alphabet (captures: `name=eth0,bridge=…,hwaddr=…,type=veth`).
 */
export function printProperties(
  properties: Properties,
  options: { readonly defaultKey?: string; readonly first?: readonly string[] },
): string {
  const { defaultKey, first = [] } = options;
  const parts: string[] = [];
  const bare = defaultKey === undefined ? undefined : properties.get(defaultKey);
  if (bare !== undefined) parts.push(bare);
  const rest = [...properties.keys()].filter((key) => key !== defaultKey && !first.includes(key));
  for (const key of [...first, ...rest.toSorted()]) {
    const value = properties.get(key);
    if (value !== undefined) parts.push(`${key}=${value}`);
  }
  return parts.join(",");
}

/** A boolean inside a property string (FACTS §1.4). */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|on|yes|true)$/i.test(value);
}
