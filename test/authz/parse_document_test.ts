import { assert, assertEquals } from "@std/assert";
import { entryOf, PARAMS } from "../../src/action/mod.ts";
import {
  kindOfOperation,
  OPERATIONS,
  parseDocument,
  renderDocument,
  targetOf,
} from "../../src/authz/mod.ts";
import { action, bytes, codeOf, DESTROY, draft, IDENTITY } from "./support/scene.ts";

const GOOD = draft();
const refusalOf = (text: string | Uint8Array) =>
  codeOf(() => parseDocument(typeof text === "string" ? bytes(text) : text));
/** The good document with one text in it replaced by another. */
const altered = (from: string | RegExp, to: string) => {
  const text = GOOD.replace(from, () => to);
  assert(text !== GOOD, `Nothing to replace: ${from}`);
  return text;
};

Deno.test("A document that is its own rendering is read, and says what is to be done", () => {
  const { document, action } = parseDocument(bytes(GOOD));
  assertEquals(action, DESTROY.action);
  assertEquals(document.name, "customer-a");
  assertEquals(document.identity, IDENTITY);
  assertEquals(renderDocument(document), GOOD);
});

const REFUSED: Readonly<Record<string, readonly [text: string | Uint8Array, code: string]>> = {
  "that is empty": ["", "authz.not_json"],
  "of 16 KiB and a byte": [" ".repeat(16 * 1024 + 1), "authz.too_large"],
  "of a megabyte": [GOOD + " ".repeat(1024 * 1024), "authz.too_large"],
  "that is no JSON": [altered("{", "{{"), "authz.not_json"],
  "that is cut short": [GOOD.slice(0, -4), "authz.not_json"],
  "with something after it": [`${GOOD}{}`, "authz.not_json"],
  "that is a list": ["[]\n", "authz.unknown_version"],
  "that is null": ["null\n", "authz.unknown_version"],
  "without a version": [altered('  "v": 1,\n', ""), "authz.unknown_version"],
  "of a later version": [altered('"v": 1', '"v": 2'), "authz.unknown_version"],
  "whose version is a text": [altered('"v": 1', '"v": "1"'), "authz.unknown_version"],
  "of an operation nobody knows": [
    altered("guest.destroy", "guest.erase"),
    "authz.unknown_operation",
  ],
  "of an operation that needs no signature": [
    altered("guest.destroy", "guest.start"),
    "authz.unknown_operation",
  ],
  "of an operation named as a property of objects": [
    altered("guest.destroy", "toString"),
    "authz.unknown_operation",
  ],
  "with one more key": [altered('  "reason"', '  "force": true,\n  "reason"'), "authz.unknown_key"],
  "with one more parameter": [
    altered('"purge": true', '"purge": true,\n    "force": true'),
    "authz.unknown_key",
  ],
  "with a key __proto__": [
    altered('  "reason"', '  "__proto__": {},\n  "reason"'),
    "authz.unknown_key",
  ],
  "with a parameter __proto__": [
    altered('"purge": true', '"purge": true,\n    "__proto__": {}'),
    "authz.other_rendering",
  ],
  "without a parameter": [altered(/\n {4}"purge": true\n {2}/, ""), "authz.malformed"],
  "without an identity": [altered(/ {2}"identity": .*\n/, ""), "authz.malformed"],
  "without a name": [altered(/ {2}"name": .*\n/, ""), "authz.malformed"],
  "without a guest": [altered(/ {2}"guest": .*\n/, ""), "authz.malformed"],
  "whose guest is no VMID": [altered("101", "99"), "authz.malformed"],
  "whose guest is a text": [altered("101", '"101"'), "authz.malformed"],
  "whose guest is null": [altered("101", "null"), "authz.malformed"],
  "with a nonce in lower case": [altered('"01JD', '"01jd'), "authz.malformed"],
  "with a short nonce": [altered('"01JD', '"01J'), "authz.malformed"],
  "with a nonce that no ULID is": [altered('"01JD', '"81JD'), "authz.malformed"],
  "with an instance that none is": [altered("7Q3N", "7q3n"), "authz.malformed"],
  "with a time that has an offset": [altered("09:30:00Z", "09:30:00+00:00"), "authz.malformed"],
  "with a time of half a second": [altered("09:30:00Z", "09:30:00.5Z"), "authz.malformed"],
  "with a time without a zone": [altered("09:30:00Z", "09:30:00"), "authz.malformed"],
  "with the hour 24": [altered("09:30:00Z", "24:00:00Z"), "authz.malformed"],
  "with the 30th of February": [altered("2026-11-20T09", "2026-02-30T09"), "authz.malformed"],
  "that ends before it begins": [altered("09:30:00Z", "10:30:01Z"), "authz.malformed"],
  "without a reason": [altered("contract ended", ""), "authz.malformed"],
  "with a key twice": [
    altered('"purge": true', '"purge": false,\n    "purge": true'),
    "authz.other_rendering",
  ],
  "with the operation twice": [
    altered('  "op"', '  "op": "guest.destroy",\n  "op"'),
    "authz.other_rendering",
  ],
  "in one line": [`${JSON.stringify(JSON.parse(GOOD))}\n`, "authz.other_rendering"],
  "with keys in another order": [reordered(GOOD), "authz.other_rendering"],
  "without the newline at its end": [GOOD.slice(0, -1), "authz.other_rendering"],
  "with two newlines at its end": [`${GOOD}\n`, "authz.other_rendering"],
  "with a blank at the end of a line": [altered("true\n", "true \n"), "authz.other_rendering"],
  "with a number in another form": [altered("101", "1.01e2"), "authz.other_rendering"],
  "with a number with a fraction of zero": [altered("101", "101.0"), "authz.other_rendering"],
  "with an escaped letter": [altered("contract", "\\u0063ontract"), "authz.other_rendering"],
  "with an escaped slash": [altered("contract ended", "a\\/b"), "authz.other_rendering"],
  "with an escaped key": [altered('"purge"', '"\\u0070urge"'), "authz.other_rendering"],
  "with CRLF": [GOOD.replaceAll("\n", "\r\n"), "authz.hidden_characters"],
  "with tabs": [GOOD.replaceAll("  ", "\t"), "authz.hidden_characters"],
  "with a byte order mark": [`\ufeff${GOOD}`, "authz.hidden_characters"],
  "with text turned around": [altered("contract", "\u202econtract"), "authz.hidden_characters"],
  "with a bidirectional isolate": [
    altered("contract", "\u2066contract"),
    "authz.hidden_characters",
  ],
  "with a zero-width space": [
    altered("contract ended", "contract\u200bended"),
    "authz.hidden_characters",
  ],
  "with a soft hyphen": [altered("contract", "con\u00adtract"), "authz.hidden_characters"],
  "with a tag character": [altered("contract", "contract\u{e0041}"), "authz.hidden_characters"],
  "with a line separator": [
    altered("contract ended", "contract\u2028ended"),
    "authz.hidden_characters",
  ],
  "with a Hangul filler": [
    altered("contract ended", "contract\u3164ended"),
    "authz.hidden_characters",
  ],
  "with DEL": [altered("contract", "contract\x7f"), "authz.hidden_characters"],
  "with NUL": [altered("contract", "contract\0"), "authz.hidden_characters"],
  "with an escaped newline in its reason": [altered("contract", "con\\ntract"), "authz.malformed"],
  "with an escaped control character": [
    altered("contract", "\\u001b[2Jcontract"),
    "authz.malformed",
  ],
  "with half a pair, escaped": [altered("contract", "\\ud800contract"), "authz.malformed"],
  "that nests deeply": [altered("true", "[".repeat(4000) + "]".repeat(4000)), "authz.too_deep"],
  "that nests deeply and never ends": ["[".repeat(16_000), "authz.too_deep"],
  "that nests in objects": [
    altered("true", '{"a":'.repeat(20) + "1" + "}".repeat(20)),
    "authz.too_deep",
  ],
  "in UTF-16": [utf16(GOOD), "authz.wrong_encoding"],
  "in Latin-1": [Uint8Array.of(...bytes(GOOD), 0xe9), "authz.wrong_encoding"],
  "with an overlong form": [Uint8Array.of(0xc0, 0x80, ...bytes(GOOD)), "authz.wrong_encoding"],
};

