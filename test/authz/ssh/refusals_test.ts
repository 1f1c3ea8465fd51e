import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { type RefusalReason, REFUSALS, stricterThanOpenSsh } from "../../../src/authz/ssh/mod.ts";
import {
  armor,
  BEGIN,
  type Bytes,
  bytes,
  END,
  mpint,
  sshsig,
  string,
  uint32,
} from "./support/encode.ts";
import { judge } from "./support/judge.ts";
import { openSshKeygen, type Question, type SshKeygen } from "./support/ssh_keygen.ts";
import { createTestKey, signedData, signMessage, type TestKey } from "./support/test_key.ts";

const MESSAGE = new TextEncoder().encode("destroy 101\n");
const AT = Date.UTC(2026, 10, 20, 12) / 1000;
const NAMESPACE = "felhom-op-v1";
const OPTIONS = `namespaces="${NAMESPACE}"`;

const ed25519 = createTestKey("ssh-ed25519");
const ecdsa = createTestKey("ecdsa-sha2-nistp256");
const rsa = createTestKey("ssh-rsa");
const token = createTestKey("sk-ssh-ed25519@openssh.com");
const ecdsaToken = createTestKey("sk-ecdsa-sha2-nistp256@openssh.com");
const stranger = createTestKey("ssh-ed25519");

const GOOD = armor(signMessage(ed25519, MESSAGE));
/** The lines of base64. */
const LINES = GOOD.split("\n").slice(1, -2);

type Case = readonly [RefusalReason, string, Question];

function line({ text }: { readonly text: string }, options = OPTIONS, principals = "a@b"): string {
  return [principals, options, text].filter((part) => part !== "").join(" ") + "\n";
}

function ask(changes: Partial<Question> = {}): Question {
  return {
    message: MESSAGE,
    armored: GOOD,
    signers: line(ed25519),
    namespace: NAMESPACE,
    principal: "a@b",
    at: AT,
    ...changes,
  };
}

/** A signature by `ed25519` with other parts than it should have. */
function parts(changes: Partial<Parameters<typeof sshsig>[0]>): Question {
  const hash = changes.hash === "sha384" || changes.hash === "sha1" ? changes.hash : "sha512";
  const signature = ed25519.sign(signedData(MESSAGE, NAMESPACE, hash));
  const usual = { key: ed25519.blob, namespace: NAMESPACE, hash, signature };
  return ask({ armored: armor(sshsig({ ...usual, ...changes })) });
}

function by(key: TestKey, oddities: Parameters<typeof signMessage>[2] = {}): Question {
  return ask({ signers: line(key), armored: armor(signMessage(key, MESSAGE, oddities)) });
}

function options(text: string): Question {
  return ask({ signers: line(ed25519, text) });
}

function signers(text: string, principal = "a@b"): Question {
  return ask({ signers: text, principal });
}

/** A key and a signature of which nothing is secret. */
function forged(type: string, key: Bytes, algorithm: string, signature: Bytes): Question {
  const blob = bytes(string(type), key);
  const parts = { key: blob, namespace: NAMESPACE, hash: "sha512" };
  return ask({
    signers: line({ text: `${type} ${blob.toBase64()}` }),
    armored: armor(sshsig({ ...parts, signature: bytes(string(algorithm), string(signature)) })),
  });
}

/** For a point of order 1 as key, R = that point and S = 0 fit every message. */
function forgedEd25519(neutral: Uint8Array): Question {
  const signature = bytes(Uint8Array.of(1), new Uint8Array(63));
  return forged("ssh-ed25519", string(neutral), "ssh-ed25519", signature);
}

/** With the exponent 1 the signature is what it would be decrypted to (RFC 8017, 9.2). */
function forgedRsa(exponent: number, bits: number): Question {
  const modulus = new Uint8Array(bits / 8).fill(0xff);
  const info = Uint8Array.fromHex("3051300d060960864801650304020305000440");
  const data = signedData(MESSAGE, NAMESPACE, "sha512");
  const digest = createHash("sha512").update(data).digest();
  const padding = new Uint8Array(modulus.length - 3 - info.length - digest.length).fill(0xff);
  const signature = bytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info, digest);
  const key = bytes(mpint(Uint8Array.of(exponent)), mpint(modulus));
  return forged("ssh-rsa", key, "rsa-sha2-512", signature);
}

