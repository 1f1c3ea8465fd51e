import { assertEquals } from "@std/assert";
import { type Caller, Semaphore } from "../../src/proxmox/semaphore.ts";
import { seededRandom } from "./support/seeded_random.ts";

function callers(names: string): { readonly all: Map<string, Caller>; readonly order: string[] } {
  const order: string[] = [];
  const all = new Map(
    Array.from(names, (name) => [name, { admitted: () => void order.push(name) }]),
  );
  return { all, order };
}

function at(all: Map<string, Caller>, name: string): Caller {
  const caller = all.get(name);
  if (caller === undefined) throw new Error(name);
  return caller;
}

Deno.test("callers are admitted in the order they came, so many at a time", () => {
  const semaphore = new Semaphore(2);
  const { all, order } = callers("abcde");
  for (const caller of all.values()) semaphore.enter(caller);
  assertEquals(order, ["a", "b"]);
  semaphore.leave(at(all, "b"));
  semaphore.leave(at(all, "d")); // Gives up waiting: admits nobody.
  assertEquals(order, ["a", "b", "c"]);
  semaphore.leave(at(all, "a"));
  assertEquals(order, ["a", "b", "c", "e"]);
  semaphore.leave(at(all, "a")); // A second time: no place is given back twice.
  assertEquals([semaphore.inside, semaphore.waiting], [2, 0]);
});

Deno.test("whatever callers do, the places are neither exceeded nor lost", () => {
  const random = seededRandom();
  const semaphore = new Semaphore(3);
  const live = new Set<Caller>();
  const inside = new Set<Caller>();
  for (let step = 0; step < 5_000; step++) {
    if (live.size === 0 || random.next() < 0.5) {
      const caller: Caller = { admitted: () => void inside.add(caller) };
      live.add(caller);
      semaphore.enter(caller);
    } else {
      const caller = random.pick([...live]);
      live.delete(caller);
      inside.delete(caller);
      semaphore.leave(caller);
    }
    assertEquals(semaphore.inside, Math.min(3, live.size));
    assertEquals(inside.size, semaphore.inside);
    assertEquals(semaphore.waiting, live.size - semaphore.inside);
  }
});
