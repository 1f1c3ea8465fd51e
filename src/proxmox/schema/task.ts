import { array, type Infer, integer, maybe, must, object, text, upid } from "./wire.ts";

const taskFields = {
  upid: must(upid),
  node: must(text),
  pid: must(integer),
  pstart: must(integer),
  /** Seconds since the epoch, by the node's clock. */
  starttime: must(integer),
  type: must(text),
  id: must(text),
  /** `user@realm`; of a running task in a list `user@realm!name`. */
  user: must(text),
  /** Name of the token, split off the user; not in running rows of a list (FACTS §2.5). */
  tokenid: maybe(text),
};

export const taskSchema = object({
  ...taskFields,
  /** Absent for a running task. */
  endtime: maybe(integer),
  /** `RUNNING`, or the exit status. */
  status: maybe(text),
});
export const tasksSchema = array(taskSchema);
export type Task = Infer<typeof taskSchema>;

export const taskStatusSchema = object({
  ...taskFields,
  /** `running` or `stopped`. */
  status: must(text),
  /** Only when it is stopped. */
  exitstatus: maybe(text),
});
export type TaskStatus = Infer<typeof taskStatusSchema>;

export const logSchema = array(object({ n: must(integer), t: must(text) }));
