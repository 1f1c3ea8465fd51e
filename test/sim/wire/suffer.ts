import type { ApiCall } from "../seam.ts";
import { type Delivery, whole } from "./delivery.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import type { Fault } from "./faults.ts";
import { PAGE } from "./page.ts";
import { apiReply, emptyReply, htmlReply, type Reply } from "./reply.ts";

/** What a fault makes of a request. */
export async function suffer(
  context: ExchangeContext,
  fault: Fault,
  options: { readonly work: () => Promise<Reply>; readonly call: ApiCall | undefined },
): Promise<Delivery> {
  const { work, call } = options;
  switch (fault.kind) {
    case "delay":
      return whole(await work());
    case "reset_before":
      return { how: "reset" };
    case "reset_during":
      work().catch(context.onCrash);
      return { how: "reset" };
    case "reset_after":
      await work();
      return { how: "reset" };
    case "close":
      if (fault.run) await work();
      return { how: "close" };
    case "silence":
      if (fault.run) await work();
      return { how: "silence" };
    case "status":
      if (fault.run) await work();
      return whole(statusReply(fault));
    case "truncate":
      return { how: "truncate", reply: await work(), keep: fault.keep };
    case "other_task":
      return whole(ofAnotherTask(await work(), fault));
    case "html":
      return whole(htmlReply(fault.status, fault.status < 400 ? "OK" : "Bad Gateway", PAGE));
    case "drip":
      return { how: "drip", reply: await work(), everyMs: fault.every_ms };
    case "huge_body":
      return { how: "huge_body", bytes: fault.bytes };
    case "huge_head":
      return { how: "huge_head", reply: await work(), bytes: fault.bytes };
    case "hang_worker": {
      if (call?.proxied !== true) return whole(await work());
      const { pvedaemon } = context;
      const answer = await pvedaemon.proxy(async () => {
        await pvedaemon.ended;
        return { status: 596, reason: "Unexpected end-of-file", body: undefined };
      });
      return whole(apiReply(answer, { format: "json", proxied: true }));
    }
    case "restart": {
      const reply = work();
      context.pvedaemon.restart(fault.down_ms);
      context.onDaemonRestart();
      return whole(await reply);
    }
    default:
      return fault satisfies never;
  }
}

/** The same answer, with another task's id in it. */
function ofAnotherTask(
  reply: Reply,
  { node, type, id, user }: Extract<Fault, { kind: "other_task" }>,
): Reply {
  const body = reply.body.replace(
    /UPID:([^:"]+):([^"]+):([^:"]+):([^:"]*):([^:"]+):/,
    (_upid, ownNode, numbers, ownType, ownId, ownUser) =>
      `UPID:${node ?? ownNode}:${numbers}:${type ?? ownType}:${id ?? ownId}:${user ?? ownUser}:`,
  );
  return { ...reply, body };
}

function statusReply(fault: Extract<Fault, { kind: "status" }>): Reply {
  const { status, reason = REASONS[status] ?? "Fault on demand", body } = fault;
  if (body === undefined && (status === 401 || status >= 590)) return emptyReply(status, reason);
  const answer = { status, reason, body: body ?? { data: null, message: `${reason}\n` } };
  return apiReply(answer, { format: "json", proxied: false });
}

/** What goes with a status when a rule says nothing (OBSERVED 10, 13; AnyEvent::HTTP). */
const REASONS: Readonly<Record<number, string>> = {
  401: "Authentication failed!",
  500: "got timeout",
  595: "Connection refused",
  596: "Connection timed out",
  597: "Connection reset by peer",
  599: "Too many redirections",
};
