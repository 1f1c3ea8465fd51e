/**
 * Tells systemd how the service is doing (sd_notify): one datagram to its socket.
 *
 * Needs `--allow-net` for `unix:PATH` and `--allow-write` on the path.
 *
 * @param socket path of the socket; nothing is sent without one
 * @param state lines such as `READY=1` or `STATUS=…`, joined by newlines
 */
export async function notifyService(socket: string | undefined, state: string): Promise<void> {
  if (socket === undefined) return;
  const datagrams = Deno.listenDatagram({ transport: "unixpacket" });
  try {
    await datagrams.send(new TextEncoder().encode(state), {
      transport: "unixpacket",
      path: socket,
    });
  } finally {
    datagrams.close();
  }
}
