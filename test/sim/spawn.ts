/**
 * Starts the simulator as a process of its own, for tests, benchmarks and the demo: its work does
 * not slow down the client that is measured, and its end is the end of a process.
 */
import { z } from "zod";
import { AdminClient } from "./admin_client.ts";

const announcement = z.strictObject({
  endpoint: z.url(),
  port: z.int(),
  node: z.string(),
  token: z.string(),
  /** SHA-256 of the server's certificate, `AB:CD:…`. */
  fingerprint: z.string(),
  /** PEM of the certificate to trust. */
  ca: z.string(),
  admin: z.strictObject({ url: z.url(), secret: z.string() }),
  seed: z.int(),
  time_scale: z.number(),
  scenario: z.string(),
  pid: z.int(),
});

/** What the simulator says of itself in the first line that it prints. */
export type Announcement = z.infer<typeof announcement>;

/** A simulator in another process. Ends with `await using`. */
export interface SpawnedSimulator extends Announcement, AsyncDisposable {
  readonly control: AdminClient;
  /** Ends the process and returns its exit code. */
  stop(): Promise<number>;
}

/**
 * Starts the simulator with options of its command line, as `["--guests", "100"]`, and waits until
 * it listens. It ends by itself when this process does.
 *
 * @throws when it ends instead of listening; what it printed is in the message
 */
export async function spawnSimulator(args: readonly string[] = []): Promise<SpawnedSimulator> {
  const root = new URL("../../", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--frozen", "--allow-net=127.0.0.1"],
      ...["test/sim/main.ts", "--with-parent", ...args],
    ],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const output = child.stdout.getReader();
  const line = await firstLine(output);
  if (line === undefined) {
    await child.stdin.close();
    await child.status;
    throw new Error(`Cannot start the simulator: ${(await errors).trim()}`);
  }
  const drained = drain(output);
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    const { code } = await child.status;
    await Promise.all([drained, errors]);
    return code;
  };
  const announced = announcement.parse(JSON.parse(line));
  return {
    ...announced,
    control: new AdminClient(announced.admin.url, announced.admin.secret),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

async function firstLine(
  output: ReadableStreamDefaultReader<Uint8Array>,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await output.read();
    if (done) return undefined;
    text += decoder.decode(value, { stream: true });
  }
  return text.slice(0, text.indexOf("\n"));
}

async function drain(output: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await output.read()).done);
}
