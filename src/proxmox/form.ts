/** A parameter. Lists become one text joined by commas, booleans `1` and `0` (FACTS §1.4). */
export type FormValue = string | number | boolean | readonly string[];

/** Parameters by name; `undefined` is left out. */
export type Form = Readonly<Record<string, FormValue | undefined>>;

/** Encodes parameters for a query or a body, as `a=1&b=x%20y`. */
export function encodeForm(form: Form): string {
  let text = "";
  for (const name in form) {
    const value = form[name];
    if (value === undefined) continue;
    if (text !== "") text += "&";
    text += `${encodeURIComponent(name)}=${encodeURIComponent(formText(value))}`;
  }
  return text;
}

/** A parameter as the text that Proxmox gets. */
export function formText(value: FormValue): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "object" ? value.join(",") : String(value);
}
