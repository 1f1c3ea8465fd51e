import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

/** Why the demo cannot be shown on this machine, and what helps; undefined when it can. */
export function obstacle(): string | undefined {
  if (sandboxKind === undefined) {
    return `${NO_SANDBOX}.\n` +
      "The agent runs under its real permission set, whose folders (/etc/felhom-agent, …) are put\n" +
      "over temporary ones in a mount namespace. Run it as root, or allow user namespaces:\n" +
      "  sudo sysctl kernel.unprivileged_userns_clone=1   (Debian)\n" +
      "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0   (Ubuntu)\n" +
      "In a container: docker run --privileged, or --cap-add SYS_ADMIN.";
  }
  if (!has("ssh-keygen")) {
    return "there is no ssh-keygen, with which an operator signs.\n" +
      "  sudo apt-get install openssh-client";
  }
  return undefined;
}

/** Whether a program is there. With no argument that it knows it ends at once. */
function has(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["-?"], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
