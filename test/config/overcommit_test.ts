import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../src/config/mod.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parseOvercommit } from "../../src/config/overcommit.ts";
import { gatePolicy } from "../../src/daemon/gate_policy.ts";
import { POLICY } from "../../src/gate/mod.ts";
import { goodConfig, memorySources } from "./memory_sources.ts";

Deno.test("A ratio belongs to a storage by its name", () => {
  assertEquals(parseOvercommit("local-lvm=1.5"), { storage: "local-lvm", ratio: 1.5 });
  assertEquals(parseOvercommit("s.3_x=20"), { storage: "s.3_x", ratio: 20 });
  assertEquals(parseOvercommit("rpool=0.1"), { storage: "rpool", ratio: 0.1 });
});

for (
  const text of [
    ...["", "local", "local=", "=1", "local=0", "local=0.09", "local=20.1", "local=-1"],
    ...["local=1e3", "local=NaN", "local= 1", " local=1", "1local=1", "local:x=1", "l=1"],
    ...["local=1.5\n", "local=0x2", "local=1,5"],
  ]
) {
  Deno.test(`${JSON.stringify(text)} is no ratio of a storage`, () => {
    assert("reason" in parseOvercommit(text));
  });
}

Deno.test("Without a word in the configuration, the gate's numbers are the product's", async () => {
  const { guests } = await loadConfig(memorySources(goodConfig()));
  assertEquals(gatePolicy(guests), POLICY);
});

const KEYS = {
  "guests.most_snapshots": (policy: typeof POLICY) => policy.snapshots,
  "guests.most_backups": (policy: typeof POLICY) => policy.backups,
  "guests.hourly.stops_per_guest": (policy: typeof POLICY) => policy.guestStops.most,
  "guests.hourly.stops_per_host": (policy: typeof POLICY) => policy.hostStops.most,
  "guests.hourly.restarts_per_guest": (policy: typeof POLICY) => policy.guestRestarts.most,
  "guests.hourly.restarts_per_host": (policy: typeof POLICY) => policy.hostRestarts.most,
  "guests.hourly.starts_per_guest": (policy: typeof POLICY) => policy.guestStarts.most,
  "guests.hourly.starts_per_host": (policy: typeof POLICY) => policy.hostStarts.most,
  "guests.hourly.settings_per_guest": (policy: typeof POLICY) => policy.guestSettings.most,
  "guests.hourly.settings_per_host": (policy: typeof POLICY) => policy.hostSettings.most,
  "guests.hourly.asked_guests": (policy: typeof POLICY) => policy.asked.guests,
  "guests.hourly.asked_percent": (policy: typeof POLICY) => policy.asked.share * 100,
  "guests.hourly.snapshots_per_storage": (policy: typeof POLICY) => policy.hourly.snapshots,
  "guests.hourly.backups_per_storage": (policy: typeof POLICY) => policy.hourly.backups,
  "guests.hourly.creates_per_storage": (policy: typeof POLICY) => policy.hourly.creates,
  "guests.hourly.restores_per_storage": (policy: typeof POLICY) => policy.hourly.restores,
};

Deno.test("Each number of the configuration is the gate's", async () => {
  for (const [key, of] of Object.entries(KEYS)) {
    const { guests } = await loadConfig(memorySources(goodConfig({ [key]: 50 })));
    const policy = gatePolicy(guests);
    assertEquals(of(policy), 50, key);
    const others = Object.entries(KEYS).filter(([other]) => other !== key);
    for (const [other, of] of others) assertEquals(of(policy), of(POLICY), `${key}, ${other}`);
  }
});

Deno.test("Ratios of the configuration go beside those of the types, each storage once", async () => {
  const file = (ratios: string[]) => memorySources(goodConfig({ "guests.overcommit": ratios }));
  const { guests } = await loadConfig(file(["local-lvm=2", "tank=1"]));
  assertEquals(gatePolicy(guests).overcommit, {
    ...POLICY.overcommit,
    storages: { "local-lvm": 2, "tank": 1 },
  });
  await assertRejects(() => loadConfig(file(["tank=1", "tank=2"])), ConfigError, "named twice");
});
