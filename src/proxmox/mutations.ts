/**
 * Everything that changes something at Proxmox. Imported by `daemon/wiring.ts` only; `mod.ts` hands
 * none of it on. Each call begins by using up a permit of the gate, and what it does is what the
 * permit's action says.
 */
import type { Action, ActionKind, ActionOf } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";
import { type Permit, redeem } from "../gate/mod.ts";
import { assertTokenMay } from "./assert_token_may.ts";
import type { Form } from "./form.ts";
import { isExpectedTask, TASK_TYPES } from "./own_task.ts";
import { createForm, restoreBesideForm } from "./restore_form.ts";
import { target } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { settingsForm } from "./settings_form.ts";
import { TransportError } from "./transport_error.ts";
import {
  type CallOptions,
  type MutatingCall,
  send,
  type Target,
  type Transport,
} from "./transport.ts";
import type { Mutations } from "./mutating_face.ts";
import { isUpid, parseUpid, type Upid } from "./upid.ts";
import { parseVolid } from "./volid.ts";

export interface MutationsOptions {
  /** Name of the node whose guests are meant. */
  readonly node: string;
}

/**
 * Proof that a permit was used up: there is no other way to come by one, and nothing is sent without.
 * It never leaves this file.
 */
class Leave {
  readonly #action: Action;
  readonly #tasks = new Set<Upid>();

  private constructor(action: Action) {
    this.#action = action;
  }

  /**
   * Uses a permit up.
   *
   * @returns what may be done, and the leave to do it
   * @throws {FelhomError} `permit.forged`, `permit.spent`, `permit.expired`, `permit.other`
   */
  static take<Kind extends ActionKind>(
    permit: Permit,
    kind: Kind,
  ): { readonly action: ActionOf<Kind>; readonly leave: Leave } {
    const action = redeem(permit, kind);
    return { action, leave: new Leave(action) };
  }

  /**
   * What the permit was for.
   *
   * @throws {TypeError} for what is no leave
   */
  static actionOf(leave: Leave): Action {
    return leave.#action;
  }

  /**
   * The tasks that were begun on it.
   *
   * @throws {TypeError} for what is no leave
   */
  static tasksOf(leave: Leave): Set<Upid> {
    return leave.#tasks;
  }
}

/** A call, and the leave to make it. */
interface Submission {
  readonly leave: Leave;
  readonly method: MutatingCall["method"];
  readonly to: Target;
  readonly form?: Form;
  readonly call: CallOptions | undefined;
  /** Id of the task that it starts. @default the VMID of the action */
  readonly taskId?: string;
}

