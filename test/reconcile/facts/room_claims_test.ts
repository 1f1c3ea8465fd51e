import { assertEquals } from "@std/assert";
import { RoomClaims } from "../../../src/reconcile/facts/room_claims.ts";
import { facts as known } from "../../gate/scene.ts";

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
    storages: { other: { ...room, pool: null, metadata: null } },
  });
  assertEquals(left(claims), [100, 50]);
});
