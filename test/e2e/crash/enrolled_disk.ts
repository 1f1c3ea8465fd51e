import type { HelperHost } from "../../support/helper_host.ts";
import { plugIn } from "../../support/loop_disk.ts";

const TARGET = "/mnt/felhom/backup";
const OPTIONS = "noauto,nofail,nosuid,nodev,noexec,nosymfollow";

/** A real disk, enrolled as an operator enrols it. */
export interface EnrolledDisk extends AsyncDisposable {
  readonly uuid: string;
  /** Mounts it behind everybody's back, where it is not mounted. */
  mount(): Promise<void>;
  unmount(): Promise<void>;
  isMounted(): Promise<boolean>;
}

/** Plugs a disk in and enrols it. It has to be disposed of before the host. */
export async function enrolDisk(host: HelperHost): Promise<EnrolledDisk> {
  await using making = new AsyncDisposableStack();
  const disk = making.use(await plugIn(host));
  await host.write("/etc/fstab", `UUID=${disk.uuid} ${TARGET} ext4 ${OPTIONS} 0 0\n`);
  await host.must("mkdir", "-p", TARGET);
  const isMounted = async () => (await host.run("mountpoint", ["-q", TARGET])).code === 0;
  const made = making.move();
  return {
    uuid: disk.uuid,
    isMounted,
    async mount() {
      if (!await isMounted()) await host.must("mount", TARGET);
    },
    async unmount() {
      if (await isMounted()) await host.must("umount", TARGET);
    },
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}
