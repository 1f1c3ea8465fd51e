import { assertEquals } from "@std/assert";
import { bundlePrivileged } from "../../src/build/bundle_privileged.ts";
import { repositoryRoot } from "../support/repository.ts";
import { VALID } from "./requests.ts";

const ignore = await cannotWatch();
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log("Skipped: strace does not work here, or there is no /usr/bin/sensors");

async function cannotWatch(): Promise<boolean> {
  try {
    const args = ["/usr/bin/sensors", "--version"];
    const { success } = await new Deno.Command("strace", { args, stdout: "null", stderr: "null" })
      .output();
    return !success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** Programs that the helper started, and sockets it made, as the kernel saw it. */
async function witness(request: string): Promise<{ programs: string[]; sockets: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-witness-" });
  try {
    const helper = await bundlePrivileged(folder);
    const child = new Deno.Command("strace", {
      args: [
        ...["-f", "-qq", "-e", "trace=execve,socket,connect,bind", "-o", `${folder}/trace`],
        ...[Deno.execPath(), "run", "--quiet", "-P=privileged", "--no-prompt", "--no-lock"],
        ...["--config", new URL("deno.json", repositoryRoot).pathname, helper],
      ],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(request));
    await writer.close();
    await child.status;
    const trace = await Deno.readTextFile(`${folder}/trace`);
    const programs = [...trace.matchAll(/execve\("([^"]+)".* = 0$/gm)].map(([, path = ""]) => path);
    const sockets = trace.match(/^.*\b(?:socket|connect|bind)\(.*$/gm) ?? [];
    return { programs: programs.slice(1), sockets };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [what, request] of [
    ["an unknown operation", '{"v":1,"id":"r1","op":"disk.wipe","params":{}}\n'],
    [
      "a hidden option",
      '{"v":1,"id":"r1","op":"hardware.smart","params":{"device":"/dev/sda -s off"}}\n',
    ],
    ["half a request", '{"v":1'],
    ["nothing", ""],
    ["bytes", "\0\x01\xff\n"],
  ] as const
) {
  Deno.test({
    name: `the kernel sees no program and no socket for ${what}`,
    ignore,
    async fn() {
      assertEquals(await witness(request), { programs: [], sockets: [] });
    },
  });
}

Deno.test({
  name: "the kernel sees one program for the sensors, and no socket",
  ignore,
  async fn() {
    const request = JSON.stringify(VALID["hardware.sensors"]) + "\n";
    assertEquals(await witness(request), { programs: ["/usr/bin/sensors"], sockets: [] });
  },
});
