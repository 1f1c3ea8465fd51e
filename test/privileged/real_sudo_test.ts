import { assert, assertEquals, assertMatch } from "@std/assert";
import { allNeeds } from "../../privileged/operations.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

const TEMPLATE = "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst";

/** The arguments of a golden create, some of them replaced. */
function create(changes: Readonly<Record<string, string>> = {}): string[] {
  const values: Record<string, string> = {
    "vmid": "1000",
    "template": TEMPLATE,
    "--rootfs": "local-lvm:8",
    "--hostname": "golden",
    "--cores": "2",
    "--memory": "1024",
    "--unprivileged": "1",
    "--features": "nesting=1,keyctl=1",
    "--onboot": "0",
    "--start": "0",
    ...changes,
  };
  const { vmid = "", template = "", ...options } = values;
  return ["pct", "create", vmid, template, ...Object.entries(options).flat()];
}

const MOUNT = "/mnt/felhom/backup";

/** What sudo must refuse: sudo's own options, then the command line. */
const NEAR_MISSES: readonly (readonly string[])[] = [
  // Other programs, other ways to be root.
  ["sh"],
  ["bash", "-c", "id"],
  ["-s"],
  ["-i"],
  ["su"],
  ["id"],
  ["cat", "/etc/shadow"],
  ["-e", "/etc/fstab"],
  ["sudoedit", "/etc/fstab"],
  ["visudo"],
  ["env", "mount", MOUNT],
  ["-u", "daemon", "mount", MOUNT],
  ["-g", "disk", "mount", MOUNT],
  ["-U", "root", "-l"],
  ["./mount", MOUNT],
  ["../tmp/mount", MOUNT],
  ["/tmp/mount", MOUNT],
  ["/mnt/mount", MOUNT],
  ["--chroot=/tmp", "mount", MOUNT],
  ["--chdir=/tmp", "mount", MOUNT],
  ["--command-timeout=1", "mount", MOUNT],
  ["LD_PRELOAD=/tmp/x.so", "mount", MOUNT],
  ["LIBMOUNT_FSTAB=/tmp/fstab", "mount", MOUNT],
  ["PERL5LIB=/tmp", "pct", "config", "1000"],
  ["-C", "9", "mount", MOUNT],
  ["PATH=/tmp", "pct", "config", "1000"],
  ["-E", "mount", MOUNT],
  ["--preserve-env=PERL5LIB", "pct", "config", "1000"],

  // mount and umount.
  ["mount"],
  ["mount", "-a"],
  ["mount", "/mnt/felhom"],
  ["mount", "/mnt/felhom/"],
  ["mount", "/mnt/felhom/../../etc"],
  ["mount", "/mnt/felhom/a/b"],
  ["mount", "/mnt/felhom/-a"],
  ["mount", "/mnt/felhom/A"],
  ["mount", "/mnt/felhom/.hidden"],
  ["mount", MOUNT, "-o", "suid,dev"],
  ["mount", "-o", "suid,dev", MOUNT],
  ["mount", `${MOUNT} -o suid`],
  ["mount", "-osuid", MOUNT],
  ["mount", MOUNT, "/etc"],
  ["mount", "/dev/vda", MOUNT],
  ["mount", "--bind", "/etc", MOUNT],
  ["mount", `${MOUNT}\n-o suid`],
  ["mount", `${MOUNT}\n`],
  ["mount", `${MOUNT} `],
  ["mount", "--", MOUNT],
  ["mount", `${MOUNT}/`],
  ["mount", `${MOUNT},suid`],
  ["mount", `${MOUNT}=`],
  ["mount", ` ${MOUNT}`],
  ["mount", `/mnt/felhom/${"a".repeat(33)}`],
  ["mount", "/mnt/felhom/b\u0430ckup"],
  ["mount", ""],
  ["mount", "-T", "/tmp/fstab", MOUNT],
  ["mount", MOUNT, ""],
  ["mount", "/mnt/felhom/*"],
  ["umount"],
  ["umount", "-a"],
  ["umount", "/"],
  ["umount", "-l", MOUNT],
  ["umount", MOUNT, "/"],
  ["umount", "-f", MOUNT],
  ["umount", `${MOUNT} /`],
  ["umount", "/mnt/felhom/.."],

  // smartctl.
  ["smartctl"],
  ["smartctl", "-a", "/dev/vda"],
  ["smartctl", "-a", "-j"],
  ["smartctl", "-j", "-a", "/dev/vda"],
  ["smartctl", "-a", "-j", "/dev/vda1"],
  ["smartctl", "-a", "-j", "/dev/vda", "-s", "off"],
  ["smartctl", "-a", "-j", "/dev/vda -s off"],
  ["smartctl", "-a", "-j", "-t", "offline", "/dev/vda"],
  ["smartctl", "-a", "-j", "/etc/shadow"],
  ["smartctl", "-a", "-j", "/dev/../etc/shadow"],
  ["smartctl", "-a", "-j", "/dev/mem"],
  ["smartctl", "-a", "-j", "/dev/vda\n"],
  ["smartctl", "-a -j /dev/vda1"],
  ["smartctl", "-a", "-j", "/dev/sdaaa"],
  ["smartctl", "-a", "-j", "/dev/nvme00"],
  ["smartctl", "--json", "-a", "/dev/vda"],

  // pct: other commands, the range, each value, more options.
  ["pct"],
  ["pct", "list"],
  ["pct", "destroy", "1000"],
  ["pct", "start", "1000"],
  ["pct", "enter", "1000"],
  ["pct", "exec", "1000", "--", "sh"],
  ["pct", "set", "1000", "--mp0", "/,mp=/host"],
  ["pct", "unlock", "1000"],
  ["pct", "restore", "1000", TEMPLATE],
  ["pct", "config", "999"],
  ["pct", "config", "2000"],
  ["pct", "config", "10000"],
  ["pct", "config", "01000"],
  ["pct", "config", "1000", "--snapshot", "x"],
  ["pct", "config", "--current", "1000"],
  ["pct", "create", "1000"],
  ["pct", "create", "1000", TEMPLATE],
  create({ vmid: "999" }),
  create({ vmid: "2000" }),
  create({ vmid: "-1" }),
  create({ vmid: "1000 --force 1" }),
  create({ template: "/etc/passwd" }),
  create({ template: "local:vztmpl/../x.tar.zst" }),
  create({ template: "local:backup/vzdump-lxc-100-2026_01_01-00_00_00.tar.zst" }),
  create({ template: `${TEMPLATE} --force 1 --restore 1` }),
  create({ template: `${TEMPLATE}\n--restore 1` }),
  create({ "--rootfs": "/dev/sda" }),
  create({ "--rootfs": "local-lvm:8,mp=/" }),
  create({ "--rootfs": "local-lvm:0" }),
  create({ "--rootfs": "local-lvm:9000" }),
  create({ "--rootfs": "volume=local:100/x.raw" }),
  create({ "--hostname": "Golden" }),
  create({ "--hostname": "-golden" }),
  create({ "--hostname": "a.b" }),
  create({ "--hostname": "golden --mp0 /,mp=/host" }),
  create({ "--cores": "0" }),
  create({ "--cores": "129" }),
  create({ "--memory": "63" }),
  create({ "--memory": "1048577" }),
  create({ "--memory": "1e3" }),
  create({ "--unprivileged": "0" }),
  create({ "--features": "nesting=1,keyctl=1,mount=nfs" }),
  create({ "--features": "nesting=1" }),
  create({ "--start": "1" }),
  create({ "--onboot": "1" }),
  create({ "--force": "1" }),
  create({ "--restore": "1" }),
  create({ "--mp0": "/,mp=/host" }),
  create({ "--hookscript": "local:snippets/x" }),
  create({ "--dev0": "/dev/sda" }),
  create({ "--net0": "name=eth0" }),
  create({ "--ssh-public-keys": "/etc/shadow" }),
  create({ "--password": "x" }),
];

