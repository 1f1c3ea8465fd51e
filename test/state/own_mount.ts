import { sandboxKind } from "../support/sandbox.ts";

/**
 * Runs a program in a mount namespace of its own with a tmpfs of a size over a folder. What is
 * mounted goes with it.
 *
 * @param size as mount reads it: "8m"
 */
export async function onTmpfs(
  { folder, size }: { readonly folder: string; readonly size: string },
  script: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation=private"],
      ...(sandboxKind === "user" ? ["--user", "--map-root-user"] : []),
      ...["--", "sh", "-euc", `mount -t tmpfs -o size=${size} tmpfs "$1"; ${script}`],
      ...["sh", folder, Deno.execPath()],
    ],
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
