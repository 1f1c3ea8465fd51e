import type * as z from "zod";
import { HIDDEN } from "../action/grammar.ts";
import { type Action, type ActionKind, PARAMS, readAction } from "../action/mod.ts";
import {
  DOCUMENT_LIMIT,
  DOCUMENT_VERSION,
  frameOf,
  kindOfOperation,
  type OperationDocument,
  targetOf,
} from "./operation_document.ts";
import { refuse } from "./refuse.ts";
import { parseUtcSeconds } from "./utc_seconds.ts";
import { renderDocument } from "./render_document.ts";

/** Deeper than any document is; checked before anything walks down. */
const DEEPEST = 8;

/** A document with the action it asks for. */
export interface ParsedDocument {
  readonly document: OperationDocument;
  readonly action: Action;
  /** From when on it is valid, epoch milliseconds. */
  readonly notBefore: number;
  /** Until when it is valid, epoch milliseconds; that moment is not. */
  readonly expiresAt: number;
}

/**
 * Reads a document from the bytes that were signed. They must be exactly what
 * {@linkcode renderDocument} makes of what they say, so there is one text for one meaning: a key
 * twice, `1e2`, `\u0041` or another order of keys cannot pass.
 *
 * @throws {FelhomError} `authz.too_large`, and those of the document step
 */
export function parseDocument(bytes: Uint8Array): ParsedDocument {
  checkDocumentSize(bytes);
  const text = decode(bytes);
  checkCharacters(text);
  checkDepth(text);
  const value = parseJson(text);
  const kind = kindOf(value);
  const frame = checked(frameOf(targetOf(kind)), value, "");
  const [notBefore, expiresAt] = [timeOf(frame.not_before), timeOf(frame.expires)];
  if (!(notBefore < expiresAt)) {
    refuse("authz.malformed", "The document does not hold: it expires before it begins", NEW_ONE);
  }
  const guest = "guest" in frame ? frame.guest : null;
  const read = readAction({ kind, guest, params: frame.params });
  if (!read.ok) {
    checked<Action["params"]>(PARAMS[kind], frame.params, "params.");
    return refuse("authz.malformed", read.message, NEW_ONE);
  }
  const document: OperationDocument = { ...frame, params: read.action.params };
  if (renderDocument(document) !== text) {
    refuse(
      "authz.other_rendering",
      "The document is not written in the one way it may be written " +
        "(a key twice, another order, other blanks, an escape, another form of a number)",
      NEW_ONE,
    );
  }
  return { document, action: read.action, notBefore, expiresAt };
}

/** Of a text that was found to be a time. */
function timeOf(text: string): number {
  return parseUtcSeconds(text) ?? Number.NaN;
}

const NEW_ONE = "Make the document with: felhom-agent op new";

/** @throws {FelhomError} `authz.too_large` */
export function checkDocumentSize({ length }: Uint8Array): void {
  if (length <= DOCUMENT_LIMIT) return;
  refuse(
    "authz.too_large",
    `The document has ${length} bytes; at most ${DOCUMENT_LIMIT} are read`,
    NEW_ONE,
  );
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return refuse("authz.wrong_encoding", "The document is not UTF-8", NEW_ONE);
  }
}

function checkCharacters(text: string): void {
  if (/^[\n\x20-\x7e]*$/.test(text)) return;
  const found = HIDDEN.exec(text.replaceAll("\n", " "));
  if (found === null) return;
  const point = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const line = text.slice(0, found.index).split("\n").length;
  refuse(
    "authz.hidden_characters",
    `The document holds a character that cannot be seen (U+${point}, line ${line})`,
    NEW_ONE,
  );
}

/** Without recursion, and brackets inside of texts apart. */
function checkDepth(text: string): void {
  // Nearly all documents: there are fewer brackets in all than may be open at once.
  if (text.split(/[[{]/, DEEPEST + 2).length <= DEEPEST + 1) return;
  let depth = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (mark === "[" || mark === "{") depth++;
    else if (mark === "]" || mark === "}") depth--;
    if (depth > DEEPEST) {
      refuse("authz.too_deep", `The document nests deeper than ${DEEPEST} levels`, NEW_ONE);
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse("authz.not_json", "The document is not JSON", NEW_ONE);
  }
}

/** Version and operation come first: what a newer document means is not known here. */
function kindOf(value: unknown): ActionKind {
  const version = member(value, "v");
  if (version !== DOCUMENT_VERSION) {
    refuse(
      "authz.unknown_version",
      `The document is of version ${quote(version)}; this agent knows ${DOCUMENT_VERSION}`,
      "Make the document with the op new of the agent that is to carry it out.",
    );
  }
  const operation = member(value, "op");
  const kind = typeof operation === "string" ? kindOfOperation(operation) : undefined;
  return kind ?? refuse(
    "authz.unknown_operation",
    `There is no operation ${quote(operation)} to be signed`,
    "See: felhom-agent help op new",
  );
}

function checked<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const unknown = read.error.issues.find(({ code }) => code === "unrecognized_keys");
  if (unknown?.code === "unrecognized_keys") {
    const where = [...unknown.path, unknown.keys[0] ?? ""].join(".");
    refuse(
      "authz.unknown_key",
      `The document has the key ${quote(place + where)}, which its operation does not have`,
      NEW_ONE,
    );
  }
  const [issue] = read.error.issues;
  return refuse(
    "authz.malformed",
    `The document does not hold: ${place}${issue?.path.join(".") ?? ""}: ${
      issue?.message ?? "wrong"
    }`,
    NEW_ONE,
  );
}

function member(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isObject ? Reflect.get(value, name) : undefined;
}

function quote(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, 80);
}
