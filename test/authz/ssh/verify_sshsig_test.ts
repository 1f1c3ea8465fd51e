import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  KEY_TYPES,
  parseAllowedSigners,
  SignatureError,
  verifySshsig,
} from "../../../src/authz/ssh/mod.ts";
import { armor } from "./support/encode.ts";
import { openSshKeygen } from "./support/ssh_keygen.ts";
import { createTestKey, signMessage } from "./support/test_key.ts";

const namespace = "felhom-op-v1";
const message = new TextEncoder().encode("destroy 101\n");
const START = Date.UTC(2026, 10, 20);
const END = Date.UTC(2026, 10, 21);

/** What `ssh-keygen` can make without a token. */
const MADE_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
] as const;

function signersOf(...lines: readonly string[]) {
  return parseAllowedSigners(lines.join("\n"), { file: "signers", role: "operational" });
}

Deno.test("what ssh-keygen signs is accepted, whichever type and hash, and names its signer", async (t) => {
  await using keygen = await openSshKeygen();
  for (const type of MADE_TYPES) {
    await t.step(type, async () => {
      const key = await keygen.makeKey(type);
      const signers = signersOf("#", `anna,an namespaces="${namespace}" ${key.text} comment`);
      for (const hash of ["sha256", "sha512"] as const) {
        const armored = await keygen.sign(key, message, { hash });
        const signer = verifySshsig(message, armored, { namespace, signers, at: START });
        assertEquals(signer.principals, ["anna", "an"]);
        assertEquals([signer.line, signer.type, signer.role], [2, type, "operational"]);
        assertEquals(signer.keyDigest, await keygen.fingerprint(key));
      }
    });
  }
});

Deno.test("a FIDO2 signature counts once somebody touched the token, whatever else it says", () => {
  for (const type of KEY_TYPES.filter((name) => name.startsWith("sk-"))) {
    const key = createTestKey(type, { application: "ssh:operator" });
    const signers = signersOf(`anna namespaces="${namespace}" ${key.text}`);
    for (let flags = 0; flags < 256; flags++) {
      const armored = armor(signMessage(key, message, { flags, counter: flags * 7919 }));
      const verify = () => verifySshsig(message, armored, { namespace, signers, at: START });
      if (flags % 2 === 1) assertEquals(verify().type, type);
      else assertEquals(assertThrows(verify, SignatureError).code, "authz.presence_missing");
    }
  }
});

Deno.test("flags and counter of a token cannot be changed behind it", () => {
  const key = createTestKey("sk-ssh-ed25519@openssh.com");
  const signers = signersOf(`anna namespaces="${namespace}" ${key.text}`);
  const untouched = signMessage(key, message, { flags: 0 });
  for (let at = untouched.length - 5; at < untouched.length; at++) {
    const changed = untouched.slice();
    // The flags first: they then say that the token was touched.
    changed[at] = (changed[at] ?? 0) ^ 1;
    changed[untouched.length - 5] = 1;
    assertEquals(
      assertThrows(
        () => verifySshsig(message, armor(changed), { namespace, signers, at: START }),
        SignatureError,
      ).code,
      "authz.signature_invalid",
    );
  }
});

Deno.test("a signer's window holds from its first second to its last, and for no time that is none", () => {
  const key = createTestKey("ssh-ed25519");
  const window = 'valid-after="20261120Z",valid-before="20261121Z"';
  const signers = signersOf(`anna namespaces="${namespace}",${window} ${key.text}`);
  const armored = armor(signMessage(key, message));
  const outcome = (at: number) => {
    try {
      return verifySshsig(message, armored, { namespace, signers, at }).line;
    } catch (error) {
      return error instanceof SignatureError ? error.code : error;
    }
  };
  assertEquals(outcome(START - 1), "authz.signer_not_yet_valid");
  assertEquals(outcome(START), 1);
  assertEquals(outcome(END), 1);
  assertEquals(outcome(END + 999), 1);
  assertEquals(outcome(END + 1000), "authz.signer_expired");
  assertEquals(outcome(Number.NaN), "authz.signer_not_yet_valid");
  assertEquals(outcome(Infinity), "authz.signer_expired");
});

Deno.test("a refusal says what to do, and shows nothing of the signature that is long", () => {
  const key = createTestKey("ssh-ed25519");
  const signers = signersOf(`anna namespaces="${namespace}" ${key.text}`);
  const armored = armor(signMessage(key, message, { namespace: "x".repeat(200) }));
  const error = assertThrows(
    () => verifySshsig(message, armored, { namespace, signers, at: START }),
    SignatureError,
  );
  assertEquals([error.code, error.reason], ["authz.signature_namespace", "namespace"]);
  assertStringIncludes(error.hint ?? "", "ssh-keygen -Y sign");
  assertEquals(error.message.length < 250, true, error.message);
});
