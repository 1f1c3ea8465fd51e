import { armor, bytes, mpint, sshsig, string, uint32 } from "./encode.ts";
import {
  ask,
  by,
  type Case,
  ecdsa,
  ed25519,
  GOOD,
  line,
  MESSAGE,
  NAMESPACE,
  OPTIONS,
  options,
  parts,
  rsa,
  signers,
  stranger,
  token,
} from "./questions.ts";
import { signedData, signMessage } from "./test_key.ts";

const otherCurve = bytes(
  string("ecdsa-sha2-nistp256"),
  string("nistp384"),
  ecdsa.blob.subarray(-69),
);

/** What OpenSSH refuses as well. */
export const REFUSED_BY_BOTH: readonly Case[] = [
  ["armor", "no signature", ask({ armored: "" })],
  ["armor", "no end", ask({ armored: GOOD.slice(0, -5) })],
  ["armor", "text before it", ask({ armored: `\n${GOOD}` })],
  ["armor", "carriage returns", ask({ armored: GOOD.replaceAll("\n", "\r\n") })],
  ["armor", "characters that are not base64", ask({ armored: GOOD.replace("\nU", "\n-") })],
  ["armor", "the armor of a key", ask({ armored: GOOD.replaceAll("SIGNATURE", "PRIVATE KEY") })],
  ["wire", "another magic", parts({ magic: "SSHSIH" })],
  ["wire", "bytes behind it", parts({ trailing: "x" })],
  ["wire", "bytes behind the signature proper", by(ed25519, { trailing: "x" })],
  ["wire", "bytes behind the counter", by(token, { trailing: "x" })],
  ["wire", "nothing in it", ask({ armored: armor(bytes("SSHSIG")) })],
  [
    "wire",
    "a length that is not there",
    ask({
      armored: armor(bytes("SSHSIG", uint32(1), uint32(0xffffffff))),
    }),
  ],
  [
    "wire",
    "a negative r",
    by(ecdsa, {
      change: () => bytes(string(Uint8Array.of(0x80)), mpint(Uint8Array.of(1))),
    }),
  ],
  ["wire", "r = 0", by(ecdsa, { change: () => bytes(string(), mpint(Uint8Array.of(1))) })],
  [
    "wire",
    "an s that is too long",
    by(ecdsa, {
      change: () => bytes(mpint(Uint8Array.of(1)), mpint(new Uint8Array(33).fill(1))),
    }),
  ],
  ["wire", "half of an ed25519 signature", by(ed25519, { change: (whole) => whole.slice(32) })],
  [
    "wire",
    "an RSA signature that is too long",
    by(rsa, {
      change: (whole) => bytes(Uint8Array.of(0), whole),
    }),
  ],
  ["version", "version 2", parts({ version: 2 })],
  ["hash", "sha384", parts({ hash: "sha384" })],
  ["hash", "sha1", parts({ hash: "sha1" })],
  ["algorithm", "RSA with SHA-1", by(rsa, { digest: "sha1" })],
  ["algorithm", "the algorithm of another key", by(ed25519, { algorithm: "ssh-rsa" })],
  ["algorithm", "a token's key used without token", by(token, { algorithm: "ssh-ed25519" })],
  ["namespace", "made for git", parts({ namespace: "git" })],
  ["namespace", "the namespace in capitals", parts({ namespace: NAMESPACE.toUpperCase() })],
  ["signer_unknown", "another key", ask({ armored: armor(signMessage(stranger, MESSAGE)) })],
  ["signer_unknown", "no signers", signers("# nobody\n\n")],
  ["signer_namespace", "a key for git", options('namespaces="git"')],
  ["signer_namespace", "a key for what begins so", options(`namespaces="${NAMESPACE}0"`)],
  [
    "signer_not_yet_valid",
    "a second early",
    options(
      `${OPTIONS},valid-after="20261120120001Z"`,
    ),
  ],
  ["signer_expired", "a second late", options(`${OPTIONS},valid-before="20261120115959Z"`)],
  ["crypto", "another message", ask({ message: bytes("destroy 102\n") })],
  [
    "crypto",
    "signed by another key in its name",
    ask({
      armored: armor(sshsig({
        key: ed25519.blob,
        namespace: NAMESPACE,
        hash: "sha512",
        signature: stranger.sign(signedData(MESSAGE, NAMESPACE, "sha512")),
      })),
    }),
  ],
  [
    "crypto",
    "RSA signed with one digest and named with the other",
    by(rsa, {
      digest: "sha256",
      algorithm: "rsa-sha2-512",
    }),
  ],
  [
    "crypto",
    "r not below the order",
    by(ecdsa, {
      change: () => {
        const most = mpint(new Uint8Array(32).fill(0xff));
        return bytes(most, most);
      },
    }),
  ],
  ["crypto", "the application of another token", by(token, { application: "ssh:other" })],

  ["line", "a key without principals", signers(`${ed25519.text}\n`)],
  ["line", "principals alone", signers("a@b\n")],
  ["line", "a key that is not base64", signers(`a@b ${OPTIONS} ssh-ed25519 @@@@\n`)],
  ["option", "an unknown option", options(`${OPTIONS},no-touch-required`)],
  ["option", "an option twice", options(`${OPTIONS},${OPTIONS}`)],
  ["option", "a value without quotes", options(`namespaces=${NAMESPACE}`)],
  ["option", "a comma at the end", options(`${OPTIONS},`)],
  ["time", "an hour that does not exist", options(`${OPTIONS},valid-after="202611202500Z"`)],
  ["time", "words", options(`${OPTIONS},valid-after="yesterday"`)],
  ["time", "before 1970", options(`${OPTIONS},valid-before="19690101Z"`)],
  ["time", "the first second", options(`${OPTIONS},valid-after="19700101Z"`)],
  [
    "time_window",
    "it ends when it begins",
    options(
      `${OPTIONS},valid-after="20261120120000Z",valid-before="20261120120000Z"`,
    ),
  ],
  ["key_type", "a short name", signers(line({ text: `ED25519 ${ed25519.blob.toBase64()}` }))],
  ["key_type", "no such type", signers(line({ text: ed25519.text.replace("ed", "ee") }))],
  [
    "key",
    "another curve than its type says",
    signers(line({ text: `ecdsa-sha2-nistp256 ${otherCurve.toBase64()}` })),
  ],
  [
    "key",
    "another type than it says",
    signers(
      line({ text: `ssh-rsa ${ed25519.blob.toBase64()}` }),
    ),
  ],
  [
    "key",
    "bytes behind it",
    signers(
      line({ text: `ssh-ed25519 ${bytes(ed25519.blob, "x").toBase64()}` }),
    ),
  ],
  [
    "key",
    "a point that is not on the curve",
    by({
      ...ecdsa,
      text: `${ecdsa.type} ${bytes(ecdsa.blob.subarray(0, -1), "x").toBase64()}`,
    }),
  ],
];
