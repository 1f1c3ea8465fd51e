import { FelhomError } from "../../errors.ts";
import { parseVmid } from "../../proxmox/mod.ts";
import { isReadable } from "../../state/mod.ts";
import type { Work } from "../work.ts";
import { WITHOUT_SNAPSHOTS } from "./selftest_obstacle.ts";
import { standingScratch } from "./standing_scratch.ts";
import { SEE_TASKS, unseenTasks } from "./unseen_tasks.ts";

/** What a scratch guest is made from, and where. */
export interface ScratchPlace {
  readonly vmid: number;
  /** Volume id of the golden image. */
  readonly image: string;
  readonly storage: string;
  readonly bridge: string;
}

/** VMIDs that the cluster is asked for. More in a row are taken by what this node cannot see. */
const MOST_ASKED = 32;

/**
 * Finds what a scratch guest can be made from, and where: the first golden image that is pinned, the
 * first storage of the configuration that takes containers and has snapshots, the first bridge; and the
 * highest VMID of the drills' range, or else of the managed one, that is free and that neither a desired
 * state, an earlier one among them, nor the journal knows. Customers are numbered from below.
 *
 * As long as the guest of an earlier self-test is there, none is made beside it.
 *
 * Whether it stays free is decided by the gate, and by Proxmox itself, when the guest is made.
 *
 * @throws {FelhomError} `selftest.refused`, with the way out; `proxmox.*` when the host cannot be asked;
 * `desired.unreadable`
 */
export async function placeScratch(work: Work): Promise<ScratchPlace> {
  if (work.state.instances.current().doubt !== null) {
    throw refused(
      "the agent's state is older than the host, so it could not take it away again",
      "Look at what was done since, then acknowledge it: felhom-agent state ack",
    );
  }
  const standing = await standingScratch(work);
  if (standing !== null) throw refused(standing.why, standing.hint);
  const [image] = work.scratch.images;
  if (image === undefined) {
    throw refused(
      "no golden image is pinned",
      "Pin one in guests.golden_images (VOLID@BYTES); or name a stopped guest with --vmid.",
    );
  }
  const [bridge] = work.scratch.bridges;
  if (bridge === undefined) {
    throw refused("no bridge is configured", "Name one in proxmox.bridges; its link stays down.");
  }
  const storage = await storageFor(work);
  const unseen = await unseenTasks(work);
  if (unseen !== null) throw refused(unseen, SEE_TASKS);
  return { image, bridge, storage, vmid: await freeVmid(work) };
}

async function storageFor({ scratch, eyes: { reads } }: Work): Promise<string> {
  if (scratch.storages.length === 0) {
    throw refused("no storage is configured", "Name one in proxmox.storages.");
  }
  const rows = await reads.storages();
  const said: string[] = [];
  for (const name of scratch.storages) {
    const row = rows.find(({ storage }) => storage === name);
    const flaw = row === undefined
      ? "not there, or not to be seen"
      : row.content?.split(",").includes("rootdir") !== true
      ? "takes no containers"
      : row.enabled === false || row.active === false
      ? "not active"
      : WITHOUT_SNAPSHOTS.has(row.type ?? "")
      ? `no snapshots (${row.type})`
      : undefined;
    if (flaw === undefined) return name;
    said.push(`${name}: ${flaw}`);
  }
  throw refused(
    `no storage of proxmox.storages takes a container with snapshots (${said.join("; ")})`,
    "Add one that does to proxmox.storages, as ZFS or LVM-thin.",
  );
}

async function freeVmid(work: Work): Promise<number> {
  const { first, last } = work.drills ?? work.managed;
  const known = await knownVmids(work);
  let asked = 0;
  for (let vmid = last; vmid >= first && asked < MOST_ASKED; vmid--) {
    if (known.has(vmid)) continue;
    if (work.state.desired.everNamed(vmid)) continue;
    if (work.state.operations.restoringTo(vmid) !== undefined) continue;
    asked++;
    if (await work.eyes.reads.isFree(parseVmid(vmid))) return vmid;
  }
  throw refused(
    `no VMID from ${first} to ${last} is free${asked < MOST_ASKED ? "" : `, of ${asked} tried`}`,
    "Set guests.drill_vmids, or guests.managed_vmids, to a range with room.",
  );
}

/** VMIDs that are somebody's, or may be: on this node, in the desired state, in the journal. */
async function knownVmids({ state, provider, eyes: { reads } }: Work): Promise<Set<number>> {
  const desired = provider.current().guests;
  const journal = [
    ...state.operations.unfinished().filter(isReadable),
    ...state.transactions.open(),
    ...state.guests.scratch(),
  ];
  return new Set([
    ...(await reads.guests()).map(({ vmid }) => Number(vmid)),
    ...desired.keys(),
    ...journal.flatMap(({ vmid }) => vmid ?? []),
  ]);
}

function refused(why: string, hint: string): FelhomError {
  return new FelhomError("selftest.refused", `Cannot make a guest for the self-test: ${why}`, {
    hint,
  });
}
