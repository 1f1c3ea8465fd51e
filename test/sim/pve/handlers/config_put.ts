import type { Handlers } from "../contract/endpoints.ts";
import { badParameters, failure } from "../pve_error.ts";
import { updateConfig } from "../world/config_update.ts";
import { isOption, optionsAmong } from "../world/option_normal_form.ts";
import { splitList } from "../world/text_forms.ts";
import type { World } from "../world/world.ts";
import { checkOptionRights } from "./option_rights.ts";

/** Parameters that are no options. */
const OF_THE_CALL = new Set(["node", "vmid", "digest"]);

/** Changing a guest's configuration (FACTS §3.3, §3.5). */
export function configPutHandlers(
  world: World,
): Pick<Handlers, "PUT /nodes/{node}/lxc/{vmid}/config"> {
  return {
    "PUT /nodes/{node}/lxc/{vmid}/config": async (params, { access }) => {
      const { vmid, digest } = params;
      const values = optionsAmong(params, world.random);
      const deletes = splitList(params.delete ?? "");
      const reverts = splitList(params.revert ?? "");
      // An option that is null counts as given (capture http-put-json-null).
      if (Object.keys(params).every((name) => OF_THE_CALL.has(name))) {
        throw failure("no options specified");
      }
      for (const name of deletes) {
        if (values.has(name)) {
          throw badParameters({
            delete: `you can't use '-${name}' and -delete ${name}' at the same time`,
          });
        }
        if (!isOption(name)) throw badParameters({ delete: `unknown option '${name}'` });
      }
      for (const name of reverts) {
        if (!isOption(name)) throw badParameters({ revert: `unknown option '${name}'` });
        if (values.has(name) || deletes.includes(name)) {
          throw badParameters({
            revert: `you can't use '-revert ${name}' with a change of it at the same time`,
          });
        }
      }
      const { config } = world.guest(vmid);
      checkOptionRights(access, {
        vmid,
        old: config.options,
        values,
        deletes: [...deletes, ...reverts],
        unprivileged: config.options.get("unprivileged") === "1",
      });
      await updateConfig(world, vmid, { values, deletes, reverts, digest });
      return null;
    },
  };
}
