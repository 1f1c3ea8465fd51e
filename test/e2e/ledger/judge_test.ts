import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Action, readAction } from "../../../src/action/mod.ts";
import type { OperationState } from "../../../src/state/mod.ts";
import type { RequestRow } from "../../sim/wire/mod.ts";
import type { Books, JournalEntry } from "./books.ts";
import { judge, type JudgeOptions } from "./judge.ts";
import type { WorldGuest, WorldTask } from "./world_view.ts";

/** Epoch milliseconds at which every story begins. */
const BEGAN = 1_800_000_000_000;

/** An operation that came this far: authorised at second 0, each further state a second later. */
function entry(
  kind: string,
  states: readonly OperationState[],
  given: {
    readonly seq?: number;
    readonly guest?: number | null;
    readonly params?: unknown;
    readonly upid?: string;
    /** Seconds after the story began. */
    readonly at?: number;
  } = {},
): JournalEntry {
  const { seq = 1, guest = 201, params = {}, upid = null, at = 0 } = given;
  const read = readAction({ kind, guest, params });
  if (!read.ok) throw new Error(read.message);
  const action: Action = read.action;
  const transitions = (["authorised", ...states] as const).map((state, index) => ({
    state,
    at: BEGAN + (at + index) * 1000,
    upid: state === "task_running" ? upid : null,
    detail: null,
  }));
  return {
    operation: {
      ...{ seq, id: `operation-${seq}`, transaction: null, step: 0, compensates: null },
      ...{ vmid: action.guest, kind, action, origin: "desired", evidence: {} },
      createdAt: BEGAN + at * 1000,
      changedAt: BEGAN + (at + states.length) * 1000,
      state: states.at(-1) ?? "authorised",
      upid,
    },
    transitions,
  };
}

/** A request, `METHOD path` below the node, so many seconds after the story began. */
function request(what: string, at: number, given: Partial<RequestRow> = {}): RequestRow {
  const [method = "", path = ""] = what.split(" ");
  return {
    ...{ sequence: at, time: BEGAN + at * 1000, connection: 1, method },
    ...{ path: `/nodes/pve/${path}`, params: {}, route: "", proxied: true, handlerRan: true },
    ...{ status: 200, delivered: true, ms: 1, fault: undefined },
    ...given,
  };
}

function task(type: string, at: number, given: Partial<WorldTask> = {}): WorldTask {
  const id = given.id ?? "201";
  const starttime = BEGAN / 1000 + at;
  return { upid: upidOf(type, at, id), type, id, starttime, status: "OK", ...given };
}

function upidOf(type: string, at: number, id = "201"): string {
  return `UPID:pve:00000001:00000001:${at}:${type}:${id}:felhom@pve!agent:`;
}

function guest(given: Partial<WorldGuest> = {}): WorldGuest {
  return {
    ...{ vmid: 201, name: "a", status: "running", lock: null, snapshots: [] },
    ...{ options: {}, pending: {} },
    ...given,
  };
}

function found(
  books: {
    readonly journal: readonly JournalEntry[];
    readonly requests?: readonly RequestRow[];
    readonly tasks?: readonly WorldTask[];
    readonly guests?: readonly WorldGuest[];
    readonly helperRuns?: Books["helperRuns"];
  },
  options: JudgeOptions = {},
): readonly string[] {
  const { journal, requests = [], tasks = [], guests = [guest()], helperRuns = [] } = books;
  const world = { guests, storages: [], tasks };
  return judge({ journal, requests, world, helperRuns }, options).problems;
}

const START = "POST lxc/201/status/start";
const WENT_WELL = ["started", "task_running", "succeeded"] as const;
const started = (given: Parameters<typeof entry>[2] = {}) =>
  entry("guest.start", WENT_WELL, { upid: upidOf("vzstart", 1), ...given });
const SET_MEMORY = { params: { set: { memory: 1024 }, unset: [] } };
const DESTROY = { params: { purge: true } };

Deno.test("An operation that was sent once, ran and succeeded is in order", () => {
  assertEquals(
    found({
      journal: [started()],
      requests: [request("GET lxc", 0), request(START, 1)],
      tasks: [task("vzstart", 1)],
    }),
    [],
  );
});

