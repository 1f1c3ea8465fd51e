import { bytes, string } from "./encode.ts";
import {
  addOrder,
  ask,
  by,
  type Case,
  ecdsaToken,
  ed25519,
  forgedEd25519,
  forgedRsa,
  GOOD,
  line,
  MESSAGE,
  NAMESPACE,
  OPTIONS,
  options,
  parts,
  signers,
  token,
} from "./questions.ts";
import { type SshKeygen } from "./ssh_keygen.ts";
import { createTestKey } from "./test_key.ts";

/** Each way into each reason that says what OpenSSH takes all the same. */
export async function stricter(keygen: SshKeygen): Promise<Case[]> {
  const dsa = await keygen.makeKey("ssh-dss");
  const authority = await keygen.makeKey("ssh-ed25519");
  const certificate = await keygen.certify(await keygen.makeKey("ssh-ed25519"), authority, "a@b");
  const certified = await keygen.sign(certificate, MESSAGE);
  const wide = await keygen.makeRsaKey("rsa_keygen_bits:2048", "rsa_keygen_pubexp:4294967311");
  const made = async (key: typeof dsa) =>
    ask({ signers: line(key), armored: await keygen.sign(key, MESSAGE) });
  const nulInName = bytes(string("ssh-ed25519\0"), ed25519.blob.subarray(15));
  return [
    ["signature_size", "8 kB behind it", ask({ armored: GOOD + "x".repeat(8192) })],
    ["armor", "text behind it", ask({ armored: `${GOOD}hello\n` })],
    ["armor", "a second signature behind it", ask({ armored: GOOD + GOOD })],
    ["version", "version 0", parts({ version: 0 })],
    ["text", "a NUL behind the namespace", parts({ namespace: `${NAMESPACE}\0` })],
    ["text", "a NUL behind the hash", parts({ hash: "sha512\0" })],
    ["text", "a NUL behind the algorithm", by(ed25519, { algorithm: "ssh-ed25519\0" })],
    ["reserved", "a reserved field that says something", parts({ reserved: "x" })],
    ["algorithm", "made in a browser", by(ecdsaToken, { page: "https://example.com" })],
    ["ed25519_s", "S plus the order of the base point", by(ed25519, { change: addOrder })],
    ["ed25519_s", "the same of a token", by(token, { change: addOrder })],
    ["presence", "a token that nobody touched", by(token, { flags: 0 })],
    ["presence", "a token that knew its user by itself", by(ecdsaToken, { flags: 4 })],

    ["signers_size", "a long file", signers(line(ed25519) + "#\n".repeat(40_000))],
    [
      "characters",
      "a comment that turns the line around",
      signers(
        `a@b ${OPTIONS} ${ed25519.text} \u202ecomment\n`,
      ),
    ],
    ["characters", "a form feed in a comment", signers(`#\f\n${line(ed25519)}`)],
    ["principal", "quotes", signers(line(ed25519, OPTIONS, '"a@b"'))],
    ["principal", "a principal twice", signers(line(ed25519, OPTIONS, "a@b,a@b"))],
    ["principal", "other letters", signers(line(ed25519, OPTIONS, "a/b"), "a/b")],
    ["principal", "an empty one", signers(line(ed25519, OPTIONS, "a@b,"))],
    ["principal_pattern", "everybody", signers(line(ed25519, OPTIONS, "*"))],
    ["principal_pattern", "everybody but one", signers(line(ed25519, OPTIONS, "!c@d,*@b"))],
    ["option_empty", "two commas", options(`,,${OPTIONS}`)],
    [
      "cert_authority",
      "a certificate of the key",
      ask({
        signers: line(authority, `cert-authority,${OPTIONS}`),
        armored: certified,
      }),
    ],
    ["namespaces_missing", "no options", options("")],
    ["namespaces_missing", "no namespaces", options('valid-after="20200101Z"')],
    ["namespace_name", "a blank", options(`namespaces="felhom op,${NAMESPACE}"`)],
    ["namespace_name", "an empty one", options(`namespaces=",${NAMESPACE}"`)],
    ["namespace_name", "every namespace", options('namespaces="*"')],
    ["namespace_name", "all but git", options('namespaces="!git,felhom-*"')],
    ["time", "a day that does not exist", options(`${OPTIONS},valid-after="20260231Z"`)],
    ["time", "a leap second", options(`${OPTIONS},valid-after="20261120115960Z"`)],
    ["time", "a small z", options(`${OPTIONS},valid-after="20260101z"`)],
    ["time", "UTC for Z", options(`${OPTIONS},valid-after="20260101UTC"`)],
    ["time_zone", "a day without Z", options(`${OPTIONS},valid-after="20260101"`)],
    ["time_zone", "a minute without Z", options(`${OPTIONS},valid-before="209901010000"`)],
    ["time_zone", "a second without Z", options(`${OPTIONS},valid-before="20990101000000"`)],
    ["key_type", "DSA", await made(dsa)],
    ["key_type", "a certificate", ask({ signers: line(certificate), armored: certified })],
    ["key", "leading zeros", by(createTestKey("ssh-rsa", { zeros: 1 }))],
    [
      "key",
      "a NUL behind a name",
      signers(
        line({ text: `ssh-ed25519 ${nulInName.toBase64()}` }),
      ),
    ],
    ["rsa_size", "RSA with 1024 bits", by(createTestKey("ssh-rsa", { bits: 1024 }))],
    ["rsa_size", "RSA with 2040 bits", by(createTestKey("ssh-rsa", { bits: 2040 }))],
    ["rsa_size", "RSA with 4104 bits", forgedRsa(1, 4104)],
    ["rsa_exponent", "the exponent 1", forgedRsa(1, 2048)],
    ["rsa_exponent", "an exponent of 33 bits", await made(wide)],
    [
      "ed25519_point",
      "a point of order 1",
      forgedEd25519(
        bytes(Uint8Array.of(1), new Uint8Array(31)),
      ),
    ],
    [
      "ed25519_point",
      "the same point in another spelling",
      forgedEd25519(
        bytes(Uint8Array.of(0xee), new Uint8Array(30).fill(0xff), Uint8Array.of(0x7f)),
      ),
    ],
    [
      "application",
      "a token made for a page",
      by(
        createTestKey("sk-ssh-ed25519@openssh.com", { application: "https://example.com" }),
      ),
    ],
    [
      "key_twice",
      "a key on two lines",
      signers(
        line(ed25519) + line(ed25519, OPTIONS, "c@d"),
      ),
    ],
  ];
}
