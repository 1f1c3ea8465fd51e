import { type CallContext, Reply } from "../call_context.ts";
import type { Handlers } from "../contract/endpoints.ts";
import { badParameters, missingPrivilege } from "../pve_error.ts";
import { isOwner, logPage, taskRows, taskStatus } from "../world/task_rows.ts";
import type { Task } from "../world/tasks.ts";
import { parseUpid } from "../world/upid.ts";
import type { World } from "../world/world.ts";

type TaskHandlers = Pick<
  Handlers,
  | "GET /nodes/{node}/tasks"
  | "GET /nodes/{node}/tasks/{upid}"
  | "DELETE /nodes/{node}/tasks/{upid}"
  | "GET /nodes/{node}/tasks/{upid}/status"
  | "GET /nodes/{node}/tasks/{upid}/log"
>;

/** Tasks of the node (FACTS §2). */
export function taskHandlers(world: World): TaskHandlers {
  const path = `/nodes/${world.node.name}`;

  function find(upid: string, context: CallContext, privilege: string): Task | undefined {
    const parts = parseUpid(upid);
    if (parts === undefined) throw badParameters({ upid: "unable to parse worker upid" });
    if (!isOwner(parts, context.identity.full) && !context.access.allows(path, [privilege])) {
      throw missingPrivilege(path, [privilege]);
    }
    return world.tasks.find(upid);
  }

  return {
    "GET /nodes/{node}/tasks": (params, context) => {
      const all = context.access.allows(path, ["Sys.Audit"]);
      const { rows, total } = taskRows(
        world.tasks,
        params,
        (task) => all || isOwner(task, context.identity.full),
      );
      return new Reply(rows, { total });
    },
    "GET /nodes/{node}/tasks/{upid}": () => [{ name: "log" }, { name: "status" }],
    "GET /nodes/{node}/tasks/{upid}/status": ({ upid }, context) => {
      const task = find(upid, context, "Sys.Audit");
      if (task === undefined) throw badParameters({ upid: "no such task" });
      return taskStatus(task);
    },
    "GET /nodes/{node}/tasks/{upid}/log": ({ upid, start, limit }, context) => {
      const task = find(upid, context, "Sys.Audit");
      if (task === undefined) {
        const t = "unable to open file - No such file or directory";
        return new Reply([{ n: 1, t }], { total: 1 });
      }
      const { lines, total } = logPage(task.log, { start, limit });
      return new Reply(lines, { total });
    },
    "DELETE /nodes/{node}/tasks/{upid}": async ({ upid }, context) => {
      const task = find(upid, context, "Sys.Modify");
      if (task === undefined) throw badParameters({ upid: "no such task" });
      await world.tasks.abort(upid);
      return null;
    },
  };
}
