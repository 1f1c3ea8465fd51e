import { createHash } from "node:crypto";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { concatenate, type WireReader } from "./wire.ts";

/** Bit of the flags that says that somebody touched the token (WebAuthn, 6.1). */
const USER_PRESENT = 0x01;

/**
 * Reads what a FIDO2 key is made for. ssh-keygen makes keys for applications that begin with
 * `ssh:`; one made for a web page is not taken for a signer.
 *
 * @throws {Refusal} `application`
 */
export function readApplication(reader: WireReader): string {
  const application = reader.text();
  if (application.startsWith("ssh:")) return application;
  throw new Refusal("application", `It is made for ${quoted(application)}, not for "ssh:…"`);
}

/**
 * Reads flags and counter of a FIDO2 signature and gives what the token signed: digest of the
 * application, flags, counter, digest of the data (PROTOCOL.u2f). The counter is part of it but is
 * held against nothing: many tokens leave it at 0, and each operation is used once anyway.
 *
 * @param reader stands behind the part that is the signature proper, whose end is checked
 * @throws {Refusal} `wire`, `presence`
 */
export function signedByToken(
  reader: WireReader,
  application: string,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const flagsAndCounter = reader.take(5);
  reader.end();
  if (((flagsAndCounter[0] ?? 0) & USER_PRESENT) === 0) {
    throw new Refusal("presence", "The token says that nobody touched it");
  }
  return concatenate(
    sha256(new TextEncoder().encode(application)),
    flagsAndCounter,
    sha256(data),
  );
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
