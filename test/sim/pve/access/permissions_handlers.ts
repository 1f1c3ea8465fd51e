import type { Handlers } from "../contract/endpoints.ts";
import type { AccessControl } from "./access_control.ts";
import { splitTokenId } from "./identities.ts";

/**
 * `GET /access/permissions`: one's own rights need none; those of others need Sys.Audit on
 * /access. A path is answered as it was asked, with an empty table where there is nothing.
 */
export function permissionsHandlers(
  accessControl: AccessControl,
): Pick<Handlers, "GET /access/permissions"> {
  return {
    "GET /access/permissions"({ path, userid }, { identity, access }) {
      const asked = userid ?? identity.full;
      const isOwn = asked === identity.full || splitTokenId(asked)?.user === identity.full;
      if (!isOwn) access.check("/access", ["Sys.Audit"]);
      return path === undefined || path === ""
        ? accessControl.effectiveEverywhere(asked)
        : { [path]: accessControl.effective(asked, path) };
    },
  };
}