function reordered(text: string): string {
  const { v, ...rest } = JSON.parse(text);
  return `${JSON.stringify({ ...rest, v }, null, 2)}\n`;
}

function utf16(text: string): Uint8Array {
  return Uint8Array.from([0xff, 0xfe, ...Array.from(text).flatMap((c) => [c.charCodeAt(0), 0])]);
}

for (const [what, [text, code]] of Object.entries(REFUSED)) {
  Deno.test(`A document ${what} is refused: ${code}`, () => assertEquals(refusalOf(text), code));
}

Deno.test("Brackets inside of texts are no depth", () => {
  assertEquals(
    refusalOf(altered("contract ended", `${"[".repeat(100)} \\"{{{{{{{{{{{{`)),
    "accepted",
  );
});

Deno.test("Letters of any script may stand in a reason", () => {
  for (
    const reason of ["szerződés lejárt", "Vertrag zu Ende – „gekündigt“", "契約終了", "انتهى العقد"]
  ) {
    assertEquals(refusalOf(altered("contract ended", reason)), "accepted", reason);
  }
});

Deno.test("No change of a single character leaves a document that means something else", () => {
  const before = parseDocument(bytes(GOOD)).document;
  for (let at = 0; at < GOOD.length; at++) {
    for (const character of ['"', " ", "\n", "\\", "0", "Z", "z", ",", "{", "é"]) {
      const text = GOOD.slice(0, at) + character + GOOD.slice(at + 1);
      if (text === GOOD) continue;
      let after;
      try {
        after = parseDocument(bytes(text)).document;
      } catch {
        continue;
      }
      assertEquals(renderDocument(after), text);
      assert(
        JSON.stringify(after) !== JSON.stringify(before),
        `Two texts of one meaning, at ${at}`,
      );
    }
  }
});

