import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HELPER_ERROR_CODES } from "../../privileged/helper_errors.ts";
import { parseRequest } from "../../privileged/parse_request.ts";
import { LIMITS, OPERATIONS, phaseOf } from "../../privileged/protocol.ts";
import { entryOf, isActionKind } from "../../src/action/mod.ts";
import type { ErrorCode, Retry } from "../../src/errors.ts";
import { FelhomError } from "../../src/errors.ts";
import { createHelperReads, HelperError, type HelperSocket } from "../../src/helper/mod.ts";
import { createHelperMutations } from "../../src/helper/mutations.ts";
import { ACTION } from "../gate/scene.ts";
import { permitFor } from "../support/permit.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { type FakeHelper, fakeHelper } from "./fake_socket.ts";

const UUID = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
const MOUNTED = { changed: true, uuid: UUID, name: "backup", target: "/mnt/felhom/backup" };

function clientOf(helper: Pick<FakeHelper, "connect">, clock = new FakeClock()) {
  let count = 0;
  const link = { connect: helper.connect, clock, newId: () => `r${++count}` };
  return { reads: createHelperReads(link), mutations: createHelperMutations(link) };
}

/** Mounts the disk on a fresh permit. */
async function mount(
  { mutations }: Pick<ReturnType<typeof clientOf>, "mutations">,
  options: { readonly limitMs?: number } = {},
) {
  return await mutations.mountDisk(await permitFor(ACTION.mount), {
    operation: "op-1",
    ...options,
  });
}

function ok(result: unknown) {
  return (
    { id }: { readonly id: string },
  ) => [JSON.stringify({ v: 1, id, ok: true, result }) + "\n"];
}

Deno.test("a read sends one line that the helper understands, and gives its result back", async () => {
  const helper = fakeHelper(ok({ chips: [] }), { writeAtOnce: 7 });
  assertEquals(await clientOf(helper).reads.sensors(), { chips: [] });
  assertEquals(helper.received, ['{"v":1,"id":"r1","op":"hardware.sensors","params":{}}\n']);
  assert(helper.closed());
});

Deno.test("every call of the client is a request the helper's schema takes", async () => {
  const sent: string[] = [];
  const golden = { ...ACTION.golden, guest: 1000 };
  const calls: ((client: ReturnType<typeof clientOf>) => Promise<unknown>)[] = [
    ({ reads }) => reads.health(),
    ({ reads }) => reads.smart("/dev/sda"),
    ({ reads }) => reads.sensors(),
    (client) => mount(client),
    async ({ mutations }) =>
      await mutations.unmountDisk(await permitFor(ACTION.unmount), { operation: "op-1" }),
    async ({ mutations }) =>
      await mutations.createGolden(await permitFor(golden), { operation: "op-1" }),
  ];
  for (const call of calls) {
    const helper = fakeHelper(() => []);
    await assertRejects(() => call(clientOf(helper)));
    sent.push(...helper.received);
  }
  for (const line of sent) {
    parseRequest(line.trimEnd());
    const { op, params } = JSON.parse(line);
    const kept = Object.keys(params);
    const never = isActionKind(op) ? entryOf(op).never : [];
    assertEquals(kept.filter((name) => never.includes(name)), [], op);
  }
  assertEquals(sent.length, calls.length);
});

Deno.test("what is sent is what the permit's action says, in the name of the operation", async () => {
  const helper = fakeHelper(ok(MOUNTED));
  assertEquals(await mount(clientOf(helper)), MOUNTED);
  assertEquals(helper.received.map((text) => JSON.parse(text)), [{
    v: 1,
    id: "r1",
    operation: "op-1",
    op: "disk.mount",
    params: ACTION.mount.params,
  }]);
});