Deno.test({
  name: "the shipped sudoers file, the real sudo, an unprivileged user",
  ignore,
  async fn(t) {
    await using host = await HelperHost.create();
    await host.write(
      "/usr/sbin/pct",
      '#!/bin/sh\necho "pct runs as $(id -u) with $# arguments"\n',
      0o755,
    );

    await t.step("visudo finds nothing wrong", async () => {
      assertMatch(await host.must("visudo", "-c"), /\/etc\/sudoers\.d\/felhom-helper: parsed OK/);
    });

    for (const { op, needs } of allNeeds({ vmids: { first: 1000, last: 1999 } })) {
      for (const command of needs?.commands ?? []) {
        for (const args of command.examples()) {
          await t.step(
            `${op}: ${command.program} ${args.slice(0, 2).join(" ")} runs as root`,
            async () => {
              const { stderr, stdout } = await host.run("sudo", [
                "-n",
                "--",
                command.program,
                ...args,
              ], {
                as: "felhom-helper",
              });
              // The program itself may find nothing to work on; sudo must not be what stops it.
              assert(!/^sudo:|^Sorry,/m.test(stderr), stderr);
              if (command.program.endsWith("pct")) assertMatch(stdout, /^pct runs as 0/);
            },
          );
        }
      }
    }

    await t.step(`${NEAR_MISSES.length} near misses are refused, and start nothing`, async () => {
      assert(NEAR_MISSES.length >= 60);
      const hits: string[] = [];
      for (const args of NEAR_MISSES) {
        const { code, stdout, stderr } = await host.run("sudo", ["-n", ...args], {
          as: "felhom-helper",
          env: { PERL5LIB: "/tmp" },
        });
        const refused = code === 1 && stdout === "" &&
          /^sudo: |^Sorry, user |^usage: sudo|^sudoedit: /m.test(stderr);
        if (!refused) hits.push(`${JSON.stringify(args)}: ${code} ${stdout}${stderr}`);
      }
      assertEquals(hits, []);
    });

    await t.step("sudo starts no askpass program of the caller's", async () => {
      const asked = (await host.must("mktemp", "-d", "/run/asked-XXXXXX")).trim();
      await host.must("chmod", "0777", asked);
      await host.write("/mnt/ask", `#!/bin/sh\ntouch ${asked}/yes\necho x\n`, 0o755);
      const { code, stderr } = await host.run("sudo", ["-A", "id"], {
        as: "felhom-helper",
        env: { SUDO_ASKPASS: "/mnt/ask" },
      });
      assertEquals(code, 1);
      assert(!stderr.includes("incorrect password"), stderr);
      assertEquals(await host.must("ls", asked), "");
    });

    await t.step(
      "the caller's environment does not reach a program that runs as root",
      async () => {
        await host.write("/usr/sbin/pct", "#!/bin/sh\nenv\n", 0o755);
        const { stdout } = await host.run("sudo", ["-n", "pct", "config", "1000"], {
          as: "felhom-helper",
          env: { PERL5LIB: "/tmp", LD_PRELOAD: "", FELHOM_SECRET: "x", BASH_ENV: "/tmp/x" },
        });
        assertEquals(stdout.match(/^(?:PERL5LIB|LD_PRELOAD|FELHOM_SECRET|BASH_ENV)=.*$/gm), null);
      },
    );

    await t.step("nor does it where the host's own sudoers file lets it in", async () => {
      const file = "/etc/sudoers";
      const shipped = await host.must("cat", file);
      const loose = 'Defaults env_keep += "PERL5LIB FELHOM_SECRET"\n' +
        shipped.replace(/^Defaults\s+secure_path.*$/m, "") + "\n";
      await host.write(file, loose, 0o440);
      await host.must("visudo", "-c");
      const { stdout } = await host.run(
        "/usr/bin/sudo",
        ["-n", "/usr/sbin/pct", "config", "1000"],
        {
          as: "felhom-helper",
          env: {
            PATH: "/tmp/evil:/usr/bin",
            PERL5LIB: "/tmp",
            FELHOM_SECRET: "x",
            KRB5CCNAME: "x",
          },
        },
      );
      await host.write(file, shipped + "\n", 0o440);
      assertMatch(stdout, /^PATH=\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/m);
      assertEquals(stdout.match(/^(?:PERL5LIB|FELHOM_SECRET|KRB5CCNAME)=.*$/gm), null);
    });

    for (const user of ["felhom-agent"] as const) {
      await t.step(`${user} may run nothing at all by sudo`, async () => {
        for (const args of [["mount", MOUNT], ["smartctl", "-a", "-j", "/dev/vda"], create()]) {
          assertEquals((await host.run("sudo", ["-n", ...args], { as: user })).code, 1);
        }
      });
    }
  },
});
