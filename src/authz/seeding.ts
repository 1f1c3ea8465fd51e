import { instanceId } from "./instance_id.ts";

/** How root's wish to have the signers' files taken over again is to be understood. */
export type Reseed =
  | { readonly kind: "none" }
  | { readonly kind: "wanted"; readonly sequence: number }
  | { readonly kind: "ignored"; readonly why: string };

/** The highest that `operations.signers_floor` can guard. */
const HIGHEST = 1_000_000;

/** What of the host the wish is held against. */
interface Reseeded {
  readonly instance: string;
  /** Epoch milliseconds; null while root reseeded nothing. */
  readonly reseededAt: number | null;
  /** The highest sequence that is known to have been in force, by the state and by root's floors. */
  readonly known: number;
}

/**
 * Reads root's wish: the id of an instance and the sequence that the sets of the files get, on one
 * line. It holds for that instance, once, and above all that was in force before. The first two are
 * known to the state alone, which may have been put back to a day before the wish was obeyed: root's
 * floor, which was raised since, shows that the file was left lying.
 *
 * @param text of the file; empty when there is none
 */
export function readReseedWish(
  text: string,
  { instance, reseededAt, known }: Reseeded,
): Reseed {
  if (text === "") return { kind: "none" };
  const [id = "", named, ...rest] = text.replace(/\r?\n$/, "").split(" ");
  const wanted = /^[1-9][0-9]{0,6}$/.test(named ?? "") ? Number(named) : undefined;
  if (!instanceId.safeParse(id).success || rest.length > 0) return ignored(FORM);
  if (id !== instance) return ignored(`it names the instance ${id}; this is ${instance}`);
  if (reseededAt !== null) {
    const when = new Date(reseededAt).toISOString();
    return ignored(`the signers of this instance were reseeded already, on ${when}`);
  }
  if (named === undefined || wanted === undefined || wanted > HIGHEST) return ignored(FORM);
  if (wanted > known) return { kind: "wanted", sequence: wanted };
  return ignored(
    `it names the sequence ${wanted}, and by the state or operations.signers_floor set ${known} ` +
      `was in force already: it may have been left lying. If it was not, name ${known + 1}`,
  );
}

const FORM = "it does not hold the id of an instance and a sequence alone, with a space between " +
  `(INSTANCE SEQUENCE, the sequence from 1 to ${HIGHEST})`;

function ignored(why: string): Reseed {
  return { kind: "ignored", why };
}