Deno.test("nothing is sent on a permit for another kind, a used one, or none", async () => {
  const helper = fakeHelper(ok(MOUNTED));
  const { mutations } = clientOf(helper);
  const options = { operation: "op-1" };
  const used = await permitFor(ACTION.mount);
  await mutations.mountDisk(used, options);
  const forged = Object.create(used);
  for (
    const [call, code] of [
      [
        async () => await mutations.mountDisk(await permitFor(ACTION.unmount), options),
        "permit.other",
      ],
      [
        async () => await mutations.unmountDisk(await permitFor(ACTION.mount), options),
        "permit.other",
      ],
      [
        async () => await mutations.createGolden(await permitFor(ACTION.create), options),
        "permit.other",
      ],
      [() => mutations.mountDisk(used, options), "permit.spent"],
      [() => mutations.mountDisk(forged, options), "permit.forged"],
      [() => mutations.unmountDisk(forged, options), "permit.forged"],
      [() => mutations.createGolden(forged, options), "permit.forged"],
    ] as const
  ) {
    assertEquals((await assertRejects<FelhomError>(call, FelhomError)).code, code);
  }
  assertEquals(helper.received.length, 1);
});

interface Row {
  readonly what: string;
  readonly answer: (request: { readonly id: string }) => readonly (string | Uint8Array)[];
  readonly code: ErrorCode;
}

const line = (value: unknown) => () => [JSON.stringify(value) + "\n"];
const BROKEN: readonly Row[] = [
  { what: "says nothing", answer: () => [], code: "helper.died" },
  { what: "dies mid-answer", answer: () => ['{"v":1,"id":"r1",'], code: "helper.died" },
  {
    what: "forgets the newline",
    answer: ({ id }) => [ok(MOUNTED)({ id })[0]?.trim() ?? ""],
    code: "helper.died",
  },
  { what: "answers garbage", answer: () => ["hello\n"], code: "helper.malformed" },
  {
    what: "answers bytes",
    answer: () => [new Uint8Array([0xff, 0, 10])],
    code: "helper.malformed",
  },
  { what: "answers an empty line", answer: () => ["\n"], code: "helper.malformed" },
  { what: "answers another shape", answer: line([]), code: "helper.malformed" },
  {
    what: "answers in another version",
    answer: line({ v: 2, id: "r1", ok: true, result: MOUNTED }),
    code: "helper.malformed",
  },
  {
    what: "answers somebody else",
    answer: line({ v: 1, id: "r9", ok: true, result: MOUNTED }),
    code: "helper.malformed",
  },
  {
    what: "answers well for nobody",
    answer: line({ v: 1, id: null, ok: true, result: MOUNTED }),
    code: "helper.malformed",
  },
  {
    what: "answers another operation",
    answer: line({ v: 1, id: "r1", ok: true, result: { chips: [] } }),
    code: "helper.malformed",
  },
  {
    what: "answers an error it does not have",
    answer: line({ v: 1, id: "r1", ok: false, error: { code: "x", message: "", changed: "no" } }),
    code: "helper.malformed",
  },
  {
    what: "answers twice",
    answer: (request) => [...ok(MOUNTED)(request), ...ok(MOUNTED)(request)].join("").split("|"),
    code: "helper.malformed",
  },
  {
    what: "answers too much",
    answer: () => Array(40).fill("x".repeat(64 * 1024)),
    code: "helper.too_large",
  },
];

for (const { what, answer, code } of BROKEN) {
  Deno.test(`a helper that ${what} is ${code}: a mutation is in doubt, a read may be repeated`, async () => {
    const mutating = fakeHelper(answer);
    const mutation = await assertRejects(
      () => mount(clientOf(mutating)),
      FelhomError,
    );
    assertEquals([mutation.code, mutation.retry], [code, "unknown"]);
    const reading = fakeHelper(answer);
    const read = await assertRejects(() => clientOf(reading).reads.health(), FelhomError);
    assertEquals([read.code, read.retry], [code, "safe"]);
    assert(mutating.closed() && reading.closed());
  });
}

