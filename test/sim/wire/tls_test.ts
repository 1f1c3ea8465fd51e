import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { scaledClock } from "../scaled_clock.ts";
import { CERTIFICATE_KINDS, type CertificateKind, makeTlsMaterial, Wire } from "./mod.ts";
import { StubApi, stubCall } from "./stub_api.ts";

interface ToolResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function tool(name: string, args: readonly string[], input = ""): Promise<ToolResult> {
  const child = new Deno.Command(name, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A tool that ends early closes its input; that is its business.
  await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout), errors: text.decode(stderr) };
}

/** A server with a certificate, and its CA as a file. */
async function server(kind: CertificateKind, keyType: "rsa" | "ec" = "ec") {
  const tls = await makeTlsMaterial({ kind, keyType });
  const wire = await Wire.start({
    api: new StubApi(() => stubCall({ version: "9.2.11" })),
    clock: scaledClock(1),
    tls,
  });
  const caFile = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(caFile, tls.ca);
  return {
    tls,
    wire,
    caFile,
    async [Symbol.asyncDispose]() {
      await wire.stop();
      await Deno.remove(caFile);
    },
  };
}

function connectArgs(port: number): string[] {
  return ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "pve"];
}

Deno.test("openssl verifies the node's certificate up to the CA, by address and by name", async () => {
  for (const keyType of ["rsa", "ec"] as const) {
    await using one = await server("ca", keyType);
    for (const check of [["-verify_ip", "127.0.0.1"], ["-verify_hostname", "pve"]]) {
      const args = [...connectArgs(one.wire.port), "-CAfile", one.caFile, "-verify_return_error"];
      const { output, errors } = await tool("openssl", [...args, ...check]);
      assertStringIncludes(output, "Verify return code: 0 (ok)", errors);
    }
  }
});

Deno.test("subject, names and ALPN are those of a real node", async () => {
  await using one = await server("ca", "rsa");
  const shown = await tool("openssl", [...connectArgs(one.wire.port), "-alpn", "h2,http/1.1"]);
  assertStringIncludes(shown.output, "No ALPN negotiated");
  assertStringIncludes(shown.output, "TLS_AES_256_GCM_SHA384");
  const { output } = await tool(
    "openssl",
    ["x509", "-noout", "-subject", "-issuer", "-text", "-fingerprint", "-sha256"],
    one.tls.certificate,
  );
  assertStringIncludes(
    output,
    "subject=OU = PVE Cluster Node, O = Proxmox Virtual Environment, CN = pve",
  );
  assertMatch(
    output,
    /issuer=CN = Proxmox Virtual Environment, OU = [0-9a-f-]{36}, O = PVE Cluster Manager CA/,
  );
  assertStringIncludes(
    output,
    "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost, DNS:pve, DNS:pve.",
  );
  assertStringIncludes(output, "Public-Key: (2048 bit)");
  assertStringIncludes(output, `Fingerprint=${one.tls.fingerprint}`);
});

Deno.test("TLS 1.2 is spoken too, older versions are not", async () => {
  await using one = await server("ca");
  const [tls12, tls11] = await Promise.all(
    ["-tls1_2", "-tls1_1"].map((version) =>
      tool("openssl", [...connectArgs(one.wire.port), version])
    ),
  );
  assertStringIncludes(tls12?.output ?? "", "Protocol  : TLSv1.2");
  assertNotEquals(tls11?.code, 0);
});

Deno.test("curl trusts the CA and reads the answer", async () => {
  await using one = await server("ca");
  const { code, output, errors } = await tool("curl", [
    "--silent",
    "--show-error",
    "--include",
    "--cacert",
    one.caFile,
    `https://localhost:${one.wire.port}/api2/json/version`,
  ]);
  assertEquals(code, 0, errors);
  assert(output.startsWith("HTTP/1.1 200 OK\r\nCache-Control: max-age=0\r\n"));
  assert(output.endsWith('{"data":{"version":"9.2.11"}}'));
});

Deno.test("each kind of certificate verifies, or fails for its own reason", async () => {
  const reasons: Record<CertificateKind, RegExp> = {
    "ca": /Verify return code: 0 \(ok\)/,
    "self-signed": /Verify return code: 0 \(ok\)/,
    "expired": /certificate has expired/,
    "foreign-ca": /unable to (get local issuer certificate|verify the first certificate)/,
    "wrong-name": /IP address mismatch/,
  };
  for (const kind of CERTIFICATE_KINDS) {
    await using one = await server(kind);
    const { output } = await tool("openssl", [
      ...connectArgs(one.wire.port),
      ...["-CAfile", one.caFile, "-verify_ip", "127.0.0.1"],
    ]);
    assertMatch(output, reasons[kind], kind);
  }
});

Deno.test("two servers never share a key, a serial number or a fingerprint", async () => {
  const [first, second] = await Promise.all([makeTlsMaterial(), makeTlsMaterial()]);
  assertNotEquals(first.key, second.key);
  assertNotEquals(first.fingerprint, second.fingerprint);
  assertMatch(first.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

Deno.test("a client that breaks the handshake off is forgotten", async () => {
  await using one = await server("ca");
  const garbage = await Deno.connect({ hostname: "127.0.0.1", port: one.wire.port });
  await garbage.write(Uint8Array.of(0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5));
  await garbage.read(new Uint8Array(100)).catch(() => {});
  garbage.close();
  const { traffic } = one.wire.report();
  assertEquals([traffic.connections, traffic.handshakes], [1, 0]);
});
