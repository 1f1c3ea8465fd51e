import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { enrolment } from "../../src/helper/enrolment.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { type LoopDisk, plugIn } from "../support/loop_disk.ts";

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

const OPTIONS = "noauto,nofail,nosuid,nodev,noexec,nosymfollow";
const TARGET = "/mnt/felhom/backup";

function request(op: "disk.mount" | "disk.unmount", uuid: string) {
  return { v: 1, id: "r1", operation: "op-1", op, params: { uuid } };
}

async function enrol(host: HelperHost, disk: LoopDisk, options = OPTIONS): Promise<void> {
  await host.write("/etc/fstab", `UUID=${disk.uuid} ${TARGET} ext4 ${options} 0 0\n`);
  await host.must("mkdir", "-p", TARGET);
}

async function isMounted(host: HelperHost): Promise<boolean> {
  return (await host.must("findmnt", "--list", "--noheadings", "--output=TARGET"))
    .split("\n").includes(TARGET);
}

/** Asks for a mount that has to be refused, and looks that nothing was mounted. */
async function assertRefused(host: HelperHost, disk: LoopDisk, code: string, says: string) {
  const { code: exit, answer } = await host.ask(request("disk.mount", disk.uuid));
  assertEquals([answer.ok, answer.error?.code, answer.error?.changed], [false, code, "no"]);
  assertStringIncludes(answer.error.message, says);
  assertEquals(exit, 2);
  assert(!await isMounted(host), "something is mounted");
}

