import { FelhomError } from "../errors.ts";
import type { HostReads } from "./observe.ts";
import type { ProxmoxSetup } from "./setup.ts";

/** Makes what the daemon talks to Proxmox with. Nothing is connected yet. */
export function wireReads({ endpoint }: ProxmoxSetup): HostReads & Disposable {
  const missing = (): Promise<never> =>
    Promise.reject(new FelhomError("internal.bug", `Nothing reads ${endpoint.url} yet`));
  return { version: missing, nodes: missing, guests: missing, [Symbol.dispose]() {} };
}
