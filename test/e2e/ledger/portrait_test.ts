import { assertEquals, assertNotEquals } from "@std/assert";
import { createPve } from "../../sim/pve/mod.ts";
import { portrait } from "./portrait.ts";
import { parseWorld } from "./world_view.ts";

function seen(pve: ReturnType<typeof createPve>, vmid: number): string[] {
  return portrait(parseWorld(pve.snapshot()), vmid);
}

Deno.test("Two guests that are alike have one portrait, whatever they are called and reached by", () => {
  const pve = createPve({ guests: 5 });
  // Guests of the large scenario repeat after twelve: four sizes, two of three running.
  const large = createPve({ scenario: "large", guests: 13 });
  assertEquals(seen(large, 200), seen(large, 212));
  assertNotEquals(seen(pve, 201), seen(pve, 210));
});

Deno.test("A portrait shows what is changed of a guest, and that it is gone", () => {
  const pve = createPve();
  const before = seen(pve, 201);
  for (
    const fault of [
      { kind: "crash", vmid: 201 },
      { kind: "change-config", vmid: 201, set: { memory: "123" } },
      { kind: "change-config", vmid: 201, set: { net0: "name=eth0,bridge=vmbr0,link_down=1" } },
      { kind: "lock", vmid: 201, lock: "backup" },
    ] as const
  ) {
    const last = seen(pve, 201);
    pve.inject(fault);
    assertNotEquals(seen(pve, 201), last, fault.kind);
  }
  pve.inject({ kind: "vanish", vmid: 201 });
  assertEquals(seen(pve, 201), ["no guest", before.at(-1) ?? ""]);
});
