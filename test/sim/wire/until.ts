/**
 * Waits for a state that something else brings about, for tests.
 *
 * @throws when it has not come after ten seconds
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
