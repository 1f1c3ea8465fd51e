import { assertEquals } from "@std/assert";
import { RoomClaims } from "../../../src/reconcile/facts/room_claims.ts";
import { facts as known, reservation } from "../../gate/scene.ts";

const room = { available: 100, total: 200 };
const facts = known({
  expectedBytes: 30,
  storages: { thin: { ...room, pool: { available: 50, total: 200 }, metadata: null } },
});

function left(claims: RoomClaims): (number | undefined)[] {
  const { thin } = claims.less(facts).storages;
  return [thin?.available, thin?.pool?.available];
}

Deno.test("what is at work takes its room from the others, in the pool too, until it is through", () => {
  const claims = new RoomClaims();
  assertEquals(left(claims), [100, 50]);
  {
    using _one = claims.claim({ kind: "guest.create" }, facts);
    assertEquals(left(claims), [70, 20]);
    using _other = claims.claim({ kind: "guest.backup" }, facts);
    assertEquals(left(claims), [40, -10]);
  }
  assertEquals(left(claims), [100, 50]);
});

Deno.test("taking a snapshot writes next to nothing, and claims nothing", () => {
  const claims = new RoomClaims();
  using _claim = claims.claim({ kind: "guest.snapshot" }, facts);
  assertEquals(left(claims), [100, 50]);
});

Deno.test("room is claimed on the storages that are written to, and on no other", () => {
  const claims = new RoomClaims();
  using _claim = claims.claim({ kind: "guest.create" }, {
    expectedBytes: 30,
    reservations: {},
    storages: { other: { ...room, pool: null, metadata: null } },
  });
  assertEquals(left(claims), [100, 50]);
});

/** What is promised of a storage to who read what is given away at a mark. */
function promised(claims: RoomClaims, mark: number): number | undefined {
  const reservations = { thin: reservation({ mark }) };
  return claims.less(known({ reservations })).reservations["thin"]?.promised;
}

for (
  const kind of ["guest.snapshot", "guest.create", "guest.restore_over", "golden.create"] as const
) {
  Deno.test(`${kind} is promised until it is read what came of it`, () => {
    const claims = new RoomClaims();
    const facts = known({ reservations: { thin: reservation({ added: 8 }) } });
    const before = claims.mark();
    const claim = claims.claim({ kind }, facts);
    const during = claims.mark();
    assertEquals([promised(claims, before), promised(claims, during)], [8, 8]);
    claim[Symbol.dispose]();
    assertEquals(promised(claims, during), 8, "the reading began before its end");
    const after = claims.mark();
    assertEquals(promised(claims, after), 0);
    claims.forget(during);
    assertEquals(promised(claims, during), 8, "nobody has read it since");
    claims.forget(after);
    assertEquals(promised(claims, during), 0);
  });
}

Deno.test("a backup is promised while it is made; then its archive is in use", () => {
  const claims = new RoomClaims();
  const mark = claims.mark();
  {
    using _claim = claims.claim({ kind: "guest.backup" }, {
      ...known({ reservations: { thin: reservation({ added: 8 }) } }),
    });
    assertEquals(promised(claims, mark), 8);
  }
  assertEquals(promised(claims, mark), 0);
});

Deno.test("what removes something is known to have", () => {
  const claims = new RoomClaims();
  const mark = claims.mark();
  claims.claim({ kind: "guest.snapshot" }, facts)[Symbol.dispose]();
  assertEquals(claims.freedSince(mark), false);
  for (const kind of ["guest.delete_snapshot", "guest.rollback", "guest.destroy"] as const) {
    const before = claims.mark();
    claims.claim({ kind }, facts)[Symbol.dispose]();
    assertEquals([claims.freedSince(before), claims.freedSince(claims.mark())], [true, false]);
  }
});
