import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { emptyProvider, NOTHING_SAID } from "../../../src/reconcile/desired/empty_provider.ts";
import { firstOf } from "../../../src/reconcile/desired/first_of.ts";
import { localProvider, storedProvider } from "../../../src/reconcile/desired/local_provider.ts";
import type { DesiredProvider } from "../../../src/reconcile/desired/provider.ts";
import type { State } from "../../../src/state/mod.ts";
import { withState } from "../../state/state_folder.ts";

function store(state: State, document: string, revision = "r1", provider = "local"): void {
  state.desired.accept({
    provider,
    revision,
    digest: `sha256:${document.length}-${revision}`,
    document,
    acceptedAt: 1,
  });
}

function document(guests: unknown, revision = "r1"): string {
  return JSON.stringify({ version: 1, revision, guests });
}

function unreadable(provider: DesiredProvider): FelhomError {
  const error = assertThrows(() => provider.current(), FelhomError);
  assertEquals(error.code, "desired.unreadable");
  return error;
}

Deno.test("the empty provider wants nothing", () => {
  assertEquals(emptyProvider.current(), { provider: "none", revision: "none", guests: new Map() });
});

Deno.test("the local provider wants what was stored last", async () => {
  await withState((state) => {
    const provider = localProvider(state.desired);
    assertStrictEquals(provider.current(), NOTHING_SAID);
    store(state, document({ 1001: { cores: 2 } }));
    const { revision, guests } = provider.current();
    assertEquals([provider.name, provider.current().provider, revision], ["local", "local", "r1"]);
    assertEquals(guests.get(1001)?.settings, { cores: 2 });
    store(state, document({ 1001: { cores: 4 } }, "r2"), "r2");
    assertEquals(provider.current().guests.get(1001)?.settings, { cores: 4 });
  });
});

Deno.test("a stored text is parsed once, and again when another is stored", async () => {
  await withState((state) => {
    const provider = localProvider(state.desired);
    store(state, document({ 1001: {} }));
    const first = provider.current();
    assertStrictEquals(provider.current(), first);
    store(state, document({}, "r2"), "r2");
    assertEquals(provider.current().revision, "r2");
  });
});

Deno.test("what is stored and cannot be read is an error each time, until it is stored anew", async () => {
  await withState((state) => {
    const provider = localProvider(state.desired);
    store(state, '{"version": 2}', "r\x1b2");
    const { message } = unreadable(provider);
    assertEquals(
      message,
      'Cannot read the desired state that is stored, revision "r\\x1b2"',
    );
    unreadable(provider);
    store(state, document({}), "r3");
    assertEquals(provider.current().guests.size, 0);
  });
});

Deno.test("a VMID that is not managed any more leaves the stored state readable", async () => {
  await withState((state) => {
    store(state, document({ 101: { cores: 1 }, 1001: { cores: 1 } }));
    assertEquals([...localProvider(state.desired).current().guests.keys()], [101, 1001]);
  });
});

Deno.test("of several providers the first that has said anything counts, alone", async () => {
  await withState((state) => {
    const hub = storedProvider(state.desired, "hub");
    const provider = firstOf([localProvider(state.desired), hub, emptyProvider]);
    assertStrictEquals(provider.current(), NOTHING_SAID);
    store(state, document({ 1001: {}, 1002: {} }), "r1", "hub");
    assertEquals(provider.current().provider, "hub");
    store(state, document({}));
    const { provider: who, guests } = provider.current();
    assertEquals([who, guests.size], ["local", 0], "an empty document is a wish as well");
  });
});

Deno.test("a provider that cannot be read does not give way to the next", async () => {
  await withState((state) => {
    store(state, document({ 1001: {} }), "r1", "hub");
    store(state, "{", "r1");
    unreadable(firstOf([localProvider(state.desired), storedProvider(state.desired, "hub")]));
  });
});
