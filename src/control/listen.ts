import { FelhomError } from "../errors.ts";

/**
 * Listens on the control socket, 0660. A socket that nobody serves any more is removed first; the
 * caller holds the state's lock, so no other daemon does the same now.
 *
 * Until the mode is set the umask decides, under which nobody but the owner may connect (a socket
 * needs the right to write). The group comes from the folder's setgid bit.
 *
 * Needs `--allow-net` for `unix:PATH`, `--allow-read` and `--allow-write` on the path; once it
 * listens, only the first.
 *
 * @throws {FelhomError} `daemon.running` when somebody serves it, `control.unusable`
 */
export async function listenControl(path: string): Promise<Deno.UnixListener> {
  await makeRoom(path);
  let listener: Deno.UnixListener;
  try {
    listener = Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw unusable(path, "it cannot be made", error);
  }
  try {
    Deno.chmodSync(path, 0o660);
    return listener;
  } catch (error) {
    listener.close();
    throw unusable(path, "its mode cannot be set", error);
  }
}

async function makeRoom(path: string): Promise<void> {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw unusable(path, "it cannot be looked at", error);
  }
  if (found.isSocket !== true) throw unusable(path, "something that is no socket is in its place");
  if (await isServed(path)) {
    throw new FelhomError("daemon.running", `A daemon listens on "${path}" already`, {
      hint: "Ask it: felhom-agent status. To restart it: systemctl restart felhom-agent.",
    });
  }
  try {
    Deno.removeSync(path);
  } catch (error) {
    throw unusable(path, "the one left behind cannot be removed", error);
  }
}

async function isServed(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw unusable(path, "whether somebody listens on it cannot be found out", error);
  }
}

function unusable(path: string, why: string, cause?: unknown): FelhomError {
  return new FelhomError("control.unusable", `Cannot listen on "${path}": ${why}`, {
    hint: "Its folder must exist and belong to the agent (see configs/felhom-agent.service).",
    cause,
  });
}
