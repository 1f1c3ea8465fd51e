/**
 * Everything that changes something through the helper. Imported by `daemon/wiring.ts` only. Each
 * call begins by using up a permit of the gate, and what it does is what the permit's action says.
 */
import { redeem } from "../gate/mod.ts";
import { callHelper, type HelperLink } from "./call.ts";
import type { HelperMutations } from "./mutating_face.ts";

/** The changing half of the helper's client. */
export function createHelperMutations(link: HelperLink): HelperMutations {
  return {
    async createGolden(permit, options) {
      const { guest: vmid, params } = redeem(permit, "golden.create");
      return await callHelper(link, { op: "golden.create", params: { vmid, ...params } }, options);
    },
    async mountDisk(permit, options) {
      const { params } = redeem(permit, "disk.mount");
      return await callHelper(link, { op: "disk.mount", params }, options);
    },
    async unmountDisk(permit, options) {
      const { params } = redeem(permit, "disk.unmount");
      return await callHelper(link, { op: "disk.unmount", params }, options);
    },
  };
}