Deno.test({
  name: "a real disk on a real host",
  ignore,
  async fn(t) {
    await using host = await HelperHost.create();

    await t.step("is mounted by its UUID through fstab, once, and unmounted, once", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      const first = await host.ask(request("disk.mount", disk.uuid));
      const result = { uuid: disk.uuid, name: "backup", target: TARGET };
      assertEquals(first.answer, {
        v: 1,
        id: "r1",
        ok: true,
        result: { changed: true, ...result },
      });
      assertEquals(first.code, 0);
      const options = await host.must("findmnt", "--noheadings", "--output=OPTIONS", TARGET);
      for (const option of ["nosuid", "nodev", "noexec", "nosymfollow"]) {
        assert(options.split(",").includes(option), options);
      }
      const second = await host.ask(request("disk.mount", disk.uuid));
      assertEquals(second.answer.result, { changed: false, ...result });
      const mounts = await host.must(
        "findmnt",
        "--list",
        "--noheadings",
        "--output=TARGET",
        TARGET,
      );
      assertEquals(mounts.split("\n").length, 1);

      const third = await host.ask(request("disk.unmount", disk.uuid));
      assertEquals(third.answer.result, { changed: true, ...result });
      assert(!await isMounted(host));
      const fourth = await host.ask(request("disk.unmount", disk.uuid));
      assertEquals(fourth.answer.result, { changed: false, ...result });
    });

    await t.step("enrolled by the commands of disk enrol, can be mounted", async () => {
      await using disk = await plugIn(host);
      await host.write("/etc/fstab", "");
      const { commands } = enrolment({ name: "archive", uuid: disk.uuid });
      for (const command of commands) {
        if (command !== "systemctl daemon-reload") await host.must("sh", "-euc", command);
      }
      const { answer } = await host.ask(request("disk.mount", disk.uuid));
      assertEquals(answer.result?.target, "/mnt/felhom/archive");
    });

    await t.step("asked for twice at the same time, is mounted once", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      const asked = [1, 2, 3].map(() => host.ask(request("disk.mount", disk.uuid)));
      const answers = await Promise.all(asked);
      assertEquals(answers.map(({ answer }) => answer.error?.message), Array(3).fill(undefined));
      assertEquals(answers.filter(({ answer }) => answer.result.changed).length, 1);
      const mounts = await host.must(
        "findmnt",
        "--list",
        "--noheadings",
        "--output=TARGET",
        TARGET,
      );
      assertEquals(mounts, TARGET);
    });

    await t.step("that is in use stays mounted", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.ask(request("disk.mount", disk.uuid));
      const { program, options } = host.command("sh", ["-c", `cd ${TARGET} && echo in && cat`]);
      const user = new Deno.Command(program, options).spawn();
      const reader = user.stdout.getReader();
      await reader.read();
      const { answer, code } = await host.ask(request("disk.unmount", disk.uuid));
      assertEquals([answer.error?.code, answer.error?.changed, code], ["in_use", "no", 2]);
      assert(await isMounted(host));
      await user.stdin.close();
      await reader.cancel();
      await user.stderr.cancel();
      await user.status;
    });

    await t.step("that was unplugged can still be unmounted", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.ask(request("disk.mount", disk.uuid));
      const number = await host.must("lsblk", "-dno", "MAJ:MIN", disk.device);
      await host.must("rm", `/run/udev/data/b${number}`);
      const { answer } = await host.ask(request("disk.unmount", disk.uuid));
      assertEquals(answer.result.changed, true);
      assert(!await isMounted(host));
    });

    await t.step("with the UUID of another disk is not mounted", async () => {
      await using disk = await plugIn(host);
      await using twin = await plugIn(host, { uuid: disk.uuid });
      await enrol(host, disk);
      await assertRefused(host, disk, "duplicate_device", twin.device);
    });

    await t.step(
      "whose target another entry names by another spelling is not mounted",
      async () => {
        await using disk = await plugIn(host);
        await using other = await plugIn(host);
        await enrol(host, disk);
        const entry = await host.must("cat", "/etc/fstab");
        const first = `${other.device} ${TARGET}/ ext4 defaults,noauto 0 0`;
        await host.write("/etc/fstab", `${first}\n${entry}\n`);
        await assertRefused(host, disk, "not_enrolled", "has another entry too");
      },
    );

    await t.step("that is mounted elsewhere is not mounted again", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.must("mkdir", "-p", "/mnt/elsewhere");
      await host.must("mount", disk.device, "/mnt/elsewhere");
      await assertRefused(host, disk, "mounted_elsewhere", "/mnt/elsewhere");
    });

    await t.step("that is mounted with other options is not taken for well", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.must("mount", "-o", "nosuid,nodev,noexec", disk.device, TARGET);
      const { answer } = await host.ask(request("disk.mount", disk.uuid));
      assertEquals(answer.error?.code, "mounted_otherwise");
      assertStringIncludes(answer.error.message, "without nosymfollow");
    });

    await t.step("without an entry is not mounted", async () => {
      await using disk = await plugIn(host);
      await host.write("/etc/fstab", "# nothing\n");
      await assertRefused(host, disk, "not_enrolled", "it is not there");
    });

    await t.step("that is not plugged in is not mounted", async () => {
      const disk = await plugIn(host);
      await enrol(host, disk);
      await disk[Symbol.asyncDispose]();
      await assertRefused(host, disk, "no_device", "No block device");
    });

    for (const option of OPTIONS.split(",")) {
      await t.step(`whose entry lacks ${option} is not mounted`, async () => {
        await using disk = await plugIn(host);
        await enrol(host, disk, OPTIONS.split(",").filter((other) => other !== option).join(","));
        await assertRefused(host, disk, "not_enrolled", option);
      });
    }

    for (const option of ["suid", "dev", "exec", "symfollow", "user", "bind", "loop"]) {
      await t.step(`whose entry also says ${option} is not mounted`, async () => {
        await using disk = await plugIn(host);
        await enrol(host, disk, `${OPTIONS},${option}`);
        await assertRefused(host, disk, "not_enrolled", option);
      });
    }

    await t.step("is not mounted over a folder with something in it", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.write(`${TARGET}/.kept`, "data");
      await assertRefused(host, disk, "target_unfit", "is not empty");
      await host.must("rm", `${TARGET}/.kept`);
    });

    await t.step("is not mounted through a link", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.must("rmdir", TARGET);
      await host.must("ln", "-s", "/etc", TARGET);
      await assertRefused(host, disk, "target_unfit", "symbolic link");
      await host.must("rm", TARGET);
    });

    await t.step("is not mounted where there is no folder", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.must("rmdir", TARGET);
      await assertRefused(host, disk, "target_unfit", "does not exist");
    });

    for (
      const [what, spoil, says] of [
        ["that others can write", ["chmod", "0777", TARGET], "written by others"],
        ["of another user", ["chown", "felhom-agent", TARGET], "belong to root"],
        ["below one that others can write", ["chmod", "0777", "/mnt/felhom"], "/mnt/felhom can"],
      ] as const
    ) {
      await t.step(`is not mounted on a folder ${what}`, async () => {
        await using disk = await plugIn(host);
        await enrol(host, disk);
        const [program, ...args] = spoil;
        await host.must(program, ...args);
        await assertRefused(host, disk, "target_unfit", says);
        await host.must("chown", "root", TARGET);
        await host.must("chmod", "0755", TARGET, "/mnt/felhom");
      });
    }

    await t.step("is not mounted over something else, nor is that unmounted", async () => {
      await using disk = await plugIn(host);
      await enrol(host, disk);
      await host.must("mount", "-t", "tmpfs", "tmpfs", TARGET);
      for (const op of ["disk.mount", "disk.unmount"] as const) {
        const { answer } = await host.ask(request(op, disk.uuid));
        assertEquals(answer.error?.code, "target_busy");
      }
      assertEquals(await host.must("findmnt", "-no", "FSTYPE", TARGET), "tmpfs");
      await host.must("umount", TARGET);
    });

    await t.step("with links on it leads root nowhere", async () => {
      await using disk = await plugIn(host, { fill: 'ln -s /etc/passwd "$disk/innocent"' });
      await enrol(host, disk);
      assertEquals((await host.ask(request("disk.mount", disk.uuid))).answer.ok, true);
      const before = await host.must("cat", "/etc/passwd");
      const write = await host.run("sh", ["-c", `echo spoilt > ${TARGET}/innocent`]);
      assert(write.code !== 0, "root wrote through a link on the disk");
      assertEquals(await host.must("cat", "/etc/passwd"), before);
    });

    for (
      const [what, start, code, says] of [
        ["that mount cannot mount", 2048, "program_failed", "mount"],
        ["that mount does not find", 1024, "unverified", "did not find the device"],
      ] as const
    ) {
      await t.step(`${what} leaves nothing behind, and says why`, async () => {
        await using disk = await plugIn(host);
        await enrol(host, disk);
        const spoil = `dd if=/dev/urandom of=${disk.device} bs=1024 count=1 seek=${start / 1024}`;
        await host.must("sh", "-c", spoil);
        const { answer, code: exit } = await host.ask(request("disk.mount", disk.uuid));
        assertEquals([answer.error?.code, answer.error?.changed, exit], [code, "no", 1]);
        assertStringIncludes(answer.error.message, says);
        assertStringIncludes(answer.error.message, "it is not mounted");
      });
    }
  },
});
