/**
 * The Proxmox layer's reading face. Mutations are in `mutations.ts`, which only the daemon's wiring
 * may import: every mutation passes the gate because nothing else can reach one.
 */
export { ApiError, type Method } from "./api_error.ts";
export { findOwnTask, type OwnTask, type OwnTaskQuery } from "./find_own_task.ts";
export { TASK_TYPES } from "./own_task.ts";
export {
  type EffectivePermissions,
  judgePermissions,
  type MissingHere,
  type PathPrivilege,
  type Preflight,
  type PreflightScope,
  runPreflight,
} from "./preflight.ts";
export type { DestroyGuard, Mutations, Pruning } from "./mutating_face.ts";
export { createReads } from "./reads.ts";
export type {
  ContentOptions,
  GuestConfigOptions,
  PermissionsOptions,
  Reads,
  ReadsOptions,
  TasksOptions,
} from "./reads.ts";
export type {
  Guest,
  GuestConfig,
  GuestStatus,
  Pending,
  Permissions,
  Snapshot,
} from "./schema/guest.ts";
export type { Certificate, Node, NodeStatus, Version } from "./schema/node.ts";
export type { Storage, StorageConfig, StorageStatus, Volume } from "./schema/storage.ts";
export type { Task, TaskStatus } from "./schema/task.ts";
export { type TaskOutcome, taskOutcome } from "./task_outcome.ts";
export { TaskError, TaskTimeoutError } from "./task_error.ts";
export type { TaskLog, TaskLogOptions, TaskReads } from "./task_reads.ts";
export { PinMismatchError, type Sent, TransportError } from "./transport_error.ts";
export type { Token } from "./authorization.ts";
export type { Envelope } from "./decode_answer.ts";
export { createTransport } from "./transport.ts";
export type { CallOptions, Target, Transport, TransportOptions } from "./transport.ts";
export type { ServerAddress, Trust } from "./trust.ts";
export { asUpid, formatUpid, isUpid, parseUpid, type Upid, type UpidParts } from "./upid.ts";
export { isVmid, parseVmid, type Vmid } from "./vmid.ts";
export { asVolid, isVolid, parseVolid, type Volid, type VolidParts } from "./volid.ts";
export { TaskPace } from "./task_pace.ts";
export { type TaskResult, waitTask, type WaitTaskOptions } from "./wait_task.ts";
