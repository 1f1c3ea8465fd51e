import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderError } from "../../src/cli/render_error.ts";
import { FelhomError } from "../../src/errors.ts";

const SECRET = "6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";
const TOKEN = `agent@pve!felhom=${SECRET}`;

Deno.test("a known error shows message, what to do and code", () => {
  const error = new FelhomError("proxmox.forbidden", "Cannot list the guests", {
    hint: "Grant VM.Audit.",
  });
  const { exit, human, json } = renderError(error);
  assertEquals(exit, 1);
  assertEquals(
    human,
    "felhom-agent: Cannot list the guests\n  Grant VM.Audit.\n  (proxmox.forbidden)\n",
  );
  assertEquals(json, {
    code: "proxmox.forbidden",
    message: "Cannot list the guests",
    retry: "never",
    hint: "Grant VM.Audit.",
  });
});

Deno.test("text from outside in an error stays one line and does nothing", () => {
  const { human } = renderError(new FelhomError("proxmox.failed", "500 a\nb\x1b[2J\u202e"));
  assertEquals(human, "felhom-agent: 500 a\\nb\\x1b[2J\\u202e\n  (proxmox.failed)\n");
});

/** What may be thrown that the product does not know. */
const UNKNOWN: readonly (readonly [what: string, thrown: unknown])[] = [
  ["an error", new TypeError(`Cannot read ${TOKEN}`)],
  ["an error with a cause", new Error("x", { cause: new Error(TOKEN) })],
  ["a text", TOKEN],
  ["an object", { token: TOKEN }],
  ["nothing", undefined],
  ["null", null],
  ["an error whose message is many lines", new Error(`a\n    at ${TOKEN}\n${"x".repeat(5000)}`)],
  ["an error without a stack", Object.assign(new Error("x"), { stack: undefined })],
];
for (const [what, thrown] of UNKNOWN) {
  Deno.test(`a thrown value that is ${what} is a bug, reported without a secret`, () => {
    const { exit, human, json } = renderError(thrown);
    assertEquals(exit, 70);
    assertEquals(json["code"], "internal.bug");
    assertStringIncludes(human, "Please report it");
    const all = human + JSON.stringify(json);
    assert(!all.includes(SECRET), all);
    assert(human.length < 4000);
  });
}

Deno.test("the problems of a desired state are shown a line each; other messages stay one line", () => {
  const message = "Cannot take the desired state: 2 problems\n  a: one\n  b: \x1b";
  assertEquals(
    renderError(new FelhomError("desired.invalid", message)).human,
    "felhom-agent: Cannot take the desired state: 2 problems\n  a: one\n  b: \\x1b\n" +
      "  (desired.invalid)\n",
  );
  assertStringIncludes(renderError(new FelhomError("proxmox.busy", message)).human, "\\n  a: one");
});
