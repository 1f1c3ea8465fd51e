/** So many of the items, by a seed: the same seed, the same choice. Their order stays. */
export function sample<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  let state = seed >>> 0;
  // Mulberry32: small, and good enough for a choice.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const drawn = new Set(
    items.map((_, at) => ({ at, lot: next() }))
      .toSorted((a, b) => a.lot - b.lot)
      .slice(0, count)
      .map(({ at }) => at),
  );
  return items.filter((_, at) => drawn.has(at));
}
