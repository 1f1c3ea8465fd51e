const OCTET = "(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9])";
const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;

/** Whether `text` is a dotted IPv4 address without leading zeros. */
export function isIpv4(text: string): boolean {
  return new RegExp(`^${IPV4}$`).test(text);
}

/** Whether `text` is an IPv6 address: eight groups, one `::` allowed, the last two may be IPv4. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[0-9a-fA-F:.]+$/.test(text)) return false;
  const groups = halves.flatMap((half) => half === "" ? [] : half.split(":"));
  const last = groups.at(-1) ?? "";
  const tail = last.includes(".") ? 2 : 1;
  if (tail === 2 && !isIpv4(last)) return false;
  const hex = tail === 2 ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = hex.length + (tail === 2 ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** `ADDRESS/BITS`; Proxmox wants more than 7 bits. */
export function isCidr(text: string, version: 4 | 6): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d+$/.test(bits) || Number(bits) <= 7) return false;
  return version === 4
    ? isIpv4(address) && Number(bits) <= 32
    : isIpv6(address) && Number(bits) <= 128;
}
