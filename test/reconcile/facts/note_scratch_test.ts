import { assertEquals } from "@std/assert";
import { knownScratch, noteScratch } from "../../../src/reconcile/facts/note_scratch.ts";
import type { State } from "../../../src/state/mod.ts";
import { operation } from "../../state/operation.ts";
import { withState } from "../../state/state_folder.ts";

const VMID = 901;
const GUEST = {
  ...{ vmid: VMID, transaction: "t", operation: "made", creation: null, at: 1000 },
  ...{ volumes: ["local:901/a.raw"], macs: ["BC:24:11:00:00:01"], digest: "d", scratch: true },
};

interface Seen {
  readonly kind?: "here" | "free" | "elsewhere" | "unknown";
  readonly config?: { readonly digest: string; readonly lock?: string } | null;
  /** What happens before the look and during it. */
  readonly before?: (state: State) => void;
  readonly during?: (state: State) => void;
}

const begins = ({ operations }: State) => {
  operations.authorise(operation("step", { vmid: VMID, origin: "selftest", transaction: null }));
  operations.advance("step", "started", { at: 1100 });
};

for (
  const [name, seen, why] of [
    ["as it was left", { config: { digest: "d" } }, null],
    ["changed", { config: { digest: "e" } }, "its configuration is not as the agent left it"],
    ["as nobody knows how it was left", {
      config: { digest: "d" },
      before: ({ guests }) => guests.leftAs(VMID, null),
    }, "its configuration is not as the agent left it"],
    ["as nobody can read", { config: null }, null],
    ["locked", { config: { digest: "e", lock: "rollback" } }, null],
    ["on another node", { kind: "elsewhere", config: null }, "it was away from this node"],
    ["gone", { kind: "free", config: null }, "it was away from this node"],
    ["where nobody can say", { kind: "unknown", config: null }, null],
    ["while a step is at work", { config: { digest: "e" }, before: begins }, null],
    ["as a step began", { config: { digest: "e" }, during: begins }, null],
    ["with a step that ended meanwhile", {
      config: { digest: "d" },
      during: ({ guests }) => guests.leftAs(VMID, "e"),
    }, null],
    ["as it was made meanwhile", {
      config: { digest: "e" },
      during: ({ guests }) => guests.record({ ...GUEST, operation: "again" }),
    }, null],
  ] satisfies readonly (readonly [string, Seen, string | null])[]
) {
  Deno.test(`Scratch that is seen ${name} ${why === null ? "stays so" : "is none any more"}`, async () => {
    await withState((state) => {
      state.guests.record(GUEST);
      const { kind = "here", config = null, before: first, during }: Seen = seen;
      first?.(state);
      const before = knownScratch(VMID, state);
      during?.(state);
      noteScratch(VMID, state, { before, kind, config, at: 2000 });
      assertEquals(state.guests.get(VMID)?.scratchLostWhy, why);
    });
  });
}
