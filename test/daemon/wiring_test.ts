import { assert, assertEquals, assertRejects } from "@std/assert";
import { wireHands } from "../../src/daemon/wiring.ts";
import { FelhomError } from "../../src/errors.ts";
import { ACTION } from "../gate/scene.ts";
import { fakeHelper } from "../helper/fake_socket.ts";
import { connectTo } from "../proxmox/support/client.ts";
import { startServer } from "../proxmox/support/server.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { permitFor } from "../support/permit.ts";

Deno.test("The hands of the engine are the mutations of the clients, and each asks for a permit", async () => {
  await using server = await startServer(() => {});
  using client = connectTo(server);
  const helper = fakeHelper(() => []);
  const link = { connect: helper.connect, clock: new FakeClock(), newId: () => "r1" };
  const hands = wireHands(client.transport, link, { node: "pve" });
  const forged = Object.create(await permitFor(ACTION.start));
  assert(hands.helper !== null);
  const { proxmox } = hands;
  const guard = { digest: "0".repeat(40), onboot: false };
  const calls: readonly (() => unknown)[] = [
    () => proxmox.start(forged),
    () => proxmox.shutdown(forged),
    () => proxmox.stop(forged),
    () => proxmox.restart(forged),
    () => proxmox.setConfig(forged, { digest: guard.digest }),
    () => proxmox.create(forged),
    () => proxmox.restoreBeside(forged),
    () => proxmox.snapshot(forged),
    () => proxmox.rollback(forged),
    () => proxmox.deleteSnapshot(forged),
    () => proxmox.backup(forged),
    () => proxmox.prune(forged),
    () => proxmox.destroy(forged, { guard }),
    () => hands.helper?.createGolden(forged, { operation: "op-1" }),
    () => hands.helper?.mountDisk(forged, { operation: "op-1" }),
    () => hands.helper?.unmountDisk(forged, { operation: "op-1" }),
  ];
  // All but `abort`, which takes a permit that was used.
  assertEquals(calls.length, Object.keys(proxmox).length - 1 + Object.keys(hands.helper).length);
  for (const call of calls) {
    const error = await assertRejects(async () => await call(), FelhomError);
    assertEquals(error.code, "permit.forged");
  }
  assertEquals([server.connections, helper.received], [0, []]);
});

Deno.test("Without a helper there are no hands for it", async () => {
  await using server = await startServer(() => {});
  using client = connectTo(server);
  assertEquals(wireHands(client.transport, null, { node: "pve" }).helper, null);
});
