/** Where the Proxmox API answers. */
export interface Endpoint {
  /** Host name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As it is shown: `https://127.0.0.1:8006`, `https://[::1]:8006`. */
  readonly url: string;
  /** Whether it can only be this machine: 127.0.0.0/8, `::1` or `localhost`. */
  readonly loopback: boolean;
}

/** pveproxy's port. */
const DEFAULT_PORT = 8006;

/** Reads an endpoint; answers with the reason when the text is none. */
export function parseEndpoint(text: string): Endpoint | { readonly reason: string } {
  if (!URL.canParse(text)) return { reason: "it is not a URL" };
  const url = new URL(text);
  if (url.protocol !== "https:") return { reason: "only https is spoken" };
  if (url.username !== "" || url.password !== "") {
    return { reason: "the token does not belong into the URL" };
  }
  if (url.pathname !== "/" || /[?#]/.test(text)) {
    return { reason: "it has a path, a query or a fragment" };
  }
  const bracketed = /^\[(.*)\]$/.exec(url.hostname)?.[1];
  const host = bracketed ?? url.hostname;
  // Only a listed name can be granted to the daemon; `a.` and `a` would be two.
  if (bracketed === undefined && !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(host)) {
    return { reason: "the host is neither a name nor an address" };
  }
  // URL drops a port that is the scheme's own.
  const port = url.port === "" ? (/:443\/?$/.test(text) ? 443 : DEFAULT_PORT) : Number(url.port);
  if (port === 0) return { reason: "port 0 cannot be connected to" };
  return {
    host,
    port,
    url: `https://${url.hostname}:${port}`,
    loopback: host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host),
  };
}
