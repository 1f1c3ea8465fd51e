import { assertEquals } from "@std/assert";
import {
  asUpid,
  findOwnTask,
  formatUpid,
  parseUpid,
  parseVmid,
  type Task,
  type TasksOptions,
  type TaskStatus,
  type Upid,
} from "../../src/proxmox/mod.ts";
import { readCaptures } from "./support/captures.ts";

const OWNER = "felhom-agent@pve!agent";
const NODE_TIME = 1_795_220_000;
const vmid = parseVmid(101);

interface RowOptions {
  readonly user?: string;
  readonly type?: string;
  readonly id?: string;
  readonly starttime?: number;
  readonly pid?: number;
  readonly running?: boolean;
}

/** A row in the shape of a running or of a finished task, which name the owner differently. */
function row(options: RowOptions = {}): Task {
  const { user = OWNER, type = "vzstart", id = "101", starttime = NODE_TIME, pid = 7, running } =
    options;
  const parts = { node: "pve", pid, pstart: 1, starttime, type, id };
  const [owner = "", tokenid] = user.split("!");
  return {
    ...parts,
    upid: formatUpid({ ...parts, user }),
    ...(running === true
      ? { user, status: "RUNNING", tokenid: undefined, endtime: undefined }
      : { user: owner, tokenid, status: "OK", endtime: starttime + 1 }),
  };
}

/** A node with these tasks; lists as Proxmox does, but applies no filter, to test our own. */
function nodeWith(rows: readonly Task[]) {
  const asked: TasksOptions[] = [];
  return {
    asked,
    tasks(options: TasksOptions = {}) {
      asked.push(options);
      return Promise.resolve(rows);
    },
    taskStatus(upid: Upid): Promise<TaskStatus> {
      return Promise.resolve({ ...parseUpid(upid), upid, status: "stopped", exitstatus: "OK" });
    },
  };
}

async function search(rows: readonly Task[], known?: ReadonlySet<Upid>) {
  return await findOwnTask(nodeWith(rows), {
    owner: OWNER,
    ids: [String(vmid)],
    types: ["vzstart"],
    nodeTime: NODE_TIME,
    ...(known === undefined ? {} : { known }),
  });
}

Deno.test("the node is asked for running and finished tasks of this guest, kind and time", async () => {
  const node = nodeWith([]);
  await findOwnTask(node, {
    owner: OWNER,
    ids: [String(vmid)],
    types: ["vzstart", "hastart"],
    nodeTime: NODE_TIME,
  });
  assertEquals(node.asked, [
    { vmid, type: "vzstart", since: NODE_TIME - 2 },
    { vmid, type: "hastart", since: NODE_TIME - 2 },
  ]);
});

for (const running of [true, false]) {
  Deno.test(`an own ${running ? "running" : "finished"} task is found, and its status asked for`, async () => {
    const mine = row({ running });
    const found = await search([mine, mine]);
    assertEquals(found.found, "one");
    if (found.found === "one") {
      assertEquals([found.upid, found.status.status], [mine.upid, "stopped"]);
    }
  });
}

Deno.test("tasks of others, of other guests, kinds and times are not taken for it", async () => {
  const others = [
    row({ user: "felhom-agent@pve" }),
    row({ user: "felhom-agent@pve!other" }),
    row({ user: "felhom-agent@pve!agent2" }),
    row({ user: "root@pam" }),
    row({ id: "102" }),
    row({ type: "vzstop" }),
    row({ starttime: NODE_TIME - 3 }),
  ];
  assertEquals(await search(others), { found: "none" });
});

Deno.test("a task of another call is left out; two that fit cannot be told apart", async () => {
  const [first, second] = [row(), row({ pid: 8 })];
  assertEquals(await search([first, second]), {
    found: "several",
    upids: [first.upid, second.upid],
  });
  const found = await search([first, second], new Set([first.upid]));
  assertEquals(found.found === "one" && found.upid, second.upid);
  assertEquals(await search([first], new Set([first.upid])), { found: "none" });
});

const captures = readCaptures();

Deno.test({
  name: "in every recorded list a task's id names its owner as the row does",
  ignore: captures === undefined,
  fn() {
    let rows = 0;
    for (const { path, method, status, body } of captures ?? []) {
      if (method !== "GET" || status !== 200 || !/\/tasks$/.test(path)) continue;
      const list = typeof body === "object" && body !== null && "data" in body ? body.data : [];
      for (const { upid, user, tokenid } of Array.isArray(list) ? list : []) {
        const owner = tokenid === undefined ? user : `${user}!${tokenid}`;
        assertEquals(parseUpid(asUpid(upid)).user, owner);
        rows++;
      }
    }
    assertEquals(rows > 50, true);
  },
});

Deno.test("a call that can have a task under several ids is looked for under each, and under no other", async () => {
  const rows = [
    row({ id: "101@local" }),
    row({ id: "101@archive", pid: 8 }),
    row({ id: "101@other" }),
  ];
  const node = nodeWith(rows);
  const query = { owner: OWNER, types: ["vzstart"], nodeTime: NODE_TIME };
  const found = await findOwnTask(node, { ...query, ids: ["101@archive", "101@nowhere"] });
  assertEquals(found.found === "one" ? found.upid : found, rows[1]?.upid);
  assertEquals(
    (await findOwnTask(node, { ...query, ids: ["101@archive", "101@local"] })).found,
    "several",
  );
  assertEquals((await findOwnTask(node, { ...query, ids: ["101", "102"] })).found, "none");
  assertEquals(node.asked.map(({ vmid }) => vmid), [undefined, undefined, undefined]);
});
