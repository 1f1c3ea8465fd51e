/**
 * A signal that is aborted when the process is told to end: SIGTERM (systemd) or SIGINT (a
 * terminal). A second one ends the process at once. Needs no right, and holds after the seal.
 *
 * @param exit what a second signal does
 */
export function untilTold(exit: (code: number) => void = Deno.exit): AbortSignal {
  const told = new AbortController();
  for (const [name, number] of [["SIGTERM", 15], ["SIGINT", 2]] as const) {
    Deno.addSignalListener(name, () => {
      if (told.signal.aborted) exit(128 + number);
      else told.abort(new Error(`Told to end by ${name}`));
    });
  }
  return told.signal;
}
