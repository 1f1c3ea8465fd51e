import { type GuestConfig, isVmid } from "../../proxmox/mod.ts";
import { readConfigOrNull } from "../executors/read_config.ts";
import type { Work } from "../work.ts";
import { roomProblem } from "./room_problem.ts";
import { SEE_TASKS, unseenTasks } from "./unseen_tasks.ts";

/**
 * Storage types whose volumes of containers have no snapshots (FACTS §3.7). Of a type that is not
 * among them Proxmox itself says so.
 */
export const WITHOUT_SNAPSHOTS: ReadonlySet<string> = new Set([
  "dir",
  "nfs",
  "cifs",
  "glusterfs",
  "lvm",
]);

/**
 * Why a guest is none that the self-test may be done on, in one sentence; null when it is one. What
 * the gate has to say (room, how many snapshots there are) it says when it is asked.
 *
 * @throws {FelhomError} when the host cannot be read
 */
export async function selftestObstacle(work: Work, vmid: number): Promise<string | null> {
  const { managed, state, eyes: { reads } } = work;
  if (!isVmid(vmid)) return `${vmid} is no VMID`;
  if (vmid < managed.first || vmid > managed.last) {
    return `VMID ${vmid} is outside the managed range, ${managed.first} to ${managed.last}`;
  }
  const room = roomProblem(state);
  if (room !== null) return room;
  // What it takes it could not take away again.
  if (state.instances.current().doubt !== null) {
    return "The agent's state is older than the host: look at what was done since, then " +
      "acknowledge it (felhom-agent state ack)";
  }
  const unseen = await unseenTasks(work);
  if (unseen !== null) {
    return `For guest ${vmid}, ${unseen}: its snapshot would stay. ${SEE_TASKS.slice(0, -1)}`;
  }
  const config = await readConfigOrNull(reads, vmid);
  if (config === null) return `There is no guest ${vmid} on this node`;
  const status = await reads.guestStatus(vmid);
  if (config.template === true) return `Guest ${vmid} is a template`;
  const lock = config.lock ?? status.lock;
  if (lock !== undefined) return `Guest ${vmid} is locked (${lock})`;
  if (status.status !== "stopped") {
    return `Guest ${vmid} is ${status.status}: the self-test takes a stopped one`;
  }
  const storages = await reads.storages();
  for (const { key, storage } of volumesOf(config)) {
    if (storage === null) return `Guest ${vmid} has a bind mount (${key}), so no snapshots`;
    const type = storages.find((one) => one.storage === storage)?.type;
    if (type === undefined || !WITHOUT_SNAPSHOTS.has(type)) continue;
    return `Guest ${vmid} has ${key} on ${storage}, a storage without snapshots (${type})`;
  }
  return null;
}

/** Where the guest's volumes are; null for what is no volume of a storage. */
function volumesOf(config: GuestConfig): { key: string; storage: string | null }[] {
  return Object.entries(config).flatMap(([key, value]) => {
    if (!/^(?:rootfs|mp\d+)$/.test(key) || typeof value !== "string") return [];
    const volume = value.split(",")[0]?.replace(/^volume=/, "") ?? "";
    return [{ key, storage: volume.startsWith("/") ? null : volume.split(":")[0] ?? null }];
  });
}