const SIGNED: Readonly<Record<string, readonly [guest: number | null, params: unknown]>> = {
  "guest.create": [150, {
    description: "made for the test",
    tags: ["a", "b"],
    onboot: true,
    swap: 0,
    memory: 512,
    cores: 1,
    network: { link_down: false, gateway: null, ipv4: "dhcp", vlan: null, bridge: "vmbr0" },
    hostname: "customer-b",
    storage: "local",
    image: "local:backup/vzdump-lxc-900-2026_11_21-00_19_47.tar.zst",
  }],
  "guest.delete_snapshot": [101, { taken_at: 1_763_000_000, snapshot: "before" }],
  "guest.rollback": [101, { taken_at: 1_763_000_000, snapshot: "before" }],
  "guest.prune": [101, { backups: ["local:backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst"] }],
  "guest.restore_over": [101, {
    new_vmid: 150,
    storage: "local",
    backup: "local:backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst",
  }],
  "guest.destroy": [101, { purge: false }],
  "disk.unmount": [null, { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" }],
  "signers.rotate": [null, {
    signers: "anna ssh-ed25519 AAAA\n",
    replaces: IDENTITY,
    sequence: 1,
    role: "operational",
  }],
};

Deno.test("Every operation that can be signed has a document, in whatever order its parts come", () => {
  assertEquals(Object.keys(SIGNED).toSorted(), OPERATIONS.toSorted());
  for (const [operation, [guest, params]] of Object.entries(SIGNED)) {
    const kind = kindOfOperation(operation);
    assert(kind !== undefined);
    const text = draft({
      action: action(kind, guest, params),
      target: { guest, name: "customer-a", identity: IDENTITY },
    });
    const read = parseDocument(bytes(text));
    assertEquals(read.action, action(kind, guest, params), operation);
    assertEquals(Object.keys(read.document.params), Object.keys(PARAMS[kind].shape), operation);
    const says = {
      host: [],
      free: ["guest"],
      named: ["guest", "name"],
      identified: ["guest", "name", "identity"],
    };
    assertEquals(
      ["guest", "name", "identity"].filter((key) => key in read.document),
      says[targetOf(kind)],
      operation,
    );
  }
});

Deno.test("What loses data names the guest's identity", () => {
  for (const operation of OPERATIONS) {
    const kind = kindOfOperation(operation);
    if (kind === undefined || entryOf(kind).class !== "data_loss") continue;
    assertEquals(targetOf(kind), "identified", operation);
  }
});

Deno.test("Nothing is drafted for what nobody signs, nor for a guest without name or identity", () => {
  const { action: destroy, target } = DESTROY;
  const start = action("guest.start", 101, {});
  assertEquals(codeOf(() => draft({ action: start, target })), "authz.unknown_operation");
  for (const missing of [{ name: null }, { identity: null }]) {
    const gated = { action: destroy, target: { ...target, ...missing } };
    assertEquals(codeOf(() => draft(gated)), "authz.malformed");
  }
});

Deno.test("A reason from outside is drafted as what can be seen of it, and not too long", () => {
  const { document } = parseDocument(
    bytes(draft(DESTROY, { reason: `\u202edone\n\x1b[2J ${"long ".repeat(200)}` })),
  );
  assertEquals(document.reason.startsWith("\\u202edone\\n\\x1b[2J long"), true);
  assertEquals(document.reason.length, 400);
});
