/**
 * One text for one value: no space, keys of objects in the order of their UTF-16 units. A key whose
 * value is `undefined` is left out, as `JSON.stringify` does.
 *
 * @throws {TypeError} for what JSON cannot say: a number that is not finite, a function, a symbol, a
 * bigint, `undefined` alone or in an array
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
      const members = Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([left], [right]) => left < right ? -1 : 1)
        .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
      return `{${members.join(",")}}`;
    }
  }
  throw new TypeError(`Cannot write ${typeof value} ${String(value)} as JSON`);
}
