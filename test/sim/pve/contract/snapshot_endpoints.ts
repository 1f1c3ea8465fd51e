import { z } from "zod";
import { anywhere, endpoint, protectedEndpoint } from "./endpoint.ts";
import { boolean, text } from "./parameter.ts";
import { any, everyone, onGuest } from "./permission.ts";
import { node, snapname, vmid } from "./url_parameters.ts";

const guest = z.strictObject({ node, vmid });
const snapshot = z.strictObject({ node, vmid, snapname });
const description = text().optional();

/** Snapshots of containers (FACTS §3.7). */
export const SNAPSHOT_ENDPOINTS = {
  "GET /nodes/{node}/lxc/{vmid}/snapshot": protectedEndpoint(guest, onGuest("VM.Audit")),
  "POST /nodes/{node}/lxc/{vmid}/snapshot": protectedEndpoint(
    guest.extend({ description, snapname }),
    onGuest("VM.Snapshot"),
  ),
  "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}": anywhere(endpoint(snapshot, everyone)),
  "DELETE /nodes/{node}/lxc/{vmid}/snapshot/{snapname}": protectedEndpoint(
    snapshot.extend({ force: boolean().optional() }),
    onGuest("VM.Snapshot"),
  ),
  "POST /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback": protectedEndpoint(
    snapshot.extend({ start: boolean().optional() }),
    any("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback"),
  ),
  "GET /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config": endpoint(
    snapshot,
    any("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"),
  ),
  "PUT /nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config": protectedEndpoint(
    snapshot.extend({ description }),
    onGuest("VM.Snapshot"),
  ),
};
