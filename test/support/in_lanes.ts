/** Does `work` with every item, at most so many at once. */
export async function inLanes<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>,
  { atOnce }: { readonly atOnce: number },
): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
