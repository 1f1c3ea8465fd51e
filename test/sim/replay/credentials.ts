import { AccessControl } from "../pve/access/access_control.ts";
import { CAPTURED_ROLE } from "../pve/scenarios/captures.ts";

const USER = "felhom-agent@pve";
const SECRET = "11111111-2222-3333-4444-555555555555";

/** What the requests that carry no listed token carried instead, by capture. */
const UNLISTED: Readonly<Record<string, string>> = {
  "err-401-bad-secret": `PVEAPIToken=${USER}!agent=00000000-0000-0000-0000-000000000000`,
  "err-401-unknown-tokenid": `PVEAPIToken=${USER}!nosuch=${SECRET}`,
  "err-401-unknown-user": `PVEAPIToken=nobody@pve!agent=${SECRET}`,
  "err-401-malformed-token": "PVEAPIToken=garbage",
  "err-401-revoked-token": `PVEAPIToken=${USER}!revoked=${SECRET}`,
  "ok-token-with-space-instead-of-equals": `PVEAPIToken ${USER}!agent=${SECRET}`,
};

/** Users, tokens and roles of the captures' server. */
export function capturedAccess(now: () => number): AccessControl {
  const access = new AccessControl({ now });
  access.setRole("Agent", CAPTURED_ROLE);
  access.setRole("AgentAndMore", [...CAPTURED_ROLE, "Sys.Syslog", "Sys.Modify"]);
  access.identities.setUser(USER);
  access.acl.grant({ path: "/", role: "Agent", to: USER });
  addToken(access, "agent", "Agent");
  addToken(access, "more", "AgentAndMore");
  addToken(access, "expired", "Agent", { expire: 1 });
  addToken(access, "weak", "PVEAuditor", { path: "/vms/101" });
  access.identities.setToken(`${USER}!full`, { secret: SECRET, privsep: false });
  for (const privilege of CAPTURED_ROLE) {
    const name = `no-${privilege.replaceAll(".", "-")}`;
    access.setRole(name, CAPTURED_ROLE.filter((kept) => kept !== privilege));
    addToken(access, name, name);
  }
  return access;
}

/** The `Authorization` header of a capture's request; the captures leave secrets out. */
export function authorizationOf(token: string | null, capture: string): string {
  if (token === null || token === "other") {
    const unlisted = UNLISTED[capture];
    if (unlisted === undefined) throw new Error(`Cannot tell which token "${capture}" sent`);
    return unlisted;
  }
  return `PVEAPIToken=${USER}!${token}=${SECRET}`;
}

function addToken(
  access: AccessControl,
  name: string,
  role: string,
  options: { readonly expire?: number; readonly path?: string } = {},
): void {
  const id = `${USER}!${name}`;
  const { expire = 0, path = "/" } = options;
  access.identities.setToken(id, { secret: SECRET, expire });
  access.acl.grant({ path, role, to: id });
}
