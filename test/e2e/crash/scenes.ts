import * as z from "zod";
import { type ActionKind, readAction } from "../../../src/action/mod.ts";
import { draftDocument, makeNonce } from "../../../src/authz/mod.ts";
import type { ControlQuestion } from "../../../src/control/protocol.ts";
import type { Operator } from "../../authz/support/operators.ts";
import { GOLDEN } from "../../sim/pve/scenarios/mixed.ts";
import { backupsOf } from "../ledger/world_view.ts";
import type { CrashHost } from "./crash_host.ts";
import type { EnrolledDisk } from "./enrolled_disk.ts";
import type { Prop } from "./stage.ts";

/** Who plays: a guest of its own for every story, and who may sign. */
export interface Cast {
  readonly host: CrashHost;
  readonly operators: readonly Operator[];
  /** The guest it is about. */
  readonly vmid: number;
  /** A VMID that is free. */
  readonly fresh: number;
  /** There where there is a helper. */
  readonly disk?: EnrolledDisk;
}

/** How one kind of action is set off, in the way it is on a real host. */
export interface Scene {
  /** What the guest is like before; `none` where there is to be none, or none is needed. */
  readonly guest: "running" | "stopped" | "none";
  /** Whether it is a difference from the desired state, which is wished for until it is gone. */
  readonly desired: boolean;
  /** What it takes of the host itself. @default nothing: Proxmox's API is enough */
  readonly takes?: Prop;
  /** Whether nobody can tell what became of it when its answer is lost. @default false */
  readonly mayStayUnknown?: boolean;
  /**
   * Whether each story asks for just what the one before asked for. A daemon writes the permit for that
   * once an hour: only one that has heard of nothing makes the same commits again. @default false
   */
  readonly asksTheSame?: boolean;
  /** Readies what is asked for last, with the daemon up: a document is signed by then. */
  prepare(cast: Cast): Promise<ControlQuestion>;
}

/** Every kind of action there is. */
export const SCENES: Readonly<Record<ActionKind, Scene>> = {
  "guest.start": wanted("stopped", { state: "running" }),
  "guest.shutdown": wanted("running", { state: "stopped" }),
  "guest.settings": wanted("running", { memory: 1024 }),
  "guest.create": {
    guest: "none",
    desired: true,
    prepare: ({ host, fresh }) => {
      const image = backupsOf(host.world(), GOLDEN)[0]?.volid;
      const network = {
        bridge: "vmbr0",
        vlan: null,
        ipv4: "dhcp",
        gateway: null,
        link_down: false,
      };
      return Promise.resolve(desire(fresh, {
        ...{ state: "running", cores: 1, memory: 512, swap: 0, onboot: true, tags: ["felhom"] },
        ...{ create: { image, storage: "local-zfs", hostname: "fresh", network } },
      }));
    },
  },
  "guest.stop": asked("running", "guest.stop", () => ({})),
  "guest.restart": asked("running", "guest.restart", () => ({ timeout: 60 })),
  "guest.snapshot": asked("stopped", "guest.snapshot", () => ({
    snapshot: "again",
    description: "Taken by a story",
  })),
  "guest.backup": asked("stopped", "guest.backup", () => ({
    ...{ storage: "local", mode: "snapshot", compress: "zstd", notes: "", protected: false },
  })),
  "guest.delete_snapshot": signed("stopped", "guest.delete_snapshot", snapshotBefore),
  "guest.rollback": signed("stopped", "guest.rollback", snapshotBefore),
  "guest.prune": signed("stopped", "guest.prune", ({ host, vmid }) => ({
    backups: backupsOf(host.world(), vmid).map(({ volid }) => volid),
  })),
  "guest.restore_over": signed("stopped", "guest.restore_over", ({ host, vmid, fresh }) => ({
    backup: backupsOf(host.world(), vmid)[0]?.volid,
    storage: "local-zfs",
    new_vmid: fresh,
  })),
  "guest.destroy": signed("stopped", "guest.destroy", () => ({ purge: true })),
  "golden.create": {
    guest: "none",
    desired: false,
    takes: "pct",
    prepare: ({ host, fresh }) => {
      const [template] = host.templates();
      const rootfs = { storage: "local-zfs", gib: 4 };
      const params = { template, hostname: "golden", cores: 2, memory: 1024, rootfs };
      return Promise.resolve(wishFor({ kind: "golden.create", guest: fresh, params }));
    },
  },
  "signers.rotate": { guest: "none", desired: false, prepare: signRotation },
  "disk.mount": onDisk(({ uuid }) => Promise.resolve(diskWish("disk.mount", uuid)), {
    before: (disk) => disk.unmount(),
  }),
  "disk.unmount": onDisk(
    ({ uuid }, cast) => signNew(cast, { kind: "disk.unmount", guest: null, params: { uuid } }),
    { before: (disk) => disk.mount() },
  ),
};

type ParamsOf = (cast: Cast) => unknown;