Deno.test("A destroy may write its guard once, and destroy once", () => {
  const journal = [
    entry("guest.destroy", WENT_WELL, { ...DESTROY, upid: upidOf("vzdestroy", 2) }),
  ];
  const tasks = [task("vzdestroy", 2)];
  const once = [request("PUT lxc/201/config", 1), request("DELETE lxc/201", 2)];
  assertEquals(found({ journal, tasks, requests: once, guests: [] }), []);
  assertEquals(
    found({ journal, tasks, requests: [...once, request("PUT lxc/201/config", 3)], guests: [] }),
    ['Operation 1 (guest.destroy 201) sent "config 201" twice'],
  );
});

Deno.test("What is sent twice for one operation is found, whatever came of either", () => {
  for (const given of [{}, { handlerRan: false, status: 500 }] as const) {
    assertEquals(
      found({
        journal: [started()],
        requests: [request(START, 1, given), request(START, 2)],
        tasks: [task("vzstart", 1)],
      }),
      ['Operation 1 (guest.start 201) sent "start 201" twice'],
    );
  }
});

Deno.test("What pveproxy could not hand on may be sent again, and nothing else", () => {
  const books = { journal: [started()], tasks: [task("vzstart", 1)] };
  const failed = (given: Partial<RequestRow>) => [request(START, 1, given), request(START, 2)];
  assertEquals(found({ ...books, requests: failed({ handlerRan: false, status: 595 }) }), []);
  for (
    const given of [{ status: 595 }, { handlerRan: false, status: 596 }, {
      handlerRan: false,
      status: undefined,
    }]
  ) {
    assertEquals(found({ ...books, requests: failed(given) }).length, 1);
  }
});

Deno.test("Of two operations of one second, a task is the one's whose request arrived", () => {
  const journal = [
    entry("guest.start", ["started", "failed"]),
    entry("guest.start", ["started", "succeeded"], { seq: 2, at: 1 }),
  ];
  const tasks = [task("vzstart", 2)];
  const requests = (first: boolean) => [
    request(START, 1, { handlerRan: first }),
    request(START, 2, { handlerRan: !first }),
  ];
  assertEquals(found({ journal, tasks, requests: requests(false) }), []);
  const [problem = ""] = found({ journal, tasks, requests: requests(true) });
  assertStringIncludes(problem, "Operation 1 (guest.start 201) is said to have failed");
});

Deno.test("What is sent twice for two operations is in order, each in its own time", () => {
  const journal = [
    entry("guest.start", ["started", "failed"]),
    started({ seq: 2, at: 10, upid: upidOf("vzstart", 11) }),
  ];
  const tasks = [task("vzstart", 11)];
  const each = [request(START, 2, { handlerRan: false }), request(START, 11)];
  assertEquals(found({ journal, tasks, requests: each }), []);
  const bothLate = [request(START, 11), request(START, 12)];
  assertEquals(found({ journal, tasks, requests: bothLate }), [
    'Operation 2 (guest.start 201) sent "start 201" twice',
  ]);
});

Deno.test("A request before the intent was written, or for nobody, is found", () => {
  const tasks = [task("vzstart", 1)];
  assertEquals(found({ journal: [started()], requests: [request(START, 0)], tasks }), [
    'Request "start 201" was sent for no operation under way',
  ]);
  assertEquals(
    found({
      journal: [started()],
      tasks,
      requests: [request(START, 1), request("POST lxc/202/status/stop", 1)],
    }),
    ['Request "stop 202" was sent for no operation under way'],
  );
  assertEquals(found({ journal: [], requests: [request("POST lxc/201/clone", 1)] }), [
    'Request "POST /nodes/pve/lxc/201/clone" was sent for no operation under way',
  ]);
});

Deno.test("An operation may abort the task that it began, once, and no other", () => {
  const abort = (upid: string) => request(`DELETE tasks/${upid}`, 2);
  const books = { journal: [started()], tasks: [task("vzstart", 1)] };
  const [own, other] = [upidOf("vzstart", 1), upidOf("vzstart", 9)];
  assertEquals(found({ ...books, requests: [request(START, 1), abort(own)] }), []);
  assertEquals(found({ ...books, requests: [request(START, 1), abort(own), abort(own)] }), [
    `Operation 1 (guest.start 201) sent "abort ${own}" twice`,
  ]);
  assertEquals(found({ ...books, requests: [request(START, 1), abort(other)] }), [
    `Request "abort ${other}" was sent for no operation under way`,
  ]);
});

