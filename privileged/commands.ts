/** The command lines that the helper runs as root. The sudoers file is made from this list. */
import { commandLine, slot } from "./command_line.ts";
import { BOUNDS, DISK_DEVICE, DISK_NAME, HOSTNAME, STORAGE, TEMPLATE } from "./grammar.ts";
import { numberGrammar, type NumberRange } from "./number_range.ts";

const disk = slot("disk", DISK_NAME);

export const mountCommand = commandLine("/usr/bin/mount", 45)`/mnt/felhom/${disk}`;

export const unmountCommand = commandLine("/usr/bin/umount", 45)`/mnt/felhom/${disk}`;

export const smartCommand = commandLine("/usr/sbin/smartctl", 30)`-a -j ${
  slot("device", DISK_DEVICE)
}`;

/** The two lines for containers depend on the VMIDs that the root-owned unit names. */
export function containerCommands(vmids: NumberRange) {
  const vmid = slot("vmid", numberGrammar(vmids));
  const template = slot("template", TEMPLATE);
  const storage = slot("storage", STORAGE);
  const gib = slot("gib", numberGrammar(BOUNDS.rootfs));
  const hostname = slot("hostname", HOSTNAME);
  const cores = slot("cores", numberGrammar(BOUNDS.cores));
  const memory = slot("memory", numberGrammar(BOUNDS.memory));
  return {
    /** Feature flags other than nesting are root@pam-only, for tokens of root too (FACTS §3.3). */
    create: commandLine(
      "/usr/sbin/pct",
      900,
    )`create ${vmid} ${template} --rootfs ${storage}:${gib} --hostname ${hostname} --cores ${cores} --memory ${memory} --unprivileged 1 --features nesting=1,keyctl=1 --onboot 0 --start 0`,
    config: commandLine("/usr/sbin/pct", 20)`config ${vmid}`,
  } as const;
}
