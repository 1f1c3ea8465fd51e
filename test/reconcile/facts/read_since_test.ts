import { assertEquals, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { asUpid, type Reads } from "../../../src/proxmox/mod.ts";
import { readSince, type SeenSince } from "../../../src/reconcile/facts/read_since.ts";
import { openWork } from "../support/open_work.ts";

const signal = new AbortController().signal;
const BOOT = 1_800_000_000;
const MADE = BOOT + 3_600;

/** A task on guest 205, so many seconds after it was made. */
function task(type: string, after: number, user = "root@pam", id = "205") {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
  const [pstart, start] = [(MADE - BOOT + Math.max(0, after)) * 100, MADE + after];
  const upid = asUpid(`UPID:pve:00001234:${hex(pstart)}:${hex(start)}:${type}:${id}:${user}:`);
  return { upid, starttime: start };
}

const CREATION = task("vzrestore", 0, "felhom@pve!agent");

interface Host {
  /** Newest first, as the node has them. */
  readonly tasks?: readonly ReturnType<typeof task>[];
  readonly privileges?: Readonly<Record<string, boolean>>;
  readonly uptime?: number;
  readonly time?: number;
  readonly known?: readonly string[];
  readonly creation?: string | null;
  readonly broken?: "tasks" | "permissions" | "nodeStatus" | "nodeTime";
}

/** What is seen of it by an agent on such a host. */
async function seen(host: Host): Promise<SeenSince> {
  await using open = await openWork();
  const { tasks = [CREATION], privileges = { "Sys.Audit": true }, broken } = host;
  const time = host.time ?? MADE + 600;
  const fails = () => Promise.reject(new FelhomError("proxmox.timeout", "It does not answer"));
  const row = (one: ReturnType<typeof task>) => ({
    ...{ ...one, node: "pve", pid: 1, pstart: 1, type: "x", id: "205", user: "x" },
  });
  const reads: Reads = {
    ...open.work.eyes.reads,
    // As the node filters: by the whole id.
    tasks: (how) =>
      Promise.resolve(
        tasks.filter(({ upid }) =>
          how?.vmid !== undefined ? upid.includes(":205:") : upid.includes(`:${how?.type}:`)
        ).map(row),
      ),
    permissions: () => Promise.resolve({ "/nodes/pve": privileges }),
    nodeStatus: () =>
      Promise.resolve({ uptime: host.uptime ?? time - BOOT, memory: { total: 1, used: 1 } }),
    nodeTime: () => Promise.resolve(time),
    ...(broken === undefined ? {} : { [broken]: fails }),
  };
  const creation = host.creation === undefined ? CREATION.upid : host.creation;
  return await readSince({ vmid: 205, creation, known: new Set(host.known), reads, signal });
}

const UNUSED: SeenSince = { tasks: { kind: "complete", foreign: [] }, ran: false };

Deno.test("That nobody worked on a guest is proven by a whole list without a task but the agent's", async () => {
  const own = task("vzsnapshot", 9, "felhom@pve!agent");
  const earlier = task("vzdestroy", -900);
  assertEquals(await seen({}), UNUSED);
  const others = move("201-mp0>2055-mp0");
  assertEquals(await seen({ tasks: [others, CREATION] }), UNUSED);
  assertEquals(
    await seen({ tasks: [own, CREATION, earlier], known: [own.upid, CREATION.upid] }),
    UNUSED,
  );
});

Deno.test("Times that are cut to seconds come to the same boot three seconds earlier or later", async () => {
  for (const off of [-3, 3]) {
    assertEquals(await seen({ uptime: 4_200 + off, time: BOOT + 4_200 }), UNUSED);
  }
});

const start = task("vzstart", 60);
const move = (id: string, after = 60) => task("move_volume", after, "root@pam", id);
const early = task("vzstart", -60);
for (
  const [name, host, ran] of [
    ["a start of anybody's", { tasks: [start, CREATION] }, true],
    ["a start that the list has in another place", { tasks: [CREATION, start] }, true],
    ["a start while the clock was set back", { tasks: [early, CREATION] }, true],
    ["a start in a list that was rotated", { tasks: [start] }, true],
    ["a start that only the token's own list shows", { tasks: [start], privileges: {} }, true],
    ["a start of the agent's that the journal does not know", {
      tasks: [task("vzstart", 5, "felhom@pve!agent"), CREATION],
    }, true],
    ["a backup by somebody", { tasks: [task("vzdump", 60), CREATION] }, false],
    ["a volume that was moved into it", { tasks: [move("201-mp0>205-mp0"), CREATION] }, false],
    ["a volume that was moved out of it", { tasks: [move("205-mp0>201-mp0"), CREATION] }, false],
    ["a volume that was moved while the clock was set back", {
      tasks: [move("201-mp0>205-mp0", -60), CREATION],
    }, false],
    ["another restore to the VMID", { tasks: [task("vzrestore", 60), CREATION] }, false],
  ] as const satisfies readonly (readonly [string, Host, boolean])[]
) {
  Deno.test(`Somebody else has worked on it: ${name}`, async () => {
    const { tasks, ran: hasRun } = await seen(host);
    assertEquals(tasks.kind === "complete" && tasks.foreign.length, 1);
    assertEquals(hasRun, ran);
  });
}

for (
  const [name, host, why] of [
    ["its making is not known", { creation: null }, "the task that made it is not known"],
    ["its making is no task", { creation: "x" }, "the task that made it is not known"],
    [
      "the token sees its own alone",
      { privileges: { "VM.Audit": true } },
      "Sys.Audit on /nodes/pve",
    ],
    ["the list was rotated", { tasks: [] }, "does not reach back to its making"],
    ["the list is cut", { tasks: new Array(500).fill(CREATION) }, "too long"],
    ["the node has booted since", { uptime: 300 }, "the node has booted since"],
    [
      "the node has booted since, and its clock was set back",
      { uptime: 300, time: MADE - 900 },
      "the node has booted since",
    ],
    [
      "the node has booted since, long ago by now, and its clock is ahead",
      { uptime: 5_000, time: MADE + 9_000 },
      "the node has booted since, or its clock was set",
    ],
    [
      "the node has booted since, long ago by now, and its clock was ahead when it was made",
      { uptime: 9_000, time: BOOT + 4_000 },
      "the node has booted since, or its clock was set",
    ],
    ["the boot seems four seconds later", { uptime: 4_196, time: BOOT + 4_200 }, "clock was set"],
    ["the boot seems four seconds earlier", { uptime: 4_204, time: BOOT + 4_200 }, "clock was set"],
    ["the list cannot be read", { broken: "tasks" }, "It does not answer"],
    ["its rights cannot be read", { broken: "permissions" }, "It does not answer"],
    ["the node's status cannot be read", { broken: "nodeStatus" }, "It does not answer"],
    ["the node's clock cannot be read", { broken: "nodeTime" }, "It does not answer"],
  ] as const satisfies readonly (readonly [string, Host, string])[]
) {
  Deno.test(`Nothing is proven when ${name}`, async () => {
    const { tasks, ran } = await seen(host);
    assertEquals([tasks.kind, ran], ["unproven", false]);
    assertStringIncludes(tasks.kind === "unproven" ? tasks.why : "", why);
  });
}
