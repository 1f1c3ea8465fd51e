import type { Params } from "../action/mod.ts";
import type { Form } from "./form.ts";

/** What a change of settings says, or what of it a new guest is made with. */
type Change = Pick<Params<"guest.settings">, "set"> & Partial<Params<"guest.settings">>;

/**
 * Settings as parameters: what is set by its own name, what goes back to its default as `delete`.
 * Tags are joined as Proxmox stores them (FACTS §3.1).
 */
export function settingsForm({ set, unset = [] }: Change): Form {
  const { tags, ...rest } = set;
  return {
    ...rest,
    tags: tags?.join(";"),
    delete: unset.length === 0 ? undefined : unset,
  };
}