Deno.test("A task that no operation started is found; one that its operation lost is its own", () => {
  const lost = entry("guest.start", ["started", "succeeded"]);
  const requests = [request(START, 1, { delivered: false })];
  assertEquals(found({ journal: [lost], requests, tasks: [task("vzstart", 1)] }), []);
  assertEquals(
    found({ journal: [lost], requests, tasks: [task("vzstart", 1), task("vzstart", 2)] }),
    [`Task ${upidOf("vzstart", 2)} was started for no operation`],
  );
});

Deno.test("An operation that names a task of another kind, or none that there is, is found", () => {
  const requests = [request(START, 1)];
  assertEquals(
    found({
      journal: [started({ upid: upidOf("vzstop", 1) })],
      requests,
      tasks: [task("vzstop", 1), task("vzstart", 1)],
    }),
    [
      `Operation 1 (guest.start 201) names ${upidOf("vzstop", 1)}, which is none of its own`,
      `Task ${upidOf("vzstart", 1)} was started for no operation`,
    ],
  );
  assertEquals(found({ journal: [started()], requests }), [
    `Operation 1 (guest.start 201) names ${upidOf("vzstart", 1)}, which the host does not know`,
  ]);
});

for (const states of [[], ["started"], ["started", "task_running"]] as const) {
  const last = states.at(-1) ?? "authorised";
  Deno.test(`An operation that is left ${last} is lost`, () => {
    assertEquals(found({ journal: [entry("guest.start", states)] }), [
      `Operation 1 (guest.start 201) was left ${last}`,
    ]);
  });
}

Deno.test("A success that nothing was sent for is false", () => {
  assertEquals(found({ journal: [entry("guest.start", ["started", "succeeded"])] }), [
    'Operation 1 (guest.start 201) is said to have succeeded, but "start 201" was never sent',
  ]);
});

Deno.test("A success whose task failed is false, unless the host shows the effect", () => {
  const books = {
    journal: [started()],
    requests: [request(START, 1)],
    tasks: [task("vzstart", 1, { status: "CT 201 already running" })],
  };
  assertEquals(found(books), []);
  assertEquals(found({ ...books, guests: [guest({ status: "stopped" })] }), [
    `Operation 1 (guest.start 201) is said to have succeeded, but ${
      upidOf("vzstart", 1)
    } ended with "CT 201 already running"`,
  ]);
});

Deno.test("A success whose task still runs is too early", () => {
  const tasks = [task("vzstart", 1, { status: "RUNNING" })];
  assertEquals(found({ journal: [started()], requests: [request(START, 1)], tasks }), [
    `Operation 1 (guest.start 201) is said to have succeeded, but ${
      upidOf("vzstart", 1)
    } still runs`,
  ]);
});

Deno.test("A failure whose task went well is false, unless the host shows that it came to nothing", () => {
  const books = {
    journal: [entry("guest.start", ["started", "failed"])],
    requests: [request(START, 1, { delivered: false })],
    tasks: [task("vzstart", 1)],
  };
  assertEquals(found(books), [
    `Operation 1 (guest.start 201) is said to have failed, but ${upidOf("vzstart", 1)} went well`,
  ]);
  assertEquals(found({ ...books, guests: [guest({ status: "stopped" })] }), []);
});

Deno.test("A setting that was saved though the answer said otherwise is no failure", () => {
  const books = {
    journal: [entry("guest.settings", ["started", "failed"], SET_MEMORY)],
    requests: [request("PUT lxc/201/config", 1, { status: 500 })],
  };
  assertEquals(found({ ...books, guests: [guest({ options: { memory: "1024" } })] }), [
    "Operation 1 (guest.settings 201) is said to have failed, but what it asked for is there",
  ]);
  const pending = guest({ options: { memory: "512" }, pending: { memory: "1024" } });
  assertEquals(found({ ...books, guests: [pending] }).length, 1);
  assertEquals(found({ ...books, guests: [guest({ options: { memory: "512" } })] }), []);
});

