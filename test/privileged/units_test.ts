import { assert, assertEquals, assertMatch } from "@std/assert";
import { OPERATIONS } from "../../privileged/protocol.ts";
import { PLACES } from "../../src/config/places.ts";
import { HelperHost, noHelperHost } from "../support/helper_host.ts";
import { repositoryRoot } from "../support/repository.ts";

const read = (name: string) => Deno.readTextFile(new URL(`configs/${name}`, repositoryRoot));
const SERVICE = await read("felhom-privileged@.service");
const SOCKET = await read("felhom-privileged.socket");

/** Settings of a unit, comments apart; one that stands several times has several values. */
function settings(unit: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name = "", value = ""] of unit.matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    found.set(name, [...found.get(name) ?? [], value]);
  }
  return found;
}

const service = settings(SERVICE);
const socket = settings(SOCKET);

/** With `User=`, each of these implies NoNewPrivileges, under which sudo refuses (RUNTIME). */
const IMPLY_NO_NEW_PRIVILEGES = [
  "NoNewPrivileges",
  "PrivateDevices",
  "ProtectKernelTunables",
  "ProtectKernelModules",
  "ProtectKernelLogs",
  "ProtectClock",
  "ProtectHostname",
  "RestrictAddressFamilies",
  "RestrictNamespaces",
  "RestrictRealtime",
  "RestrictSUIDSGID",
  "LockPersonality",
  "MemoryDenyWriteExecute",
  "SystemCallFilter",
  "SystemCallArchitectures",
];
/** Each of these gives a namespace of its own: mounts, or running containers, would be hidden. */
const MAKE_NAMESPACES = [
  "ProtectSystem",
  "ProtectHome",
  "PrivateTmp",
  "PrivateMounts",
  "ReadOnlyPaths",
  "InaccessiblePaths",
  "TemporaryFileSystem",
  "BindPaths",
  "ProtectProc",
  "ProcSubset",
  "ProtectControlGroups",
  "RootDirectory",
  "DynamicUser",
  "PrivateNetwork",
  "PrivateUsers",
];

Deno.test("the service uses nothing that breaks sudo or hides mounts, and names each in a comment", () => {
  for (const name of [...IMPLY_NO_NEW_PRIVILEGES, ...MAKE_NAMESPACES]) {
    assert(!service.has(name), `${name} is set`);
    assertMatch(SERVICE, new RegExp(`^#.*\\b${name}\\b`, "m"), `${name} is not explained`);
  }
});

Deno.test("the service is hardened by all that is left", () => {
  assertEquals(service.get("User"), ["felhom-helper"]);
  for (
    const [name, value] of [
      ["SocketBindDeny", "any"],
      ["IPAddressDeny", "any"],
      // sudo's TIMEOUT ends the one process it started; this ends what that started.
      ["KillMode", "control-group"],
      ["LimitCORE", "0"],
      ["UMask", "0022"],
      ["StandardInput", "socket"],
      ["StandardOutput", "socket"],
      ["StandardError", "journal"],
    ] as const
  ) assertEquals(service.get(name), [value], name);
  for (const name of ["MemoryMax", "TasksMax", "RuntimeMaxSec", "CapabilityBoundingSet"]) {
    assert(service.has(name), name);
  }
  const unset = service.get("UnsetEnvironment")?.join(" ") ?? "";
  for (const name of ["DENO_PERMISSION_BROKER_PATH", "LD_PRELOAD", "SUDO_ASKPASS"]) {
    assert(unset.split(" ").includes(name), name);
  }
});

Deno.test("systemd gives a request more time than the helper gives itself", () => {
  const minutes = Number(service.get("RuntimeMaxSec")?.[0]?.replace("min", ""));
  for (const { limitMs } of Object.values(OPERATIONS)) assert(minutes * 60_000 > limitMs);
});

Deno.test("the socket is root's, for the agent alone, and cannot be put out of service", () => {
  assertEquals(socket.get("ListenStream"), [PLACES.helperSocket]);
  for (
    const [name, value] of [
      ["Accept", "yes"],
      ["SocketUser", "root"],
      ["SocketGroup", "felhom-agent"],
      ["SocketMode", "0660"],
      ["DirectoryMode", "0755"],
      ["TriggerLimitIntervalSec", "0"],
    ] as const
  ) assertEquals(socket.get(name), [value], name);
  assert(Number(socket.get("MaxConnections")?.[0]) > 0);
});

const ignore = noHelperHost !== undefined;
// deno-lint-ignore no-console -- says why nothing is tested
if (ignore) console.log(`Skipped: ${noHelperHost}`);

Deno.test({
  name: "the configs do on a host what they say",
  ignore,
  async fn(t) {
    await using host = await HelperHost.create();
    await host.write("/mnt/felhom-privileged.socket", SOCKET);
    await host.write("/mnt/felhom-privileged@.service", SERVICE);

    await t.step("systemd finds nothing wrong with the units", async () => {
      const units = ["/mnt/felhom-privileged.socket", "/mnt/felhom-privileged@.service"];
      const { code, stderr } = await host.run("systemd-analyze", ["verify", "--man=no", ...units]);
      assertEquals([code, stderr], [0, ""]);
    });

    await t.step("a unit that is wrong is noticed", async () => {
      const wrong = SERVICE.replace("Type=exec", "Type=wrong\nNoSuchSetting=1");
      await host.write("/mnt/wrong@.service", wrong);
      const { stderr } = await host.run("systemd-analyze", ["verify", "/mnt/wrong@.service"]);
      assertMatch(stderr, /Type=wrong|NoSuchSetting/);
    });

    await t.step("the users have no password, no shell and no home", async () => {
      for (const user of ["felhom-agent", "felhom-helper"]) {
        const entry = await host.must("getent", "passwd", user);
        assertMatch(entry, /:\/nonexistent:\/usr\/sbin\/nologin$/);
        assertMatch(await host.must("getent", "shadow", user), new RegExp(`^${user}:!`));
      }
    });

    await t.step("the folders are root's, and the agent cannot write in them", async () => {
      for (const folder of ["/run/felhom-privileged", "/mnt/felhom"]) {
        assertEquals(await host.must("stat", "--format=%U:%G %a", folder), "root:root 755");
        for (const as of ["felhom-agent", "felhom-helper"] as const) {
          assertEquals((await host.run("touch", [`${folder}/x`], { as })).code, 1);
        }
      }
    });

    await t.step(
      "the example of an fstab line is one that findmnt and the helper take",
      async () => {
        await host.write("/etc/fstab", await read("fstab.example"));
        const { answer } = await host.ask({
          v: 1,
          id: "r1",
          operation: "op-1",
          op: "disk.mount",
          params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
        });
        assertEquals(answer.error.code, "no_device");
      },
    );
  },
});
