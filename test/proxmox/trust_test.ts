import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { FelhomError } from "../../src/errors.ts";
import {
  createReads,
  PinMismatchError,
  TransportError,
  type Trust,
} from "../../src/proxmox/mod.ts";
import { connectTo } from "./support/client.ts";
import { startImpostor } from "./support/impostor.ts";
import { apiAnswer, type RawAnswer, startServer, tlsMaterial } from "./support/server.ts";

const VERSION = apiAnswer({ data: { version: "9.2.11", release: "9.2", repoid: "14a22df3" } });
const answerVersion: RawAnswer = (socket) => void socket.write(VERSION);

async function version(server: Parameters<typeof connectTo>[0], trust: Trust, host = "127.0.0.1") {
  using client = connectTo(server, { trust, address: { host, port: server.port } });
  return (await createReads(client.transport, { node: "pve" }).version({ limitMs: 1_000 }))
    .version;
}

Deno.test("the certificate with the pinned fingerprint is trusted, whoever signed it", async () => {
  for (const certificate of ["ca", "self-signed", "expired", "foreign-ca", "wrong-name"] as const) {
    await using server = await startServer(answerVersion, { certificate });
    assertEquals(
      await version(server, { kind: "fingerprint", sha256: server.tls.fingerprint }),
      "9.2.11",
    );
  }
});

Deno.test("another certificate than the pinned one gets no byte, and the error shows both", async () => {
  await using server = await startServer(answerVersion);
  const other = await tlsMaterial("self-signed");
  const error = await assertRejects(
    () => version(server, { kind: "fingerprint", sha256: other.fingerprint }),
    PinMismatchError,
  );
  assertEquals(error.code, "proxmox.pin_mismatch");
  assertEquals([error.expected, error.got], [other.fingerprint, server.tls.fingerprint]);
  assertEquals([error.sent, error.retry], ["no", "never"]);
  assertStringIncludes(error.message, other.fingerprint);
  assertStringIncludes(error.hint ?? "", "pvenode cert info");
  assertEquals(server.requests, []);
});

Deno.test("who shows the pinned certificate without its key gets no byte", async () => {
  const { certificate, key, fingerprint } = await tlsMaterial("ca");
  const shown = new X509Certificate(certificate).raw;
  const wrongKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

  // That the impostor speaks TLS well enough: with the right key it is believed.
  const owner = await startImpostor(shown, createPrivateKey(key));
  await assertRejects(
    () =>
      version({ port: owner.port, tls: { key, certificate, ca: "", fingerprint } }, {
        kind: "fingerprint",
        sha256: fingerprint,
      }),
    TransportError,
  );
  assertStringIncludes(owner.received.join(""), "GET /api2/json/version");
  await owner.close();

  const impostor = await startImpostor(shown, wrongKey);
  const error = await assertRejects(
    () =>
      version({ port: impostor.port, tls: { key, certificate, ca: "", fingerprint } }, {
        kind: "fingerprint",
        sha256: fingerprint,
      }),
    TransportError,
  );
  assertEquals([error.code, error.sent], ["proxmox.untrusted", "no"]);
  assertStringIncludes(error.message, "without having its key");
  assertEquals(impostor.received, []);
  assert(impostor.handshakes > 0);
  await impostor.close();
});

Deno.test("a server cannot talk the client down to an older TLS", async () => {
  await using server = await startServer(answerVersion, { maxVersion: "TLSv1.2" });
  for (
    const trust of [
      { kind: "fingerprint", sha256: server.tls.fingerprint },
      { kind: "ca", pem: server.tls.ca },
      { kind: "insecure" },
    ] as const
  ) {
    const error = await assertRejects(() => version(server, trust), TransportError);
    assertEquals([error.code, error.sent], ["proxmox.untrusted", "no"]);
    assertStringIncludes(error.message, "no TLS 1.3");
    assertStringIncludes(error.hint ?? "", "DISABLE_TLS_1_3");
  }
  assertEquals(server.requests, []);
});

Deno.test("a leaf of the configured CA is trusted, by address and by name", async () => {
  await using server = await startServer(answerVersion);
  for (const host of ["127.0.0.1", "localhost"]) {
    assertEquals(await version(server, { kind: "ca", pem: server.tls.ca }, host), "9.2.11");
  }
});

for (
  const [certificate, what] of [
    ["expired", "has expired"],
    ["foreign-ca", "not signed by the configured CA"],
    ["wrong-name", "for another host"],
  ] as const
) {
  Deno.test(`with a CA configured, a certificate that is ${certificate} gets no byte`, async () => {
    await using server = await startServer(answerVersion, { certificate });
    const error = await assertRejects(
      () => version(server, { kind: "ca", pem: server.tls.ca }),
      TransportError,
    );
    assertEquals([error.code, error.sent, error.retry], ["proxmox.untrusted", "no", "never"]);
    assertStringIncludes(error.message, what);
    assert(error.hint !== undefined);
    assertEquals(server.requests, []);
  });
}

Deno.test("with a CA configured, a self-signed certificate gets no byte", async () => {
  await using server = await startServer(answerVersion, { certificate: "self-signed" });
  const { ca } = await tlsMaterial("ca");
  const error = await assertRejects(() => version(server, { kind: "ca", pem: ca }), TransportError);
  assertEquals([error.code, error.sent], ["proxmox.untrusted", "no"]);
  assertEquals(server.requests, []);
});

Deno.test("trusting whoever answers works towards this machine only", async () => {
  await using server = await startServer(answerVersion, { certificate: "expired" });
  assertEquals(await version(server, { kind: "insecure" }), "9.2.11");
  for (const host of ["192.0.2.1", "pve.example.invalid", "127.0.0.1.example.invalid", "::2", ""]) {
    const error = assertThrows(
      () => connectTo(server, { trust: { kind: "insecure" }, address: { host, port: 8006 } }),
      FelhomError,
    );
    assertEquals(error.code, "config.invalid");
  }
});

Deno.test("a trust that cannot be meant is refused before anything is connected", async () => {
  await using server = await startServer(answerVersion);
  const trusts: readonly Trust[] = [
    { kind: "fingerprint", sha256: "" },
    { kind: "fingerprint", sha256: server.tls.fingerprint.toLowerCase() },
    { kind: "fingerprint", sha256: server.tls.fingerprint.slice(3) },
    { kind: "ca", pem: "" },
    { kind: "ca", pem: server.tls.key },
  ];
  for (const trust of trusts) {
    const error = assertThrows(() => connectTo(server, { trust }), FelhomError);
    assertInstanceOf(error, FelhomError);
    assertEquals(error.code, "config.invalid");
  }
  assertEquals(server.connections, 0);
});
