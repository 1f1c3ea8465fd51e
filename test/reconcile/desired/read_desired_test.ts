import { assert, assertEquals, assertThrows } from "@std/assert";
import { SETTING_NAMES } from "../../../src/action/mod.ts";
import { DesiredError } from "../../../src/reconcile/desired/findings.ts";
import { GUEST_KEYS } from "../../../src/reconcile/desired/read_guest.ts";
import { readDesired } from "../../../src/reconcile/desired/read_desired.ts";
import { repositoryRoot } from "../../support/repository.ts";

const MANAGED = { first: 1000, last: 1999 };
const EXAMPLE = Deno.readTextFileSync(new URL("configs/desired.example.json", repositoryRoot));

function read(text: string) {
  return readDesired(text, { provider: "local", managed: MANAGED });
}

/** A document about one guest. */
function about(guest: unknown, vmid = "1001"): string {
  return JSON.stringify({ version: 1, revision: "r1", guests: { [vmid]: guest } });
}

/** What is read of one guest. */
function guestOf(guest: unknown) {
  return read(about(guest)).guests.get(1001);
}

/** Everything that is wrong, a line each. */
function problems(text: string): string[] {
  const error = assertThrows(() => read(text), DesiredError);
  assertEquals(error.code, "desired.invalid");
  return error.message.split("\n").slice(1).map((line) => line.trim());
}

const CREATE = {
  image: "local:backup/vzdump-lxc-1900-2026_10_22-03_00_00.tar.zst",
  storage: "local-lvm",
  hostname: "customer-b",
  network: { bridge: "vmbr0", ipv4: "dhcp" },
};

Deno.test("the example is read, and shows every key there is", () => {
  const { provider, revision, guests } = read(EXAMPLE);
  assertEquals([provider, revision, [...guests.keys()]], ["local", "2026-11-21.1", [
    1001,
    1002,
    1003,
  ]]);
  assertEquals(guests.get(1001), {
    vmid: 1001,
    state: "running",
    settings: {
      cores: 2,
      cpulimit: 1.5,
      cpuunits: 100,
      memory: 1024,
      swap: 512,
      onboot: true,
      startup: "order=1,up=30,down=60",
      description: "Customer A, web shop",
      tags: ["customer", "felhom"],
    },
    restart: "when_needed",
  });
  assertEquals(guests.get(1002), {
    vmid: 1002,
    state: "running",
    settings: { cores: 4, memory: 1536 },
    restart: "never",
    create: {
      ...CREATE,
      network: {
        bridge: "vmbr0",
        vlan: 20,
        ipv4: "192.0.2.10/24",
        gateway: "192.0.2.1",
        link_down: false,
      },
    },
  });
  assertEquals(guests.get(1003)?.settings, { swap: null, tags: [] });
});

Deno.test("a guest may be named and nothing wanted of it; a document may name no guest", () => {
  assertEquals(guestOf({}), { vmid: 1001, settings: {}, restart: "never" });
  assertEquals(read('{"version":1,"revision":"x","guests":{}}').guests.size, 0);
});

Deno.test("memory is a number of MiB or a text with a unit, rounded up to whole MiB", () => {
  const table: readonly (readonly [unknown, number])[] = [
    [1024, 1024],
    [1023.2, 1024],
    [16, 16],
    ["1024 MiB", 1024],
    ["1.5 GiB", 1536],
    ["1.5GiB", 1536],
    ["0.1 GiB", 103],
    ["1.125 TiB", 1_179_648],
    ["17000 KiB", 17],
    ["1048576 KiB", 1024],
    ["1048577 KiB", 1025],
    ["512.000001 MiB", 513],
    ["8 TiB", 8_388_608],
  ];
  for (const [given, mib] of table) {
    assertEquals(guestOf({ memory: given, swap: given })?.settings, { memory: mib, swap: mib });
  }
  assertEquals(guestOf({ swap: 0 })?.settings, { swap: 0 });
});

Deno.test("memory of another form, or out of bounds, is refused", () => {
  const wrong = [
    15,
    14.9,
    -1,
    "1 GB",
    "1e3 MiB",
    "",
    "MiB",
    "1024",
    " 1 GiB",
    "8.1 TiB",
    null,
    true,
  ];
  for (const given of [...wrong, [], {}, "8388608.000001 MiB"]) {
    const [problem = "", ...more] = problems(about({ memory: given }));
    assertEquals(more, [], JSON.stringify(given));
    assert(problem.startsWith("guests.1001.memory (line 1): found: "), problem);
    assert(problem.includes('allowed: MiB as a number, or a text such as "512 MiB"'), problem);
  }
  assertEquals(problems(about({ swap: -0.5 })).length, 1);
});

