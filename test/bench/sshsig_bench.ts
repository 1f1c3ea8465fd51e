import { createPublicKey, verify } from "node:crypto";
import {
  KEY_TYPES,
  loadVerifiers,
  parseAllowedSigners,
  verifySshsig,
} from "../../src/authz/ssh/mod.ts";
import { armor } from "../authz/ssh/support/encode.ts";
import { openSshKeygen } from "../authz/ssh/support/ssh_keygen.ts";
import { createTestKey, signedData, signMessage } from "../authz/ssh/support/test_key.ts";
import type { Contender, Suite } from "./frame.ts";

/** Signatures in one round. */
const SIGNATURES = 200;
const ASKED = 20;
/** As long as the document of an operation usually is. */
const LENGTH = 400;

/**
 * What it costs to check an operator's signature: over the bare check of the runtime, which only
 * does arithmetic, and against `ssh-keygen -Y verify`, which is a process for each.
 */
export async function sshsigSuite(): Promise<Suite> {
  const keygen = await openSshKeygen();
  const namespace = "felhom-op-v1";
  const at = Date.UTC(2026, 10, 20);
  const message = new Uint8Array(LENGTH).fill(0x7b);
  const made = KEY_TYPES.map((type) => {
    const key = createTestKey(type);
    const text = `a@b namespaces="${namespace}" ${key.text}\n`;
    const signers = parseAllowedSigners(text, { file: "signers", role: "operational" });
    return { type, key, text, signers, armored: armor(signMessage(key, message)) };
  });
  await loadVerifiers(made.map(({ armored }) => armored));
  const [first] = made;
  if (first === undefined) throw new Error("Cannot compare nothing");
  const ours = ({ type, armored, signers }: typeof first, count = SIGNATURES): Contender => ({
    name: `ours, ${type}`,
    run() {
      for (let done = 0; done < count; done++) {
        verifySshsig(message, armored, { namespace, signers, at });
      }
      return Promise.resolve();
    },
  });

  // ssh-ed25519: a name of 11 and a point of 32 bytes, each behind its length; the signature too.
  const data = signedData(message, namespace, "sha512");
  const x = first.key.blob.subarray(-32).toBase64({ alphabet: "base64url", omitPadding: true });
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signature = first.key.sign(data).subarray(-64);
  const bare: Contender = {
    name: "node:crypto verify, bare",
    run() {
      for (let done = 0; done < SIGNATURES; done++) {
        if (!verify(null, data, publicKey, signature)) throw new Error("Cannot verify");
      }
      return Promise.resolve();
    },
  };
  const question = {
    message,
    armored: first.armored,
    signers: first.text,
    namespace,
    principal: "a@b",
    at: at / 1000,
  };
  return {
    comparisons: [
      {
        title: `${SIGNATURES} ed25519 signatures`,
        baseline: bare,
        contenders: [{ ...ours(first), limit: 2 }],
        rounds: 41,
        warmUp: 6,
      },
      {
        title: `${ASKED} ed25519 signatures, a process for each`,
        baseline: {
          name: "ssh-keygen -Y verify",
          async run() {
            const good = await keygen.verify(Array.from({ length: ASKED }, () => question), {
              atOnce: 1,
            });
            if (good.includes(false)) throw new Error("Cannot verify");
          },
        },
        contenders: [{ ...ours(first, ASKED), limit: 0.033 }],
      },
      {
        title: `${SIGNATURES} signatures of the other types`,
        baseline: ours(first),
        contenders: made.slice(1).map((each) => ours(each)),
        rounds: 5,
      },
    ],
    async close() {
      await keygen[Symbol.asyncDispose]();
    },
  };
}