/** A difference from the desired state. */
function wanted(guest: Scene["guest"], want: Readonly<Record<string, unknown>>): Scene {
  return {
    guest,
    desired: true,
    prepare: ({ vmid }) => Promise.resolve(desire(vmid, want)),
  };
}

let revisions = 0;

function desire(vmid: number, want: Readonly<Record<string, unknown>>): ControlQuestion {
  const document = { version: 1, revision: `r${++revisions}`, guests: { [vmid]: want } };
  return { op: "apply", text: JSON.stringify(document), dry_run: false };
}

/** Something that nobody needs to sign, asked for as the hub would. */
function asked(guest: Scene["guest"], kind: ActionKind, params: ParamsOf): Scene {
  return {
    guest,
    desired: false,
    prepare: (cast) => Promise.resolve(requestFor(cast, kind, params)),
  };
}

function requestFor(cast: Cast, kind: ActionKind, params: ParamsOf): ControlQuestion {
  const guest = kind === "signers.rotate" ? null : cast.vmid;
  return wishFor({ kind, guest, params: params(cast) });
}

function wishFor(action: Readonly<Record<string, unknown>>): ControlQuestion {
  return { op: "request", wish: { action, why: "A story has it" } };
}

/** Something the helper does with a disk, which is first made undone behind the agent's back. */
function onDisk(
  question: (disk: EnrolledDisk, cast: Cast) => Promise<ControlQuestion>,
  { before }: { readonly before: (disk: EnrolledDisk) => unknown },
): Scene {
  return {
    guest: "none",
    desired: false,
    takes: "disk",
    mayStayUnknown: true,
    asksTheSame: true,
    async prepare(cast) {
      const { disk } = cast;
      if (disk === undefined) throw new Error("There is no disk");
      await before(disk);
      return await question(disk, cast);
    },
  };
}

function diskWish(kind: "disk.mount" | "disk.unmount", uuid: string): ControlQuestion {
  return wishFor({ kind, guest: null, params: { uuid } });
}

const pendingList = z.object({
  pending: z.array(
    z.looseObject({ kind: z.string(), vmid: z.int().nullable(), document: z.string() }),
  ),
});

/** Something of a guest that takes a signature. */
function signed(guest: Scene["guest"], kind: ActionKind, params: ParamsOf): Scene {
  return {
    guest,
    desired: false,
    prepare: (cast) => signWish(cast, requestFor(cast, kind, params), kind),
  };
}

/** Wishes for it, and signs what is then shown as pending. */
async function signWish(
  { host, operators, vmid }: Cast,
  wish: ControlQuestion,
  kind: ActionKind,
): Promise<ControlQuestion> {
  await host.ask(wish);
  const { pending } = pendingList.parse(await host.ask({ op: "pending" }));
  const shown = pending.find((each) => each.kind === kind && [vmid, null].includes(each.vmid));
  if (shown === undefined) throw new Error(`Nothing waits for a signature: ${kind} ${vmid}`);
  const { document } = shown;
  return { op: "submit", document, signatures: await signAll(operators, document) };
}

function snapshotBefore({ host, vmid }: Cast) {
  const taken = host.simulator.pve.world.guest(vmid).config.snapshots.get("before");
  return { snapshot: "before", taken_at: Number(taken?.get("snaptime")) };
}

const NO_GUEST = { guest: null, name: null, identity: null };

/** A rotation is offered to nobody. */
function signRotation(cast: Cast): Promise<ControlQuestion> {
  return signNew(cast, { kind: "signers.rotate", guest: null, params: rotation(cast) });
}

/**
 * Signs what is about the host, by a document that is made from nothing, as `op new` makes it: one that
 * waits for the same as in the story before may be of the one that was used there.
 */
async function signNew(cast: Cast, action: unknown): Promise<ControlQuestion> {
  const { host, operators } = cast;
  const read = readAction(action);
  if (!read.ok) throw new Error(read.message);
  const { clock, pve } = host.simulator;
  const document = draftDocument({ action: read.action, target: NO_GUEST }, {
    host: pve.world.node.name,
    instance: host.read(({ instances }) => instances.current().id),
    nonce: makeNonce(clock.now(), crypto.getRandomValues(new Uint8Array(10))),
    at: clock.now(),
    lifetime: 3_600_000,
    reason: "A story has it",
  });
  return { op: "submit", document, signatures: await signAll(operators, document) };
}

function signAll(operators: readonly Operator[], document: string): Promise<string[]> {
  return Promise.all(operators.map((operator) => operator.sign(document)));
}

/** The set without its second signer, and with him again, in turn. */
function rotation({ host, operators }: Cast) {
  const current = host.read(({ signers }) => signers.current("operational"));
  const all = operators.map((operator) => operator.line()).join("");
  const first = operators[0]?.line() ?? "";
  return {
    role: "operational",
    sequence: (current?.sequence ?? 1) + 1,
    replaces: current?.digest ?? "",
    signers: current?.content === all || current === undefined ? first : all,
  };
}
