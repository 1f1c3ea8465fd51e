import type { Announcement } from "../sim/spawn.ts";

/**
 * Named by no literal, so that only who runs the benchmarks fetches it: `test/bench/deno.lock` pins
 * it with what it needs, apart from the product's own lock file.
 */
const PACKAGE = "npm:proxmox-api@1.1.1";

/** What is used of the package: a path, call by call. */
interface Nodes {
  $(node: string): {
    readonly lxc: {
      $get(): Promise<unknown>;
      $(vmid: number): { readonly config: { $get(): Promise<unknown> } };
    };
  };
}

/** The reads that are compared, through the npm package `proxmox-api`. */
export interface ProxmoxApi {
  guests(node: string): Promise<unknown>;
  guestConfig(node: string, vmid: number): Promise<unknown>;
  close(): void;
}

/**
 * A client of the npm package `proxmox-api`, over `fetch` with the authority's certificate: it
 * cannot pin.
 */
export async function openProxmoxApi({ ca, endpoint, token }: Announcement): Promise<ProxmoxApi> {
  const { default: create }: { default: (options: unknown) => { readonly nodes: Nodes } } =
    await import(PACKAGE);
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const { hostname, port } = new URL(endpoint);
  const split = token.lastIndexOf("=");
  const { nodes } = create({
    host: hostname,
    port: Number(port),
    tokenID: token.slice(0, split),
    tokenSecret: token.slice(split + 1),
    fetch: (address: URL, options: RequestInit) => fetch(address, { ...options, client }),
  });
  return {
    guests: (node) => nodes.$(node).lxc.$get(),
    guestConfig: (node, vmid) => nodes.$(node).lxc.$(vmid).config.$get(),
    close: () => client.close(),
  };
}
