import { FakeClock } from "../../support/fake_clock.ts";
import { createApi } from "../pve/api.ts";
import type { AccessControl } from "../pve/access/access_control.ts";
import type { Handlers } from "../pve/contract/endpoints.ts";
import { configLockPath } from "../pve/world/file_locks.ts";
import { MOUNT_KEY, parseMountPoint } from "../pve/world/mount_point.ts";
import { storageOf, type StoredFile } from "../pve/world/volume.ts";
import type { World } from "../pve/world/world.ts";
import { unescapeBytes } from "../wire/parameters.ts";
import { parseUpid } from "../pve/world/upid.ts";
import { runGuest } from "../pve/world/guest_start.ts";
import type { Api, ApiAnswer, ApiRequest } from "../seam.ts";
import { type Capture, sentAt } from "./captures.ts";
import {
  archive,
  capturedHost,
  type Captures,
  configOf,
  contentOf,
  endedTasks,
  required,
  template,
} from "./captured_state.ts";
import { asJson, requestOf, segmentsOf, showsTheEnd, upidIn } from "./captured_request.ts";
import { authorizationOf, capturedAccess } from "./credentials.ts";

/** What the simulator made of a capture's request. */
export interface Answered {
  readonly answer: ApiAnswer;
  /** Whether it went to pvedaemon; `undefined` where it was answered before. */
  readonly proxied: boolean | undefined;
}

/** Steps in which time passes while a call or a task is waited for. */
const STEP_MS = 100;
/** Longest that one is waited for. */
const PATIENCE_MS = 300_000;

/** A simulated host on which captures are replayed, with a clock that follows theirs. */
export class Stage {
  readonly world: World;
  readonly access: AccessControl;
  readonly #api: Api;
  readonly #clock: FakeClock;
  readonly captures: Captures;
  /** Task ids of the captures, and ours for the same tasks. */
  readonly #upids = new Map<string, string>();

  constructor(
    captures: Captures,
    options: {
      readonly since: string;
      readonly handlers: (world: World, access: AccessControl) => Handlers;
    },
  ) {
    const first = captures.get(options.since);
    if (first === undefined) throw new Error(`Cannot start at "${options.since}": no such capture`);
    this.captures = captures;
    this.#clock = new FakeClock(sentAt(first) - 1000);
    this.access = capturedAccess(() => this.#clock.now());
    this.world = capturedHost(captures, { clock: this.#clock, pools: this.access.pools });
    this.world.onDestroyed = (vmid) => this.access.forgetGuest(vmid);
    this.#api = createApi({
      access: this.access,
      handlers: options.handlers(this.world, this.access),
      node: "pve",
    });
  }

  /** Puts a guest there, or changes it, to what a capture of its configuration shows. */
  guest(
    vmid: number,
    from: string,
    options: {
      readonly changes?: Readonly<Record<string, string | undefined>>;
      readonly running?: boolean;
    } = {},
  ): void {
    const config = configOf(this.captures, from, options.changes);
    const known = this.world.guests.get(vmid);
    const guest = known ?? this.world.addGuest(vmid, config, {});
    guest.config = config;
    for (const [key, text] of config.options) {
      if (MOUNT_KEY.test(key)) this.#volume(vmid, key, text);
    }
    if (options.running === true && guest.running === undefined) runGuest(this.world, guest);
    if (options.running === false) guest.running = undefined;
  }

  /** Puts a file onto the storage its volume id names. */
  file(...files: readonly StoredFile[]): void {
    for (const file of files) this.world.storage(storageOf(file.volid)).files.set(file.volid, file);
  }

  /** Puts archives and templates onto `local` as a capture of its content lists them. */
  filesOf(name: string): void {
    const config = configOf(this.captures, "storage-unmounted.config-102");
    for (const { volid, notes } of contentOf(required(this.captures, name))) {
      const [kind, file = ""] = volid.replace(/^local:/, "").split("/");
      const known = this.world.storage("local").files.has(volid);
      if (kind === "backup") this.file(archive(file, config, { notes }));
      if (kind === "vztmpl" && !known) this.file(template(file));
    }
  }

  /** Puts the tasks that a capture lists, and that were over before this scenario, into the past. */
  pastTasks(...names: readonly string[]): void {
    const tasks = names.flatMap((name) => endedTasks(required(this.captures, name)));
    for (const { upid, endtime, status } of tasks.toSorted(byStart)) {
      const parts = parseUpid(upid);
      const isKnown = this.world.tasks.find(upid) !== undefined;
      if (parts === undefined || isKnown || endtime * 1000 >= this.#clock.now()) continue;
      const line = status === "OK"
        ? "TASK OK"
        : /^WARNINGS: \d+$/.test(status)
        ? `TASK ${status}`
        : `TASK ERROR: ${status}`;
      this.world.tasks.addPast(parts, { log: [line], ended: endtime * 1000 });
    }
  }

  /** The volume id of a guest's newest archive on `local`. */
  newestBackupOf(vmid: number): string {
    const backups = this.world.storage("local").backups().filter((each) => each.vmid === vmid);
    const newest = backups.toSorted((a, b) => b.ctime - a.ctime)[0];
    if (newest === undefined) throw new Error(`Cannot find a backup of ${vmid}`);
    return newest.volid;
  }

  /** Holds a guest's lock file to the end of the scenario. */
  async holdConfigLock(vmid: number): Promise<void> {
    await this.world.locks.acquire(configLockPath(vmid), { waitMs: 0 });
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    await this.#clock.advance(seconds * 1000);
  }

  /** Waits until no task runs. */
  async idle(): Promise<void> {
    await this.#until(() => this.world.tasks.all().every((task) => task.ended !== undefined));
  }

  /** Makes a call of the agent's that no capture shows, and waits for its task. */
  async request(
    method: ApiRequest["method"],
    path: string,
    params: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { answer } = await this.#send({
      method,
      segments: segmentsOf(path),
      params,
      authorization: authorizationOf("agent", ""),
      cookie: undefined,
    });
    if (answer.status !== 200) throw new Error(`Cannot ${method} ${path}: ${answer.reason}`);
    const upid = upidIn(asJson(answer.body));
    if (upid !== undefined) await this.#taskEnd(upid);
    // A moment, in which the task list notices.
    await this.pass(0.2);
  }

