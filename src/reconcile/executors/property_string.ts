/**
 * A property string of Proxmox's, as `name=eth0,bridge=vmbr0` or `local:101/vm-101-disk-0.raw,size=4G`.
 * A first part without a name is under the empty name (FACTS §3.1).
 */
export function readProperties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").map((part) => {
      const at = part.indexOf("=");
      return at === -1 ? ["", part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

/** Whether a flag within a property string is on (FACTS §1.4). */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|on|yes|true)$/i.test(value);
}
