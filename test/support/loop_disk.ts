import type { HelperHost } from "./helper_host.ts";

/** A disk of a {@linkcode HelperHost}: an image on a loop device, with an ext4 filesystem. */
export interface LoopDisk extends AsyncDisposable {
  /** As `/dev/loop0`. */
  readonly device: string;
  readonly uuid: string;
}

/** Why no disk can be plugged in on this machine; `undefined` when one can. */
export function whyNoLoopDevices(): string | undefined {
  const { success } = new Deno.Command("sh", { args: ["-euc", TRY] }).outputSync();
  return success ? undefined : "there are no loop devices here";
}

/**
 * Plugs a disk in. udev's database gets the entry that udev would write; where no udev runs, `lsblk`
 * knows nothing of filesystems but what stands there.
 *
 * Loop devices are the machine's own: the disk has to be disposed of before the host.
 */
export async function plugIn(
  host: HelperHost,
  options: {
    /** @default a random one */
    readonly uuid?: string;
    /** Shell commands that fill it; `$disk` is the folder it is mounted on. @default none */
    readonly fill?: string;
  } = {},
): Promise<LoopDisk> {
  const { uuid = crypto.randomUUID(), fill = ":" } = options;
  const image = `/mnt/disk-${crypto.randomUUID()}.img`;
  await host.must("truncate", "--size=8M", image);
  await host.must("mkfs.ext4", "-q", "-U", uuid, image);
  const device = await host.must("losetup", "--find", "--show", image);
  await host.must("sh", "-euc", FILL.replace("FILL", fill), "sh", device);
  const number = await host.must("lsblk", "--nodeps", "--noheadings", "--output=MAJ:MIN", device);
  // Without udev, mount asks a cache, which does not notice that a loop device has another image now.
  await host.must("rm", "-rf", "/run/blkid");
  await host.must("mkdir", "-p", "/run/udev/data");
  await host.write(
    `/run/udev/data/b${number}`,
    ["I:1", "E:ID_FS_TYPE=ext4", `E:ID_FS_UUID=${uuid}`, `E:ID_FS_UUID_ENC=${uuid}`, ""].join("\n"),
  );
  return {
    device,
    uuid,
    async [Symbol.asyncDispose]() {
      await host.run("umount", ["--all-targets", device]); // It may not be mounted at all.
      await host.must("losetup", "--detach", device);
      await host.must("rm", "-f", image, `/run/udev/data/b${number}`);
    },
  };
}

const TRY = `
image=$(mktemp)
trap 'rm -f "$image"' EXIT
truncate --size=1M "$image"
for try in 1 2 3; do # Somebody else may take the same one just then.
  device=$(losetup --find --show "$image") && break
done
losetup --detach "$device"
`;

const FILL = `
disk=$(mktemp -d)
mount "$1" "$disk"
rmdir "$disk/lost+found"
FILL
umount "$disk"
rmdir "$disk"
`;
