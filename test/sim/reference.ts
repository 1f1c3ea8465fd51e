/**
 * Facts about Proxmox VE lie beside the repository in CI and development, never in it. Where they
 * are absent, tests that hold the simulator against them skip and say so.
 */
const REFERENCE = new URL("../../../shared/", import.meta.url);

/** A file under `../shared`, for instance `pve/api-9.2.3.json`. */
export function referenceFile(path: string): URL {
  return new URL(path, REFERENCE);
}

/** Whether `../shared` has a file; where it has not, prints why the test that asks is skipped. */
export function isReferenceMissing(path: string): boolean {
  try {
    Deno.statSync(referenceFile(path));
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const text = `Skipping: ../shared/${path} is not there; it is no part of a clone\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(text));
    return true;
  }
}
