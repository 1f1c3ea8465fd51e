import type { Params } from "../action/mod.ts";
import type { Form } from "./form.ts";

/** What a change of settings says, or what of it a new guest is made with. */
type Change = Pick<Params<"guest.settings">, "set"> & Partial<Params<"guest.settings">>;

/**
 * Settings as parameters: what is set by its own name, what goes back to its default as `delete`.
 * Tags are joined as Proxmox stores them (FACTS §3.1). No tags and no description are defaults too,
 * and cannot be sent otherwise: of a parameter without a value the server's Perl sees none.
 */
export function settingsForm({ set, unset = [] }: Change): Form {
  const { tags, description, ...rest } = set;
  const emptied = [
    ...(tags?.length === 0 ? ["tags"] : []),
    ...(description === "" ? ["description"] : []),
  ];
  const deleted = [...unset, ...emptied];
  return {
    ...rest,
    description: description === "" ? undefined : description,
    tags: tags?.length === 0 ? undefined : tags?.join(";"),
    delete: deleted.length === 0 ? undefined : deleted,
  };
}
