import { assert, assertEquals } from "@std/assert";
import {
  AGENT_SET,
  clientRights,
  type DaemonRights,
  daemonRights,
  mainRights,
  NOTHING,
  type Reach,
  RIGHTS,
  workerPermissions,
} from "../../src/fence/mod.ts";
import { offLimits } from "../../src/fence/off_limits.ts";
import { revocations } from "../../src/fence/rights.ts";
import { repositoryRoot } from "../support/repository.ts";

const FULL: Reach = {
  proxmox: { host: "127.0.0.1", port: 8006 },
  stateDirectory: "/var/lib/felhom-agent",
  controlSocket: "/run/felhom-agent/control.sock",
  helperSocket: "/run/felhom-privileged/helper.sock",
  notifySocket: "/run/systemd/notify",
};
const none = { env: [], run: [], sys: [], ffi: [], import: [] } as const;

const CASES: Readonly<Record<string, { reach: Reach; rights: DaemonRights }>> = {
  "everything configured": {
    reach: FULL,
    rights: {
      starting: {
        ...none,
        net: [
          "127.0.0.1:8006",
          "unix:/run/felhom-agent/control.sock",
          "unix:/run/felhom-privileged/helper.sock",
          "unix:/run/systemd/notify",
        ],
        read: [
          "/var/lib/felhom-agent",
          "/run/felhom-agent/control.sock",
          "/run/felhom-privileged/helper.sock",
        ],
        write: [
          "/var/lib/felhom-agent",
          "/run/felhom-agent/control.sock",
          "/run/felhom-privileged/helper.sock",
          "/run/systemd/notify",
        ],
      },
      sealed: {
        ...none,
        net: [
          "127.0.0.1:8006",
          "unix:/run/felhom-agent/control.sock",
          "unix:/run/felhom-privileged/helper.sock",
          "unix:/run/systemd/notify",
        ],
        read: ["/run/felhom-privileged/helper.sock"],
        write: ["/run/felhom-privileged/helper.sock", "/run/systemd/notify"],
      },
    },
  },
  "no helper and no systemd": {
    reach: { ...FULL, helperSocket: undefined, notifySocket: undefined },
    rights: {
      starting: {
        ...none,
        net: ["127.0.0.1:8006", "unix:/run/felhom-agent/control.sock"],
        read: ["/var/lib/felhom-agent", "/run/felhom-agent/control.sock"],
        write: ["/var/lib/felhom-agent", "/run/felhom-agent/control.sock"],
      },
      sealed: {
        ...none,
        net: ["127.0.0.1:8006", "unix:/run/felhom-agent/control.sock"],
        read: [],
        write: [],
      },
    },
  },
  "another host by IPv6, another folder": {
    reach: {
      ...FULL,
      proxmox: { host: "fd00::1", port: 443 },
      stateDirectory: "/var/lib/felhom-agent/a",
      helperSocket: undefined,
      notifySocket: undefined,
    },
    rights: {
      starting: {
        ...none,
        net: ["[fd00::1]:443", "unix:/run/felhom-agent/control.sock"],
        read: ["/var/lib/felhom-agent/a", "/run/felhom-agent/control.sock"],
        write: ["/var/lib/felhom-agent/a", "/run/felhom-agent/control.sock"],
      },
      sealed: {
        ...none,
        net: ["[fd00::1]:443", "unix:/run/felhom-agent/control.sock"],
        read: [],
        write: [],
      },
    },
  },
};

for (const [name, { reach, rights }] of Object.entries(CASES)) {
  Deno.test(`The daemon's rights follow from the configuration: ${name}`, () => {
    assertEquals(daemonRights(reach), rights);
  });
}

Deno.test("A client may reach Proxmox and nothing else", () => {
  assertEquals(clientRights({ host: "::1", port: 8006 }), { ...NOTHING, net: ["[::1]:8006"] });
});

Deno.test("The daemon never gets what the agent's set does not hold", () => {
  const { starting } = daemonRights(FULL);
  const within = (paths: readonly string[], set: readonly string[]) =>
    paths.every((path) => set.some((entry) => path === entry || path.startsWith(`${entry}/`)));
  assert(within(starting.read, AGENT_SET.read));
  assert(within(starting.write, AGENT_SET.write));
});

Deno.test("What the main isolate gives up is what deno.json grants it", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", repositoryRoot)));
  const { read, write, sys, ...rest } = permissions.agent;
  assertEquals({ read, write }, { read: [...AGENT_SET.read], write: [...AGENT_SET.write] });
  assertEquals(sys, AGENT_SET.sys);
  // Whatever else it grants is a right that is revoked as a whole.
  const revoked = revocations(mainRights(daemonRights(FULL).starting), NOTHING);
  assertEquals(revoked, RIGHTS.map((name) => ({ name })));
  assertEquals(Object.keys(rest).filter((name) => !RIGHTS.some((right) => right === name)), []);
});

Deno.test("The rights are all that the runtime knows", () => {
  assertEquals(
    [...RIGHTS].sort(),
    ["env", "ffi", "import", "net", "read", "run", "sys", "write"],
  );
  for (const name of RIGHTS) Deno.permissions.querySync({ name });
});

Deno.test("A seal revokes entry by entry where something is kept, and as a whole where not", () => {
  const { starting, sealed } = daemonRights({ ...FULL, notifySocket: undefined });
  assertEquals(revocations(starting, sealed), [
    { name: "read", path: "/var/lib/felhom-agent" },
    { name: "read", path: "/run/felhom-agent/control.sock" },
    { name: "write", path: "/var/lib/felhom-agent" },
    { name: "write", path: "/run/felhom-agent/control.sock" },
    ...(["env", "run", "sys", "ffi", "import"] as const).map((name) => ({ name })),
  ]);
});

Deno.test("All that is given up is tried, and the neighbour of each port that is kept", () => {
  const { starting, sealed } = daemonRights(FULL);
  assertEquals(offLimits(starting, sealed), {
    read: ["/var/lib/felhom-agent", "/run/felhom-agent/control.sock", "/run/systemd/notify"],
    write: ["/var/lib/felhom-agent", "/run/felhom-agent/control.sock"],
    sockets: ["/run/felhom-agent/control.sock", "/run/systemd/notify"],
    addresses: [{ host: "127.0.0.1", port: 8007 }],
  });
  const rights = clientRights({ host: "::1", port: 65_535 });
  assertEquals(offLimits(rights, rights).addresses, [{ host: "::1", port: 65_534 }]);
  assertEquals(offLimits(mainRights(rights), NOTHING).addresses, [{ host: "::1", port: 65_535 }]);
});

Deno.test("A Worker is never given a whole right, nor an import", () => {
  const permissions = workerPermissions(daemonRights(FULL).starting);
  assertEquals(Object.values(permissions).filter((value) => value === true), []);
  assertEquals(permissions.import, ["127.0.0.1:9"]);
  assertEquals(workerPermissions(NOTHING).net, false);
});
