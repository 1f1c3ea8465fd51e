import { assertEquals } from "@std/assert";
import { startSimulator } from "../../sim/mod.ts";
import { HelperHost, noHelperHost } from "../../support/helper_host.ts";
import { standInPct, whyNoStandInPct } from "./stand_in_pct.ts";

const lacking = noHelperHost ?? whyNoStandInPct();
const ignore = lacking !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${lacking}`);

const TEMPLATE = "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst";
const OPTIONS = "--rootfs local-zfs:4 --hostname golden --cores 2 --memory 1024 --unprivileged 1 " +
  "--features nesting=1,keyctl=1 --onboot 0 --start 0";

Deno.test("A stand-in for pct makes a container once, which is there for the API", {
  ignore,
}, async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 1, timeScale: 100 });
  const { world } = simulator.pve;
  await using host = await HelperHost.create();
  await using _pct = await standInPct(host, world);
  const create = ["create", "1000", TEMPLATE, ...OPTIONS.split(" ")];

  const none = await host.run("pct", ["config", "1000"]);
  assertEquals([none.code, none.stderr.trim()], [
    2,
    "Configuration file 'nodes/pve/lxc/1000.conf' does not exist",
  ]);
  assertEquals((await host.run("pct", create)).code, 0);
  assertEquals(world.guest(1000).config.options.get("features"), "nesting=1,keyctl=1");
  const there = (await host.must("pct", "config", "1000")).split("\n");
  assertEquals(there.filter((line) => /^(?:hostname|cores|unprivileged|net0):/.test(line)).sort(), [
    "cores: 2",
    "hostname: golden",
    "unprivileged: 1",
  ]);
  const again = await host.run("pct", create);
  assertEquals([again.code, again.stderr.trim()], [
    255,
    "unable to create CT 1000 - CT 1000 already exists on node 'pve'",
  ]);
});
