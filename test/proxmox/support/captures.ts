import { repositoryRoot } from "../../support/repository.ts";

/** An answer of a genuine server, as it was recorded. */
export interface Capture {
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below `/api2/json`, without query. */
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  readonly body: unknown;
}

const folder = new URL("../shared/pve/", repositoryRoot);

/** Reads a text of the shared facts; `undefined`, with a reason printed, where they are not there. */
function readShared(name: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(name, folder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // deno-lint-ignore no-console -- a skipped test says why
    console.log(`Skipping what needs ../shared/pve/${name}: it is not there`);
    return undefined;
  }
}

/** All recorded answers to calls of the API; `undefined` where they are not there. */
export function readCaptures(): readonly Capture[] | undefined {
  return readShared("captures/captures.jsonl")?.trim().split("\n").flatMap((line) => {
    const { name, request, status, status_line, body } = JSON.parse(line);
    if (typeof request?.path !== "string" || typeof status !== "number") return [];
    const path = request.path.split("?")[0].replace(/^\/api2\/json/, "");
    const reason = status_line.replace(/^HTTP\/1\.\d \d+ ?/, "");
    return [{ name, method: request.method, path, status, reason, body }];
  });
}

/** The official description of the API; `undefined` where it is not there. */
export function readContract(): Contract | undefined {
  const text = readShared("api-9.2.3.json");
  return text === undefined ? undefined : JSON.parse(text);
}

export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ContractMethod>>>>;
}

export interface ContractMethod {
  readonly protected: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}
