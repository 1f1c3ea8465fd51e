import { NAMESPACE } from "../authz/mod.ts";

/** How a document is signed and handed in, a line each, for stderr. */
export function signingLines(): string {
  return "Sign it, the exact bytes of it, on a machine of your own:\n" +
    `  ssh-keygen -Y sign -n ${NAMESPACE} -f KEY op.json\n` +
    "Look at it first, and check both before they are handed in:\n" +
    "  felhom-agent op show < op.json\n" +
    "  cat op.json op.json.sig | felhom-agent op check\n";
}
