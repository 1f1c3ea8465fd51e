/**
 * "FELH" in SQLite's `application_id`. With `user_version`, the layout, it stands at a fixed place
 * of the file, so both are read before anything is made of the rest.
 */
export const APPLICATION_ID = 0x46454c48;

/** Bytes of a file that {@linkcode parseHeader} looks at. */
export const HEADER_LENGTH = 100;

/** What the first bytes of a file say. */
export type FileHeader =
  | { readonly kind: "empty" }
  /** No SQLite file: `why` says what is there instead. */
  | { readonly kind: "damaged"; readonly why: string }
  | {
    readonly kind: "sqlite";
    readonly application: number;
    readonly layout: number;
    /** Whether a reader needs the log beside the file. */
    readonly wal: boolean;
  };

/** Reads what SQLite wrote at the beginning of a file (sqlite.org/fileformat2.html, 1.3). */
export function parseHeader(bytes: Uint8Array): FileHeader {
  if (bytes.length === 0) return { kind: "empty" };
  if (bytes.every((byte) => byte === 0)) {
    return { kind: "damaged", why: "it is filled with zeros, as after a power failure" };
  }
  if (bytes.length < HEADER_LENGTH) return { kind: "damaged", why: "it was cut off" };
  if (new TextDecoder().decode(bytes.subarray(0, 16)) !== "SQLite format 3\0") {
    return { kind: "damaged", why: "it is not a database" };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: "sqlite",
    wal: view.getUint8(19) === 2,
    layout: view.getInt32(60),
    application: view.getInt32(68),
  };
}