/** The mutations of one node. */
export function createMutations(transport: Transport, { node }: MutationsOptions): Mutations {
  /** What was taken on each permit, for as long as somebody holds it. */
  const taken = new WeakMap<Permit, Leave>();

  function take<Kind extends ActionKind>(permit: Permit, kind: Kind) {
    const { action, leave } = Leave.take(permit, kind);
    taken.set(permit, leave);
    return { action, leave };
  }

  /** The one place that sends. */
  async function submit(submission: Submission): Promise<unknown> {
    const { leave, method, to, form = {}, call, taskId } = submission;
    const tasks = Leave.tasksOf(leave);
    assertTokenMay(`${method} ${to.path}`, form);
    const data = await send(transport, { method, target: to, form }, call);
    if (!isUpid(data)) return data;
    const { kind, guest } = Leave.actionOf(leave);
    const expected = {
      node,
      owner: transport.tokenId,
      types: TASK_TYPES[kind],
      id: taskId ?? String(guest),
    };
    if (!isExpectedTask(data, expected)) throw anothersTask(submission, data);
    tasks.add(data);
    return data;
  }

  async function begin(submission: Submission): Promise<Upid> {
    const data = await submit(submission);
    if (isUpid(data)) return data;
    throw notATask(submission);
  }

  async function finish(submission: Submission): Promise<null> {
    return asNull(await submit(submission), submission);
  }

  return {
    async start(permit, call) {
      const { action, leave } = take(permit, "guest.start");
      const to = target(ROUTES.start, { node, vmid: action.guest });
      return await begin({ leave, method: "POST", to, call });
    },

    async shutdown(permit, call) {
      const { action, leave } = take(permit, "guest.shutdown");
      const { guest: vmid, params: { timeout, then_kill } } = action;
      const to = target(ROUTES.shutdown, { node, vmid });
      const form = { timeout, forceStop: then_kill };
      return await begin({ leave, method: "POST", to, form, call });
    },

    async stop(permit, call) {
      const { action, leave } = take(permit, "guest.stop");
      const to = target(ROUTES.stop, { node, vmid: action.guest });
      return await begin({ leave, method: "POST", to, call });
    },

    async restart(permit, call) {
      const { action, leave } = take(permit, "guest.restart");
      const { guest: vmid, params: { timeout } } = action;
      const to = target(ROUTES.reboot, { node, vmid });
      return await begin({ leave, method: "POST", to, form: { timeout }, call });
    },

    async setConfig(permit, { digest, ...call }) {
      const { action, leave } = take(permit, "guest.settings");
      assertDigest(digest);
      const { guest: vmid, params } = action;
      const to = target(ROUTES.setGuestConfig, { node, vmid });
      const form = { ...settingsForm(params), digest };
      return await finish({ leave, method: "PUT", to, form, call });
    },

    async create(permit, call) {
      const { action, leave } = take(permit, "guest.create");
      const to = target(ROUTES.guests, { node });
      return await begin({ leave, method: "POST", to, form: createForm(action), call });
    },

    async restoreBeside(permit, call) {
      const { action, leave } = take(permit, "guest.restore_over");
      const to = target(ROUTES.guests, { node });
      const form = restoreBesideForm(action);
      const taskId = String(action.params.new_vmid);
      return await begin({ leave, method: "POST", to, form, call, taskId });
    },

    async snapshot(permit, call) {
      const { action, leave } = take(permit, "guest.snapshot");
      const { guest: vmid, params: { snapshot, description } } = action;
      const to = target(ROUTES.snapshots, { node, vmid });
      const form = { snapname: snapshot, description: description || undefined };
      return await begin({ leave, method: "POST", to, form, call });
    },

    async rollback(permit, call) {
      const { action, leave } = take(permit, "guest.rollback");
      const { guest: vmid, params: { snapshot: snapname } } = action;
      const to = target(ROUTES.rollback, { node, vmid, snapname });
      return await begin({ leave, method: "POST", to, call });
    },

    async deleteSnapshot(permit, call) {
      const { action, leave } = take(permit, "guest.delete_snapshot");
      const { guest: vmid, params: { snapshot: snapname } } = action;
      const to = target(ROUTES.snapshot, { node, vmid, snapname });
      return await begin({ leave, method: "DELETE", to, call });
    },

    async backup(permit, call) {
      const { action, leave } = take(permit, "guest.backup");
      const { guest: vmid, params } = action;
      const form: Form = {
        vmid,
        storage: params.storage,
        mode: params.mode,
        compress: params.compress,
        "notes-template": params.notes === "" ? undefined : escapeNotes(params.notes),
        protected: params.protected ? true : undefined,
        // On by default, and then it prunes other backups by the storage's rules (FACTS §4).
        remove: false,
      };
      const submission: Submission = {
        leave,
        method: "POST",
        to: target(ROUTES.vzdump, { node }),
        form,
        call,
      };
      const data = await submit(submission);
      if (isUpid(data)) return data;
      if (data === "OK") return null;
      throw notATask(submission);
    },

    prune(permit) {
      const { action, leave } = take(permit, "guest.prune");
      const { backups } = action.params;
      const left = new Set(backups);
      return {
        async delete(backup, call) {
          if (!left.delete(backup)) throw notToPrune(backup, backups.includes(backup));
          const { storage } = parseVolid(backup);
          const to = target(ROUTES.volume, { node, storage, volume: backup });
          const taskId = `${action.guest}@${storage}`;
          const submission: Submission = { leave, method: "DELETE", to, call, taskId };
          const data = await submit(submission);
          return isUpid(data) ? data : asNull(data, submission);
        },
      };
    },

    async destroy(permit, { guard: { digest, onboot }, ...call }) {
      const { action, leave } = take(permit, "guest.destroy");
      assertDigest(digest);
      const { guest: vmid, params: { purge } } = action;
      const config = target(ROUTES.setGuestConfig, { node, vmid });
      try {
        // The digest is compared under the guest's lock (FACTS §3.5).
        await finish({ leave, method: "PUT", to: config, form: { digest, onboot }, call });
      } catch (error) {
        throw notDestroyed(vmid, error);
      }
      // Never `force` or `destroy-unreferenced-disks`: what is freed is what was looked at.
      const to = target(ROUTES.guest, { node, vmid });
      return await begin({ leave, method: "DELETE", to, form: { purge }, call });
    },

    async abort(permit, upid, call) {
      const leave = taken.get(permit);
      if (leave === undefined || !Leave.tasksOf(leave).has(upid)) {
        throw new FelhomError(
          "permit.other",
          `Cannot abort ${upid}: it was not begun on this permit`,
        );
      }
      const to = target(ROUTES.task, { node: parseUpid(upid).node, upid });
      return await finish({ leave, method: "DELETE", to, call });
    },
  };
}

