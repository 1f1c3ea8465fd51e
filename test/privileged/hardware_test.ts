import { assertEquals, assertRejects } from "@std/assert";
import { flagsOf, readSensors, readSmart } from "../../privileged/hardware.ts";
import { type HelperErrorCode, Refusal } from "../../privileged/helper_errors.ts";
import { fakeHost } from "./fake_host.ts";
import type { HostAnswer } from "./host_answer.ts";

const DEVICE = { device: "/dev/sda" };

Deno.test("every bit of smartctl's exit status has its name", () => {
  assertEquals(flagsOf(0), []);
  assertEquals(flagsOf(8), ["disk_failing"]);
  assertEquals(flagsOf(64 + 128), ["error_log_has_entries", "self_test_log_has_errors"]);
  assertEquals(flagsOf(255).length, 8);
});

Deno.test("a report that can be parsed is the answer, whatever the exit status", async () => {
  for (const code of [0, 4, 8, 24, 64, 255]) {
    const host = fakeHost(() => ({ code, stdout: '{"smart_status":{"passed":false}}' }));
    const { exit_status, report } = await readSmart(DEVICE, host);
    assertEquals([exit_status, report], [code, { smart_status: { passed: false } }]);
    assertEquals(host.started, [
      ["/usr/bin/sudo", "-n", "--", "/usr/sbin/smartctl", "-a", "-j", "/dev/sda"],
    ]);
  }
});

const SMART_FAILS: readonly (readonly [string, HelperErrorCode, ReturnType<HostAnswer>])[] = [
  ["no JSON", "program_garbage", { code: 0, stdout: "smartctl 7.3" }],
  ["half a report", "program_garbage", { code: 0, stdout: '{"a":' }],
  ["a report that is no object", "program_garbage", { code: 0, stdout: "[1]" }],
  ["nothing", "program_garbage", { code: 2, stderr: "Smartctl open device failed" }],
  ["too much", "program_garbage", { code: 0, stdout: "{}", overflowed: true }],
  ["a disk that does not answer", "time_limit", { code: null, timedOut: true }],
  ["a limit of sudo's", "time_limit", { code: null, ms: 30_000 }],
  ["a signal", "program_failed", { code: null, stdout: "{}" }],
];

for (const [what, code, ran] of SMART_FAILS) {
  Deno.test(`SMART ends as ${code}: ${what}`, async () => {
    const refusal = await assertRejects(() => readSmart(DEVICE, fakeHost(() => ran)), Refusal);
    assertEquals([refusal.code, refusal.changed], [code, "no"]);
  });
}

Deno.test("readings come by chip and feature, read without root", async () => {
  const host = fakeHost(() => ({
    stdout: `{
   "coretemp-isa-0000":{
      "Adapter": "ISA adapter",
      "Core 0":{
         "temp2_input": 45.000,
         "temp2_max": 100.000
      }
   }
}`,
  }));
  assertEquals(await readSensors({}, host), {
    chips: [{
      name: "coretemp-isa-0000",
      adapter: "ISA adapter",
      features: [{ label: "Core 0", values: { temp2_input: 45, temp2_max: 100 } }],
    }],
  });
  assertEquals(host.started, [["/usr/bin/sensors", "-j"]]);
});

Deno.test("no sensors is an answer", async () => {
  const none = { code: 1, stdout: "{\n\n}\n", stderr: "No sensors found!\nMake sure …\n" };
  assertEquals(await readSensors({}, fakeHost(() => none)), { chips: [] });
});

Deno.test("commas that lm-sensors leaves before a brace do not hide the other chips", async () => {
  const stdout = `{
   "k10temp-pci-00c3":{
      "Adapter": "PCI adapter",
   },
   "odd, }name-0":{
      "Adapter": "a, } b",
      "temp1":{
         "temp1_input": 1.5,
      }
   }
}`;
  const stderr = "ERROR: Can't get value of subfeature temp1_max: Can't read\n";
  assertEquals(await readSensors({}, fakeHost(() => ({ code: 1, stdout, stderr }))), {
    chips: [
      { name: "k10temp-pci-00c3", adapter: "PCI adapter", features: [] },
      {
        name: "odd, }name-0",
        adapter: "a, } b",
        features: [{ label: "temp1", values: { temp1_input: 1.5 } }],
      },
    ],
  });
});

for (const stdout of ["", "Segmentation fault", "[]", '{"a":1}', '{"a":{"b":{"c":"text"}}}']) {
  Deno.test(`sensors that print ${JSON.stringify(stdout)} said nothing`, async () => {
    const refusal = await assertRejects(
      () => readSensors({}, fakeHost(() => ({ stdout }))),
      Refusal,
    );
    assertEquals(refusal.code, "program_garbage");
  });
}
