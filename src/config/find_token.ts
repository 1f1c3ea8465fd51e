import { decodeUtf8, isExposed, octal, type ReadFile, whyUnreadable } from "./files.ts";
import { variableOf } from "./environment.ts";
import type { ConfigSources } from "./sources.ts";
import { liesIn, PLACES, resolvePath } from "./places.ts";
import type { Problem } from "./problem.ts";
import { type ApiToken, parseToken } from "./token.ts";

const LIMIT = 4096;
const CREDENTIAL = "proxmox-token";

/**
 * Finds the API token. `proxmox.token` comes first; this is for when it is not set:
 * 1. `proxmox.token_file` (only one of the two may be set; the environment's replaces the file's)
 * 2. the systemd credential `proxmox-token`: `$CREDENTIALS_DIRECTORY/proxmox-token`, else
 *    `/run/credentials/felhom-agent.service/proxmox-token`
 */
export async function findToken(
  tokenFile: string | undefined,
  { env, read }: Pick<ConfigSources, "env" | "read">,
): Promise<ApiToken | Problem> {
  if (tokenFile !== undefined) return await readToken(tokenFile, "proxmox.token_file", read);
  const directory = env("CREDENTIALS_DIRECTORY");
  const resolved = directory === undefined ? undefined : resolvePath(directory);
  const place = resolved !== undefined && liesIn(resolved, PLACES.credentials)
    ? resolved
    : PLACES.credentials;
  const path = `${place}/${CREDENTIAL}`;
  const credential = await read(path, LIMIT);
  if (credential.kind !== "missing" && credential.kind !== "denied") {
    return await readToken(path, path, read);
  }
  return {
    code: "config.missing",
    path: "proxmox.token_file",
    reason: `No API token: neither token_file nor token is set, and ${path} ${
      credential.kind === "missing" ? "does not exist" : "may not be read by this user"
    }`,
    hint:
      `Make one with pveum (README, "Role and token"), put it into ${PLACES.configuration}/token ` +
      `and set proxmox.token_file, or ${variableOf("proxmox.token_file")}.`,
  };
}

async function readToken(path: string, key: string, read: ReadFile): Promise<ApiToken | Problem> {
  const where = key === path ? {} : { where: path };
  const content = await read(path, LIMIT);
  if (content.kind !== "bytes") {
    return {
      code: "config.unreadable",
      path: key,
      ...where,
      ...whyUnreadable(path, content, LIMIT),
    };
  }
  if (isExposed(content.mode)) {
    return {
      code: "config.exposed",
      path: key,
      ...where,
      reason: `Every user of this machine may read or write the token (mode ${
        octal(content.mode)
      })`,
      hint: `Run: chmod 0640 ${path} (and make a new token, if somebody may have read it)`,
    };
  }
  const text = decodeUtf8(content.bytes);
  const token = text === undefined
    ? { reason: "it is not text" }
    : parseToken(text.replace(/\s+$/, ""));
  if (!("reason" in token)) return token;
  return {
    code: "config.invalid",
    path: key,
    ...where,
    reason: `The file holds no token: ${token.reason}`,
    allowed: "user@realm!name=secret on one line, as pveum prints it",
  };
}
