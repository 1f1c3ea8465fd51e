import { Buffer } from "node:buffer";
import type { ApiRequest, ParamValue } from "../seam.ts";
import { decodePerlJson } from "./decode_perl_json.ts";

type Params = ApiRequest["params"];

/** Where pveproxy's Perl dies on a body that is no object (`http-put-json-list`). */
const AT = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.\n";

/** The media type before the first `;` or `,`; undefined when the header is missing or empty. */
export function mediaType(header: string | undefined): string | undefined {
  return header === undefined || header === "" ? undefined : header.split(/\s*[;,]\s*/)[0];
}

/**
 * Parameters of a form body or a query, given one character per byte: `&` and `;` separate, a
 * repeated key becomes an array, values are UTF-8 and what is not becomes U+FFFD, a key with
 * nothing behind `=` has no value (FACTS §1.4, `http-form-*`).
 */
export function decodeForm(text: string): Params {
  const params: Record<string, ParamValue> = Object.create(null);
  if (text === "") return params;
  for (const pair of text.split(/[&;]/)) {
    // Perl's split drops what follows a second "=", and an empty value altogether.
    const [rawKey = "", rawValue = ""] = pair.split("=");
    const key = unescapeBytes(rawKey.replaceAll("+", " "));
    if (rawValue === "") {
      params[key] = null;
      continue;
    }
    const bytes = unescapeBytes(rawValue.replaceAll("+", " "));
    const value = Buffer.from(bytes, "latin1").toString("utf8");
    const before = params[key];
    params[key] = before === undefined || before === null
      ? value
      : Array.isArray(before)
      ? [...before, value]
      : [before, value];
  }
  return params;
}

/**
 * The parameters of a request: those of the body, overridden by those of the query, without `_dc`.
 *
 * @throws {SyntaxError} with the text Perl would die with, when the body is not what it says it is
 */
export function extractParams(
  method: string,
  query: string,
  body: { readonly type: string | undefined; readonly bytes: Uint8Array },
): Params {
  const queryParams = decodeForm(query);
  const carriesBody = method === "POST" || method === "PUT";
  const params: Record<string, ParamValue> = Object.assign(
    Object.create(null),
    carriesBody ? bodyParams(body) : undefined,
    queryParams,
  );
  delete params._dc;
  return params;
}

/** Undoes percent encoding once, byte by byte; text in and out is one character per byte. */
export function unescapeBytes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(
    /%([0-9a-fA-F]{2})/g,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function bodyParams(
  body: { readonly type: string | undefined; readonly bytes: Uint8Array },
): Params {
  if (body.type !== "application/json") {
    return decodeForm(Buffer.from(body.bytes).toString("latin1"));
  }
  const value = decodePerlJson(Buffer.from(body.bytes).toString("utf8"));
  if (value === null) return {}; // Perl makes a hash of undef by itself (`http-post-json-null`).
  if (Array.isArray(value)) throw new SyntaxError(`Not a HASH reference ${AT}`);
  if (!isObject(value)) {
    const text = typeof value === "boolean" ? (value ? "1" : "0") : String(value);
    throw new SyntaxError(
      `Can't use string ("${text}") as a HASH ref while "strict refs" in use ${AT}`,
    );
  }
  return value;
}

function isObject(value: ParamValue): value is { readonly [key: string]: ParamValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