Deno.test("null is Proxmox's default, of every setting that has one", () => {
  const all = Object.fromEntries(
    SETTING_NAMES.filter((name) => name !== "memory").map((name) => [name, null]),
  );
  assertEquals(guestOf(all)?.settings, all);
});

Deno.test("description and tags are taken as Proxmox keeps them", () => {
  assertEquals(guestOf({ description: "one\n\ntwo\n\n", tags: ["web", "a.b", "_x"] })?.settings, {
    description: "one\n\ntwo",
    tags: ["_x", "a.b", "web"],
  });
});

Deno.test("all problems are told at once, each with its place and what is allowed", () => {
  const text = `{
  "version": 1,
  "revision": "",
  "colour": "red",
  "guests": {
    "1001": { "state": "on", "core": 2, "memory": "1 GB" },
    "999": { "cores": 0 },
    "pve": 7,
    "1002": {
      "tags": ["a", "a"],
      "create": { "image": "local:iso/x.iso", "network": { "ipv4": "dhcp", "gateway": "192.0.2.1" } }
    }
  }
}`;
  assertEquals(problems(text), [
    "revision (line 3): found: an empty text; allowed: a text of 1 to 128 printable characters",
    "guests.999 (line 7): It is not a managed VMID; allowed: a whole number from 1000 to 1999",
    "guests.999.cores (line 7): found: 0; " +
    "allowed: a whole number from 1 to 8192, or null (all of the host's)",
    'guests.1001.state (line 6): found: "on"; allowed: "running" or "stopped"',
    'guests.1001.memory (line 6): found: "1 GB"; ' +
    'allowed: MiB as a number, or a text such as "512 MiB" or "1.5 GiB"; 16 MiB to 8 TiB',
    "guests.1001.core (line 6): It is not on the closed list of what a desired state sets; " +
    "allowed: state, cores, cpulimit, cpuunits, memory, swap, onboot, startup, description, tags, " +
    "restart, create",
    "Did you mean cores?",
    "guests.1002.tags (line 10): found: a list; allowed: a list of at most 32 different tags " +
    "of lower-case letters, digits and _ + . -, or null",
    'guests.1002.create.image (line 11): found: "local:iso/x.iso"; ' +
    "allowed: the volume id of an LXC backup: the golden image",
    "guests.1002.create.storage: Not set; allowed: the id of a storage",
    "guests.1002.create.hostname: Not set; " +
    "allowed: a host name: at most 63 lower-case letters, digits and inner hyphens",
    "guests.1002.create.network.bridge: Not set; allowed: the name of a bridge",
    "guests.1002.cores: A guest with create needs a number of it",
    "guests.1002.memory: A guest with create needs a number of it",
    "guests.pve (line 8): It is not a VMID; allowed: a whole number from 1000 to 1999",
    "guests.pve (line 8): found: 7; allowed: an object",
    "colour (line 4): No key has this name",
  ]);
});

Deno.test("what is not on the closed list is refused by its name", () => {
  const names = ["hostname", "net0", "nameserver", "rootfs", "mp0", "unused0", "dev0", "features"];
  names.push("hookscript", "delete", "revert", "lock", "protection", "template", "arch", "ostype");
  names.push("entrypoint", "env", "unprivileged", "pool", "__proto__", "constructor", "lxc.idmap");
  for (const name of names) {
    const text = `{"version":1,"revision":"r","guests":{"1001":{${JSON.stringify(name)}:"x"}}}`;
    const [problem = ""] = problems(text);
    assert(
      problem.startsWith(
        `guests.1001.${name} (line 1): It is not on the closed list of what a desired state sets`,
      ),
      problem,
    );
  }
});

Deno.test("a version that is not known is refused, and nothing else is said of it", () => {
  for (const version of [2, 0, "1", null]) {
    const text = JSON.stringify({ version, revision: 1, guests: [], future: true });
    const [problem = "", ...more] = problems(text);
    assert(problem.startsWith("version (line 1): found: "), problem);
    assertEquals(more, []);
  }
  assertEquals(problems("{}"), [
    "version: Not set; allowed: 1, the only version that this program knows",
  ]);
});