function asNull(data: unknown, sent: Pick<Submission, "method" | "to">): null {
  if (data === null || data === undefined) return null;
  throw notATask(sent);
}

function notATask({ method, to }: Pick<Submission, "method" | "to">): TransportError {
  return new TransportError(
    "proxmox.malformed",
    `Cannot tell what ${method} ${to.path} did: the answer is not what the API sends`,
    {
      sent: "maybe",
      hint: "Look at the node's tasks before anything is repeated.",
    },
  );
}

/** The call may have started a task of its own: that one is looked for. */
function anothersTask({ method, to }: Pick<Submission, "method" | "to">, upid: Upid) {
  return new TransportError(
    "proxmox.malformed",
    `Cannot tell what ${method} ${to.path} did: the answer names ${upid}, which is no task of it`,
    {
      sent: "maybe",
      hint: "Look at the node's tasks before anything is repeated.",
    },
  );
}

/** An empty digest would switch the check off (FACTS §3.5). */
function assertDigest(digest: string): void {
  if (/^[0-9a-f]{40}$/.test(digest)) return;
  throw new FelhomError(
    "proxmox.bad_parameter",
    `Cannot change a configuration on digest ${JSON.stringify(digest)}`,
    { hint: "Read the configuration, and pass the digest that came with it." },
  );
}

/** Proxmox reads `\\` and `\n` as escapes (FACTS §4); notes have no line ends. */
function escapeNotes(notes: string): string {
  return notes.replaceAll("\\", "\\\\");
}

function notToPrune(backup: string, named: boolean): FelhomError {
  return new FelhomError(
    named ? "permit.spent" : "permit.other",
    named
      ? `Cannot delete ${JSON.stringify(backup)} again on this permit`
      : `Cannot delete ${JSON.stringify(backup)}: the permit does not name it`,
  );
}

/** Nothing was destroyed for certain, whatever became of a write that changes nothing. */
function notDestroyed(vmid: number, cause: unknown): unknown {
  if (!(cause instanceof FelhomError)) return cause;
  return new FelhomError(
    cause.code,
    `Cannot destroy guest ${vmid}, nothing was destroyed: ${cause.message}`,
    {
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      retry: cause.retry === "unknown" ? "safe" : cause.retry,
    },
  );
}