Deno.test("a helper that cannot be reached is absent, and a mutation may be repeated", async () => {
  const refused = () => Promise.reject(new Deno.errors.ConnectionRefused("no"));
  const { mutations } = clientOf({ connect: refused });
  const error = await assertRejects(
    () => mount({ mutations }),
    FelhomError,
  );
  assertEquals([error.code, error.retry], ["helper.absent", "safe"]);
  assertStringIncludes(error.hint ?? "", "felhom-privileged.socket");
});

Deno.test("a connection that breaks is a helper that died", async () => {
  const broken: HelperSocket = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")),
    read: () => Promise.reject(new Deno.errors.ConnectionReset("gone")),
    close() {},
  };
  const { mutations } = clientOf({ connect: () => Promise.resolve(broken) });
  const error = await assertRejects(
    () => mount({ mutations }),
    FelhomError,
  );
  assertEquals([error.code, error.retry], ["helper.died", "unknown"]);
});

Deno.test("a helper that never answers is slow, at the operation's own limit", async () => {
  const clock = new FakeClock();
  const helper = fakeHelper(() => ["{"], { stayOpen: true });
  const slow = assertRejects(
    () => mount(clientOf(helper, clock)),
    FelhomError,
  );
  await clock.advance(OPERATIONS["disk.mount"].limitMs);
  assert(!helper.closed());
  await clock.advance(LIMITS.requestMs);
  const { code, retry } = await slow;
  assertEquals([code, retry, helper.closed()], ["helper.slow", "unknown", true]);
  assertEquals(clock.sleeping, 0);
});

Deno.test("a helper that nobody lets in is slow too; nothing was asked, so it may be repeated", async () => {
  const clock = new FakeClock();
  const late = Promise.withResolvers<HelperSocket>();
  const { mutations } = clientOf({ connect: () => late.promise }, clock);
  const slow = assertRejects(
    () => mount({ mutations }, { limitMs: 100 }),
    FelhomError,
  );
  await clock.advance(100);
  const { code, retry } = await slow;
  assertEquals([code, retry, clock.sleeping], ["helper.slow", "safe", 0]);
  // A connection that comes after all is closed, and nothing goes over it.
  const helper = fakeHelper(() => []);
  late.resolve(await helper.connect());
  await clock.settle();
  assertEquals([helper.closed(), helper.received], [true, []]);
});

Deno.test("a call that is aborted while it connects ends with the signal's reason", async () => {
  const abort = new AbortController();
  const { reads } = clientOf({ connect: () => Promise.withResolvers<HelperSocket>().promise });
  const ended = assertRejects(() => reads.health({ signal: abort.signal }));
  const reason = new Error("shutting down");
  abort.abort(reason);
  assertEquals(await ended, reason);
});

Deno.test("a call that is aborted ends with the signal's reason", async () => {
  const abort = new AbortController();
  const reason = new Error("shutting down");
  const helper = fakeHelper(() => [], { stayOpen: true });
  const clock = new FakeClock();
  const ended = assertRejects(() => clientOf(helper, clock).reads.health({ signal: abort.signal }));
  await clock.settle();
  abort.abort(reason);
  assertEquals(await ended, reason);
});

for (const helperCode of HELPER_ERROR_CODES) {
  Deno.test(`${helperCode} comes through with what it means for a repetition`, async () => {
    for (const changed of ["no", "maybe"] as const) {
      const error = { code: helperCode, message: "because", changed };
      const helper = fakeHelper((
        { id },
      ) => [JSON.stringify({ v: 1, id, ok: false, error }) + "\n"]);
      const thrown = await assertRejects(
        () => mount(clientOf(helper)),
        HelperError,
      );
      const phase = phaseOf(helperCode);
      const code: ErrorCode = phase === "request"
        ? "helper.rejected"
        : phase === "check"
        ? "helper.refused"
        : "helper.failed";
      const retry: Retry = changed === "maybe" ? "unknown" : phase === "run" ? "safe" : "never";
      assertEquals(
        [thrown.code, thrown.retry, thrown.helperCode, thrown.changed],
        [code, retry, helperCode, changed],
      );
      assertStringIncludes(thrown.message, "because");
    }
  });
}