Deno.test("a gateway stands beside an address", () => {
  const network = { bridge: "vmbr0", ipv4: "dhcp", gateway: "192.0.2.1" };
  assertEquals(problems(about({ cores: 1, memory: 64, create: { ...CREATE, network } })), [
    "guests.1001.create.network.gateway (line 1): There is no address for it; " +
    "allowed: an IPv4 address, only beside an address of its own, or null",
  ]);
  const optional = guestOf({ cores: 1, memory: 64, create: CREATE })?.create?.network;
  assertEquals(optional, {
    bridge: "vmbr0",
    ipv4: "dhcp",
    vlan: null,
    gateway: null,
    link_down: false,
  });
});

Deno.test("a creation has no other keys: no MAC address, no volumes", () => {
  const network = { ...CREATE.network, hwaddr: "BC:24:11:00:00:01" };
  const create = { ...CREATE, network, rootfs: "local:8" };
  assertEquals(problems(about({ cores: 1, memory: 64, create })), [
    "guests.1001.create.network.hwaddr (line 1): No key has this name",
    "guests.1001.create.rootfs (line 1): No key has this name",
  ]);
});

Deno.test("a list is no object", () => {
  assertEquals(problems('{"version": 1, "revision": "r", "guests": []}'), [
    "guests (line 1): found: an empty list; allowed: an object",
  ]);
  assertEquals(problems(about(["state"])), [
    "guests.1001 (line 1): found: a list; allowed: an object",
  ]);
});

Deno.test("a guest with create says how large it is: null would be the image's", () => {
  assertEquals(problems(about({ cores: null, memory: 64, create: CREATE })), [
    "guests.1001.cores (line 1): A guest with create needs a number of it",
  ]);
});

Deno.test("what is no JSON, has a key twice, or is too long is one problem with its place", () => {
  const table: readonly (readonly [string, string])[] = [
    ["", "document (line 1, column 1): The text ends where a value is expected"],
    [
      '{"version": 1,\n "version": 1}',
      "document (line 2, column 2): The same key occurs twice in one object",
    ],
    ["[]", "document: found: an empty list; allowed: an object"],
    [" ".repeat(1024 * 1024 + 1), "document: More than 1048576 bytes; allowed: at most 1 MiB"],
    ["é".repeat(512 * 1024 + 1), "document: More than 1048576 bytes; allowed: at most 1 MiB"],
  ];
  for (const [text, problem] of table) assertEquals(problems(text), [problem]);
  const longest = EXAMPLE + " ".repeat(1024 * 1024 - new TextEncoder().encode(EXAMPLE).length);
  assertEquals(read(longest).guests.size, 3);
});

Deno.test("a revision is shown as it is, so it may hold nothing that hides", () => {
  for (const revision of ["", "  ", "a\nb", "a\u202eb", "x".repeat(129), 7, null]) {
    assertEquals(problems(JSON.stringify({ version: 1, revision, guests: {} })).length, 1);
  }
  assertEquals(read(JSON.stringify({ version: 1, revision: "é 1", guests: {} })).revision, "é 1");
});

Deno.test("a message shows no secret, no control character, and has an end", () => {
  const token = "felhom@pve!agent=6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";
  const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`net${index}`, ""]));
  const text = about({
    [token]: token,
    description: token + "\x1b",
    state: token,
    ["x".repeat(9000) + "\x1b]0;"]: 1,
    "\x1b[2J": 1,
    ...keys,
  });
  const { message } = assertThrows(() => read(text), DesiredError);
  assertEquals(message.includes("6d1c2b3a"), false);
  assertEquals(/[\p{Cc}]/u.test(message.replaceAll("\n", "")), false);
  assertEquals(message.includes("x".repeat(61)), false);
  assert(message.length < 60_000, String(message.length));
  assert(message.endsWith("\n  and 4805 more"), message.slice(-60));
});

Deno.test("a document of a thousand guests is read in one go", () => {
  const guests = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [1000 + index, {
      state: "running",
      cores: 1,
      memory: "1 GiB",
      description: `Customer ${index}`,
      tags: ["customer"],
      create: CREATE,
    }]),
  );
  assertEquals(read(JSON.stringify({ version: 1, revision: "r", guests })).guests.size, 1000);
});

Deno.test("README: the document it shows is read, and its table has every key and no other", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", repositoryRoot));
  const [, section = ""] = readme.match(/^## Desired state\n([^]*?)^## /m) ?? [];
  const [, shown = ""] = section.match(/^```json\n([^]*?)^```/m) ?? [];
  assertEquals([...read(shown).guests.keys()], [1001, 1002]);
  const keys = [...section.matchAll(/^\| `([a-z]+)` +\|/gm)].map(([, key]) => key);
  assertEquals(keys, [...GUEST_KEYS]);
});
