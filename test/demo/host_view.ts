import * as z from "zod";

const state = z.object({
  guests: z.array(z.object({
    vmid: z.number(),
    name: z.string(),
    status: z.enum(["running", "stopped"]),
    options: z.record(z.string(), z.string()),
  })),
  storages: z.array(z.object({
    files: z.array(z.object({
      kind: z.string(),
      volid: z.string(),
      vmid: z.number().optional(),
      writing: z.boolean().optional(),
      size: z.number(),
    })),
  })),
  tasks: z.array(z.object({
    upid: z.string(),
    type: z.string(),
    id: z.string(),
    user: z.string(),
    status: z.string(),
  })),
});

type WorldState = z.infer<typeof state>;
export type GuestView = WorldState["guests"][number];
export type TaskView = WorldState["tasks"][number];

/** The host as the simulator itself has it: what the agent says is held against it. */
export class HostView {
  readonly #state: WorldState;

  constructor(world: unknown) {
    this.#state = state.parse(world);
  }

  /** VMIDs of all guests, in their order. */
  get vmids(): number[] {
    return this.#state.guests.map(({ vmid }) => vmid).toSorted((one, other) => one - other);
  }

  guest(vmid: number): GuestView | undefined {
    return this.#state.guests.find((guest) => guest.vmid === vmid);
  }

  /** Volume ids of a guest's finished backups. */
  backups(vmid: number): string[] {
    return this.#state.storages.flatMap(({ files }) => files)
      .filter((file) => file.kind === "backup" && file.vmid === vmid && file.writing !== true)
      .map(({ volid }) => volid);
  }

  /** The backups of a guest as golden images are pinned: `VOLID@BYTES`. */
  pins(vmid: number): string[] {
    return this.#state.storages.flatMap(({ files }) => files)
      .filter((file) => file.kind === "backup" && file.vmid === vmid)
      .map(({ volid, size }) => `${volid}@${size}`);
  }

  /** Tasks of one type for a guest; `RUNNING` is the status of one that runs. */
  tasks(type: string, vmid: number): TaskView[] {
    return this.#state.tasks.filter((task) => task.type === type && task.id === String(vmid));
  }
}
