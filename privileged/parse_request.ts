import type * as z from "zod";
import { Refusal } from "./helper_errors.ts";
import {
  isCallerId,
  isOperation,
  LIMITS,
  OPERATIONS,
  PROTOCOL_VERSION,
  type Request,
} from "./protocol.ts";

/** A refusal together with what could be read of whom it is for. */
export class RequestRefusal extends Refusal {
  readonly id: string | null;

  constructor(refusal: Refusal, id: string | null) {
    super(refusal.code, refusal.message);
    this.id = id;
  }
}

/**
 * Understands a request, or refuses it. Pure: no request, however made, starts anything here.
 *
 * The text must equal its own rendering. So there are no duplicate keys, no spaces, no second way
 * to write a number or a character; what was checked is what was sent.
 *
 * @throws {RequestRefusal}
 */
export function parseRequest(line: string): Request {
  let id: string | null = null;
  try {
    const value = parseCanonical(line);
    id = readId(value);
    return understand(value);
  } catch (error) {
    if (error instanceof Refusal) throw new RequestRefusal(error, id);
    throw error;
  }
}

function parseCanonical(line: string): object {
  if (line === "") throw new Refusal("empty", "The request is an empty line");
  if (depthOf(line) > LIMITS.requestDepth) {
    throw new Refusal("malformed", `A request is at most ${LIMITS.requestDepth} levels deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refusal("malformed", "The request is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal("malformed", "The request is no JSON object");
  }
  if (JSON.stringify(value) !== line) {
    throw new Refusal(
      "malformed",
      "The request does not equal its own rendering: a key twice, spaces, or an odd number or escape",
    );
  }
  return value;
}

/** How deep brackets nest, those within strings apart. Of broken JSON it is an upper bound. */
function depthOf(line: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of line.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (bracket === "{" || bracket === "[") deepest = Math.max(deepest, ++depth);
    else if (bracket === "}" || bracket === "]") depth--;
  }
  return deepest;
}

function readId(value: object): string | null {
  const id = own(value, "id");
  return isCallerId(id) ? id : null;
}

function understand(value: object): Request {
  if (own(value, "v") !== PROTOCOL_VERSION) {
    throw new Refusal("wrong_version", `The helper speaks version ${PROTOCOL_VERSION} only`);
  }
  const op = own(value, "op");
  if (!isOperation(op)) {
    throw new Refusal("unknown_operation", `There is no operation ${quote(op)}`);
  }
  const { success, data, error } = OPERATIONS[op].request().safeParse(value);
  if (!success) throw new Refusal("invalid", describe(error));
  return data;
}

/** Names at most three places; the texts come from outside and are cut. */
function describe({ issues }: z.ZodError): string {
  return issues.slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join(".") || "request"}: ${message}`)
    .join("; ")
    .slice(0, 400);
}

function quote(value: unknown): string {
  return typeof value === "string" ? `"${value.slice(0, 64)}"` : `of type ${typeof value}`;
}

function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
