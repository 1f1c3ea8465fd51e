import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { asUpid, formatUpid, isUpid, parseUpid, type UpidParts } from "../../src/proxmox/mod.ts";
import { type SeededRandom, seededRandom } from "./support/seeded_random.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function anyParts(random: SeededRandom): UpidParts {
  const user = `${random.text(LETTERS + "._-", 1, 20)}@${random.pick(["pam", "pve", "ldap-1"])}`;
  return {
    node: random.text(LETTERS, 1, 1) + random.text(LETTERS + "-", 0, 10) + random.pick(LETTERS),
    pid: random.integer(0, 0xffffffff),
    // Nine digits once a node has been up for more than 497 days.
    pstart: random.integer(0, 0xfffffffff),
    starttime: random.integer(0, 0xffffffff),
    type: random.text(LETTERS + "_", 1, 12),
    id: random.pick(["", "101", "101@local", "101-mp0>102-mp1", "local"]),
    user: random.pick([user, `${user}!${random.text(LETTERS, 1, 10)}`]),
  };
}

Deno.test("a UPID says what it was printed from", () => {
  const random = seededRandom();
  for (let round = 0; round < 2_000; round++) {
    const parts = anyParts(random);
    const upid = formatUpid(parts);
    assertEquals(parseUpid(upid), parts);
    assertEquals(formatUpid(parseUpid(upid)), upid);
    assert(isUpid(upid));
  }
});

Deno.test("a UPID with one character dropped, doubled or spoilt is none, or says something else", () => {
  const random = seededRandom();
  for (let round = 0; round < 2_000; round++) {
    const upid = formatUpid(anyParts(random));
    const at = random.integer(0, upid.length - 1);
    const character = upid.charAt(at);
    const spoilt = random.pick([
      upid.slice(0, at) + upid.slice(at + 1),
      upid.slice(0, at) + character + upid.slice(at),
      upid.slice(0, at) + random.pick(" /\n:\0") + upid.slice(at + 1),
    ]);
    if (spoilt === upid || !isUpid(spoilt)) continue;
    assert(formatUpid(parseUpid(spoilt)) !== upid, spoilt);
  }
});

Deno.test("a real UPID is taken apart", () => {
  assertEquals(
    parseUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:felhom-agent@pve!agent:"),
    {
      node: "pve",
      pid: 6375,
      pstart: 198075,
      starttime: 1795219999,
      type: "vzcreate",
      id: "103",
      user: "felhom-agent@pve!agent",
    },
  );
});

for (
  const text of [
    "",
    "OK",
    "UPID",
    "UPIDgarbage",
    "UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve!agent",
    " UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve!agent:",
    "UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve!agent:\n",
    "UPID:pve:18E7:000305BB:6B00E21F:vzcreate:103:u@pve:",
    "UPID:pve:000018E7:0000305BB:6B00E21F:vzcreate:103:u@pve:",
    "UPID:pve:000018E7:000305BB:6B00E21F::103:u@pve:",
    "UPID:pve:000018E7:000305BB:6B00E21F:vz/create:103:u@pve:",
    "UPID:../x:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve:",
    "UPID:-pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve:",
  ]
) {
  Deno.test(`${JSON.stringify(text)} is no UPID`, () => {
    assertFalse(isUpid(text));
    const error = assertThrows(() => asUpid(text), FelhomError);
    assertEquals(error.code, "upid.invalid");
    assertStringIncludes(error.message, JSON.stringify(text));
  });
}

Deno.test("a part that cannot stand in a UPID is refused when it is printed", () => {
  const parts = parseUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzcreate:103:u@pve!agent:");
  for (
    const spoilt of [{ node: "" }, { type: "" }, { user: "a b@pve" }, { pid: -1 }, { pid: 1.5 }]
  ) {
    assertThrows(() => formatUpid({ ...parts, ...spoilt }), FelhomError, "Cannot parse UPID");
  }
});