/** A signature of RSA that begins with a zero, without it. */
function shortRsa(): Question {
  for (let count = 0;; count++) {
    const message = new TextEncoder().encode(`destroy ${count}\n`);
    let short = false;
    const blob = signMessage(rsa, message, {
      change(signature) {
        short = signature[0] === 0;
        return short ? signature.slice(1) : signature;
      },
    });
    if (short) return ask({ message, signers: line(rsa), armored: armor(blob) });
  }
}

/** S of an ed25519 signature plus the order of the base point: the same number modulo that. */
function addOrder(signature: Bytes): Bytes {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const number = BigInt(`0x${signature.slice(32).reverse().toHex()}`) + order;
  const s = Uint8Array.fromHex(number.toString(16).padStart(64, "0")).reverse();
  return bytes(signature.subarray(0, 32), s);
}

/** Each way into each reason that says what OpenSSH takes all the same. */
async function stricter(keygen: SshKeygen): Promise<Case[]> {
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
    ["armor", "an empty line inside", ask({ armored: GOOD.replace("\n", "\n\n") })],
    ["armor", "a blank inside", ask({ armored: GOOD.replace("\n", "\n ") })],
    [
      "armor",
      "carriage returns inside",
      ask({
        armored: [BEGIN, LINES.join("\r\n"), END, ""].join("\n"),
      }),
    ],
    ["armor", "text behind it", ask({ armored: `${GOOD}hello\n` })],
    ["armor", "a second signature behind it", ask({ armored: GOOD + GOOD })],
    [
      "armor",
      "a line of 100 characters",
      ask({
        armored: armor(signMessage(ed25519, MESSAGE), 100),
      }),
    ],
    ["version", "version 0", parts({ version: 0 })],
    ["text", "a NUL behind the namespace", parts({ namespace: `${NAMESPACE}\0` })],
    ["text", "a NUL behind the hash", parts({ hash: "sha512\0" })],
    ["text", "a NUL behind the algorithm", by(ed25519, { algorithm: "ssh-ed25519\0" })],
    ["reserved", "a reserved field that says something", parts({ reserved: "x" })],
    ["mpint", "leading zeros in r and s", by(ecdsa, { zeros: 1 })],
    ["algorithm", "made in a browser", by(ecdsaToken, { page: "https://example.com" })],
    ["rsa_length", "RSA without its leading zero", shortRsa()],
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

/** What OpenSSH refuses as well. */
const COMMON: readonly Case[] = [
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

Deno.test("OpenSSH takes what the list says, and the agent refuses it for that reason", async (t) => {
  await using keygen = await openSshKeygen();
  const cases = await stricter(keygen);
  const taken = await keygen.verify(cases.map(([, , question]) => question));
  for (const [index, [reason, title, question]] of cases.entries()) {
    await t.step(`${reason}: ${title}`, () => {
      assertEquals(reasonOf(question), reason);
      assert(taken[index], "OpenSSH refuses it");
    });
  }
  const shown = new Set(cases.map(([reason]) => reason));
  assertEquals(
    reasons().filter((reason) => (stricterThanOpenSsh(reason) !== undefined) !== shown.has(reason)),
    [],
  );
});

Deno.test("what OpenSSH refuses the agent refuses, for a reason of its own", async (t) => {
  await using keygen = await openSshKeygen();
  const taken = await keygen.verify([ask(), ...COMMON.map(([, , question]) => question)]);
  assert(taken[0], "the signature that the others differ from is good");
  for (const [index, [reason, title, question]] of COMMON.entries()) {
    await t.step(`${reason}: ${title}`, () => {
      assertEquals(reasonOf(question), reason);
      assertEquals(taken[index + 1], false, "OpenSSH takes it");
    });
  }
  const shown = new Set(COMMON.map(([reason]) => reason));
  assertEquals(
    reasons().filter((reason) => stricterThanOpenSsh(reason) === undefined && !shown.has(reason)),
    [],
  );
});

function reasonOf(question: Question): RefusalReason | undefined {
  const judgement = judge(question);
  return "refused" in judgement ? judgement.refused[0] : undefined;
}

function reasons(): RefusalReason[] {
  return Object.keys(REFUSALS).filter((reason): reason is RefusalReason => reason in REFUSALS);
}
