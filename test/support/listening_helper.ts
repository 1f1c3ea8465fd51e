import { HELPER_ARGS, type HelperHost } from "./helper_host.ts";

/** The helper behind its socket, as systemd listens for it. */
export interface ListeningHelper extends AsyncDisposable {
  /** The socket, as it can be reached from outside the host. */
  readonly path: string;
  /** Everything written to the log so far. */
  log(): string;
}

/**
 * Listens on the helper's real socket with systemd's own listener, which starts one helper for each
 * connection with the connection as stdin and stdout.
 */
export async function listen(
  host: HelperHost,
  options: {
    /** @default "/run/felhom-privileged/helper.sock" */
    readonly socket?: string;
    /** Program and arguments. @default the helper's, as in its unit */
    readonly program?: readonly string[];
    /** Who runs it. @default "felhom-helper" */
    readonly as?: "felhom-helper" | "root";
  } = {},
): Promise<ListeningHelper> {
  const {
    socket = "/run/felhom-privileged/helper.sock",
    program: started = ["/usr/local/bin/felhom-privileged", ...HELPER_ARGS],
    as = "felhom-helper",
  } = options;
  const id = await host.must("id", "-u", as);
  const drop = as === "root" ? [] : [
    ...["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--inh-caps=-all", "--"],
  ];
  const command = host.command("systemd-socket-activate", [
    ...["--accept", "--inetd", `--listen=${socket}`],
    ...["--setenv=PATH", "--", ...drop, ...started],
  ]);
  const child = new Deno.Command(command.program, command.options).spawn();
  const decoder = new TextDecoder();
  let log = "";
  const listening = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const chunk of child.stderr) {
      log += decoder.decode(chunk, { stream: true });
      if (log.includes(`Listening on ${socket}`)) listening.resolve();
    }
    listening.reject(new Error(`systemd-socket-activate ended: ${log}`));
  })();
  await listening.promise;
  return {
    path: host.outside(socket),
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Promise.all([child.stdin.close(), child.stdout.cancel(), reading]);
    },
  };
}