  /** Sends a capture's request at its time, and waits for the answer. */
  async replay(capture: Capture): Promise<Answered> {
    await this.#catchUp(capture);
    if (showsTheEnd(capture)) {
      const path = segmentsOf(this.#translate(capture.request.path));
      await this.#taskEnd(path.find((segment) => segment.startsWith("UPID:")));
    }
    const answered = await this.#send(requestOf(capture, (path) => this.#translate(path)));
    this.#learn(capture, answered.answer);
    return answered;
  }

  async #send(request: ApiRequest): Promise<Answered> {
    const dispatched = await this.#api.dispatch(request);
    if (!("run" in dispatched)) return { answer: dispatched, proxied: undefined };
    const outcome: { answer?: ApiAnswer; error?: unknown } = {};
    dispatched.run().then(
      (answer) => outcome.answer = answer,
      (error: unknown) => outcome.error = error ?? new Error("rejected with nothing"),
    );
    await this.#until(() => outcome.answer !== undefined || outcome.error !== undefined);
    if (outcome.answer === undefined) throw outcome.error;
    return { answer: outcome.answer, proxied: dispatched.proxied };
  }

  /** Brings the clock to when the request was sent; a task id in the answer tells it to the second. */
  async #catchUp(capture: Capture): Promise<void> {
    const upid = upidIn(capture.body);
    const start = upid === undefined ? undefined : parseInt(upid.split(":")[4] ?? "", 16) * 1000;
    const due = start ?? sentAt(capture) - capture.seconds * 1000;
    const wait = due - this.#clock.now();
    if (wait > 0) await this.#clock.advance(wait);
  }

  async #taskEnd(upid: string | undefined): Promise<void> {
    await this.#until(() => {
      const task = this.world.tasks.all().find((task) => task.upid === upid);
      return task === undefined || task.ended !== undefined;
    });
  }

  async #until(condition: () => boolean): Promise<void> {
    await this.#clock.settle();
    for (let waited = 0; !condition(); waited += STEP_MS) {
      if (waited >= PATIENCE_MS) throw new Error("Cannot go on: nothing ends");
      await this.#clock.advance(STEP_MS);
    }
  }

  #learn(capture: Capture, answer: ApiAnswer): void {
    const theirs = upidIn(capture.body);
    const ours = upidIn(asJson(answer.body));
    if (theirs !== undefined && ours !== undefined) this.#upids.set(theirs, ours);
  }

  /** Puts our task ids in the place of the captures'. */
  #translate(path: string): string {
    const decoded = unescapeBytes(path);
    for (const [theirs, ours] of this.#upids) {
      if (decoded.includes(theirs)) return decoded.replace(theirs, ours);
    }
    return path;
  }

  #volume(vmid: number, key: string, text: string): void {
    const mount = parseMountPoint(key, text);
    if (mount.type !== "volume") return;
    const { files } = this.world.storage(storageOf(mount.volume));
    const size = mount.size ?? 0;
    const known = this.world.volume(mount.volume);
    if (known !== undefined) {
      known.size = size;
      return;
    }
    files.set(mount.volume, {
      kind: "disk",
      volid: mount.volume,
      vmid,
      size,
      ctime: this.world.epoch,
      data: { bytes: 2 * 1024 ** 2, marks: [] },
      snapshots: [],
      missing: false,
    });
  }
}

/** By start in clock ticks, the finest that a UPID tells. */
function byStart(a: { readonly upid: string }, b: { readonly upid: string }): number {
  return ticks(a.upid) - ticks(b.upid);
}

function ticks(upid: string): number {
  return parseUpid(upid)?.pstart ?? 0;
}
