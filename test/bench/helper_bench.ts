import { bundleFile } from "../../src/build/bundle_privileged.ts";
import { systemClock } from "../../src/clock.ts";
import { createHelperReads } from "../../src/helper/mod.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { listen } from "../support/listening_helper.ts";
import type { Suite } from "./frame.ts";

const DEVICE = "/dev/vda";

/** The least that could do it: zod, the sudo line of the helper, and out with what it printed. */
const BARE = `
import * as z from "zod";
const { stdout } = await new Deno.Command("/usr/bin/sudo", {
  args: ["-n", "--", "/usr/sbin/smartctl", "-a", "-j", "${DEVICE}"],
  clearEnv: true,
  env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
}).output();
const report = z.record(z.string(), z.unknown()).parse(JSON.parse(new TextDecoder().decode(stdout)));
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report) + "\\n"));
`;

/**
 * A whole call of the helper (connection, start, checks, sudo, smartctl, answer) against the same
 * line run by a program with nothing else in it. Both are started by the same listener.
 */
export async function helperSuite(): Promise<Suite> {
  if (noHelperHost !== undefined) {
    await Deno.stdout.write(new TextEncoder().encode(`Skipped: helper (${noHelperHost})\n`));
    return { comparisons: [], close() {} };
  }
  await using belongings = new AsyncDisposableStack();
  const host = belongings.use(await HelperHost.create());
  const helper = belongings.use(await listen(host));
  await host.write("/usr/local/lib/felhom/bare.js", await bundleBare());
  const script = (await host.must("cat", "/usr/local/bin/felhom-privileged"))
    .replace("felhom-privileged.js", "bare.js");
  await host.write("/usr/local/bin/bare", script + "\n", 0o755);
  const program = ["/usr/local/bin/bare"];
  const baseline = belongings.use(await listen(host, { socket: "/run/bare.sock", program }));
  const reads = createHelperReads({
    connect: () => Deno.connect({ transport: "unix", path: helper.path }),
    clock: systemClock,
    newId: () => crypto.randomUUID(),
  });
  const owned = belongings.move();
  return {
    comparisons: [{
      title: "Helper: one SMART report",
      rounds: 21,
      baseline: {
        name: "deno with zod and the same sudo line",
        run: () => readLine(baseline.path),
      },
      contenders: [{
        name: "call of the helper",
        run: async () => void await reads.smart(DEVICE),
        limit: 1.3,
      }],
    }],
    close: () => owned[Symbol.asyncDispose](),
  };
}

/** Bundled beside this file, where the import map holds. */
async function bundleBare(): Promise<string> {
  const beside = new URL(".", import.meta.url).pathname;
  const folder = await Deno.makeTempDir({ prefix: "bare_", dir: beside });
  try {
    await Deno.writeTextFile(`${folder}/bare.ts`, BARE);
    await bundleFile(`${folder}/bare.ts`, `${folder}/bare.js`);
    return await Deno.readTextFile(`${folder}/bare.js`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads to the newline, as the client does: neither waits for the end of the process. */
async function readLine(path: string): Promise<void> {
  using socket = await Deno.connect({ transport: "unix", path });
  const buffer = new Uint8Array(64 * 1024);
  let bytes = 0;
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) break;
    bytes += count;
    if (buffer[count - 1] === 10) break;
  }
  if (bytes < 100) throw new Error("The bare program printed no report");
}
