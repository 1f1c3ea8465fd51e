/** How much of a storage may be given away. */
export interface StorageRatio {
  readonly storage: string;
  /** Times what the storage has. */
  readonly ratio: number;
}

const RATIO = /^([A-Za-z][A-Za-z0-9._-]{0,62}[A-Za-z0-9])=(\d{1,2}(?:\.\d{1,3})?)$/;

/** Reads `STORAGE=RATIO`; answers with the reason when the text is none. */
export function parseOvercommit(text: string): StorageRatio | { readonly reason: string } {
  const [, storage, number] = RATIO.exec(text) ?? [];
  if (storage === undefined || number === undefined) {
    return { reason: "it is not the name of a storage, = and a number such as 1.5" };
  }
  const ratio = Number(number);
  if (ratio < 0.1 || ratio > 20) return { reason: "a ratio is from 0.1 to 20" };
  return { storage, ratio };
}