Deno.test("A setting that somebody set later than the failure leaves the failure true", () => {
  const journal = [
    entry("guest.settings", ["started", "failed"], SET_MEMORY),
    entry("guest.settings", ["started", "succeeded"], { ...SET_MEMORY, seq: 2, at: 10 }),
  ];
  const requests = [request("PUT lxc/201/config", 1), request("PUT lxc/201/config", 11)];
  assertEquals(found({ journal, requests, guests: [guest({ options: { memory: "1024" } })] }), []);
});

Deno.test("What was abandoned was never sent", () => {
  const abandoned = entry("guest.destroy", ["abandoned"], DESTROY);
  assertEquals(found({ journal: [abandoned] }), []);
  const begun = entry("guest.destroy", ["started", "abandoned"], DESTROY);
  assertEquals(found({ journal: [begun], requests: [request("DELETE lxc/201", 1)] }), [
    "Operation 1 (guest.destroy 201) was abandoned, though it was sent",
  ]);
});

Deno.test("What the journal does not know is shown, and is no problem of the comparison", () => {
  const journal = [entry("guest.start", ["started", "unknown"])];
  const world = { guests: [guest()], storages: [], tasks: [] };
  assertEquals(judge({ journal, requests: [], world }), {
    problems: [],
    unknown: ["operation-1"],
  });
});

Deno.test("A helper that was never asked did nothing; one that was asked twice did too much", () => {
  const params = { uuid: "3d6b1f0e-8a4c-4b7d-9e2f-1a2b3c4d5e6f" };
  const journal = [entry("disk.mount", ["started", "succeeded"], { guest: null, params })];
  const run = { operation: "operation-1" };
  assertEquals(found({ journal, helperRuns: [run] }), []);
  assertEquals(found({ journal, helperRuns: [run, run] }), [
    "Operation 1 (disk.mount) ran the helper 2 times",
  ]);
  assertEquals(found({ journal }), [
    "Operation 1 (disk.mount) is said to have succeeded, but the helper was never asked",
  ]);
  const failed = [entry("disk.mount", ["started", "failed"], { guest: null, params })];
  assertEquals(found({ journal: failed, helperRuns: [{ ...run, ok: false }] }), []);
  assertEquals(found({ journal: failed, helperRuns: [{ ...run, ok: true }] }), [
    "Operation 1 (disk.mount) is said to have failed, but the helper said that it is done",
  ]);
  assertEquals(found({ journal, helperRuns: [{ ...run, ok: false }] }), [
    "Operation 1 (disk.mount) is said to have succeeded, but the helper said that it failed",
  ]);
});

Deno.test("Of each backup that is pruned one deletion is sent", () => {
  const [one, other] = [1, 2].map((day) =>
    `local:backup/vzdump-lxc-201-2026_11_0${day}-00_00_00.tar.zst`
  );
  const journal = [
    entry("guest.prune", ["started", "succeeded"], { params: { backups: [one, other] } }),
  ];
  const ask = (backup: string | undefined) => request(`DELETE storage/local/content/${backup}`, 1);
  const tasks = [1, 1].map((at, index) =>
    task("imgdel", at, { id: "201@local", upid: `UPID:${index}` })
  );
  assertEquals(found({ journal, requests: [ask(one), ask(other)], tasks }), []);
  assertEquals(found({ journal, requests: [ask(one), ask(one)], tasks }), [
    `Operation 1 (guest.prune 201) sent "delete_backup ${one}" twice`,
  ]);
});

Deno.test("Where the clocks stand apart, requests are counted without regard to time", () => {
  const books = {
    journal: [started()],
    requests: [request(START, 5_000)],
    tasks: [task("vzstart", 1)],
  };
  assertEquals(found(books).length, 1);
  assertEquals(found(books, { oneClock: false }), []);
  assertEquals(
    found({ ...books, requests: [...books.requests, request(START, 1)] }, { oneClock: false }),
    ['Operation 1 (guest.start 201) sent "start 201" twice'],
  );
});
