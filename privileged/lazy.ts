/**
 * A value that is made when it is first asked for, and then kept.
 *
 * All schemas are made so: the helper lives for one request and needs few of them; making them all
 * takes as long as starting its program.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
