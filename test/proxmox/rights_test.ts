import { assertEquals, assertStringIncludes } from "@std/assert";
import { repositoryRoot } from "../support/repository.ts";
import { TOKEN_ID, TOKEN_SECRET } from "./support/client.ts";
import type { LoneWorkerReport, LoneWorkerTask } from "./support/lone_worker.ts";
import { apiAnswer, startServer } from "./support/server.ts";

/** The worker as one text: from the file system it would need the right to read itself. */
async function bundleWorker(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "test/proxmox/support/lone_worker.ts"],
    cwd: repositoryRoot,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  // createRequire takes no blob: address; any file URL will do, for it is not used.
  return new TextDecoder().decode(stdout)
    .replaceAll("createRequire(import.meta.url)", 'createRequire("file:///worker.js")');
}

async function runWorker(
  program: string,
  task: LoneWorkerTask,
  net: readonly string[],
): Promise<LoneWorkerReport> {
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(url, {
    type: "module",
    deno: {
      permissions: {
        net: [...net],
        read: false,
        write: false,
        env: false,
        sys: false,
        run: false,
        ffi: false,
        import: false,
      },
    },
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<LoneWorkerReport>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
}

Deno.test("the client needs the right to reach its address and no other right", async (t) => {
  const program = await bundleWorker();
  await using server = await startServer((socket) => {
    socket.write(apiAnswer({ data: { digest: "x", memory: 512 } }));
  });
  const token = { id: TOKEN_ID, text: `${TOKEN_ID}=${TOKEN_SECRET}` };
  const trusts = [
    { kind: "fingerprint", sha256: server.tls.fingerprint },
    { kind: "ca", pem: server.tls.ca },
    { kind: "insecure" },
  ] as const;
  for (const trust of trusts) {
    await t.step(trust.kind, async () => {
      const task = { port: server.port, trust, token };
      const report = await runWorker(program, task, [`127.0.0.1:${server.port}`]);
      assertEquals(report.error, undefined);
      assertEquals(report.memory, 512);
      for (const right of report.rights) {
        if (!right.startsWith("net")) assertEquals(right.endsWith("granted"), false, right);
      }
    });
  }
  await t.step("without that right it says so, and does not die", async () => {
    const task = { port: server.port, trust: trusts[0], token };
    const { error } = await runWorker(program, task, ["127.0.0.1:1"]);
    assertStringIncludes(error ?? "", "TransportError: Cannot connect to 127.0.0.1");
  });
});
