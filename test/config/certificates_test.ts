import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import sshpk from "sshpk";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { goodConfig, memorySources } from "./memory_sources.ts";

const FILE = "/etc/felhom-agent/ca.pem";
const NOW = Date.UTC(2026, 10, 20);
const key = sshpk.generatePrivateKey("ecdsa", { curve: "nistp256" });

function certificate(purposes: string[], from: number, until: number): string {
  return sshpk.createSelfSignedCertificate(sshpk.identityForHost("pve.example"), key, {
    purposes,
    validFrom: new Date(from),
    validUntil: new Date(until),
  }).toString("pem");
}

const DAY = 86_400_000;
const authority = certificate(["ca"], NOW - DAY, NOW + DAY);
const server = sshpk.createCertificate(
  sshpk.identityForHost("pve.example"),
  key,
  sshpk.identityForHost("authority.example"),
  key,
  { purposes: ["identity"], validFrom: new Date(NOW - DAY), validUntil: new Date(NOW + DAY) },
).toString("pem");
const load = (text: string) =>
  loadConfig(memorySources(
    goodConfig({ "proxmox.tls": { ca_file: FILE } }),
    { files: { [FILE]: text }, now: NOW },
  ));

Deno.test("the certificates of an authority are read when the configuration is", async () => {
  const other = certificate(["ca"], NOW - DAY, NOW + 2 * DAY);
  const { proxmox } = await load(`Proxmox CA\n${authority}\n${other}`);
  assertEquals(proxmox.trust, {
    kind: "ca",
    path: FILE,
    pem: `${authority.trim()}
${other.trim()}`,
  });
});

/** What a file of certificates can be, and what the error says of it. */
const REFUSED: readonly (readonly [name: string, text: string, message: string])[] = [
  ["empty", "", "it holds no certificate in PEM form"],
  ["DER", "0\x82\x01", "it holds no certificate in PEM form"],
  ["a private key", key.toString("pem"), "it holds a private key"],
  ["a certificate with its key", authority + key.toString("pem"), "it holds a private key"],
  [
    "cut off",
    authority.replace(/.{40}\n(?=.*\n?-----END)/, "\n"),
    "its certificate cannot be parsed",
  ],
  [
    "a server's",
    server,
    "is not an authority's but a server's",
  ],
  ["expired", certificate(["ca"], NOW - 2 * DAY, NOW - DAY), "expired on 2026-11-19"],
  ["not valid yet", certificate(["ca"], NOW + DAY, NOW + 2 * DAY), "valid only from 2026-11-21"],
  [
    "expired in its second half",
    authority + certificate(["ca"], NOW - 2 * DAY, NOW - DAY),
    "certificate 2 in it expired",
  ],
];
for (const [name, text, message] of REFUSED) {
  Deno.test(`a ca_file that is ${name} is refused`, async () => {
    const error = await assertRejects(() => load(text), ConfigError);
    assertEquals(error.code, "config.invalid");
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.hint ?? "", "pve-root-ca.pem");
  });
}
