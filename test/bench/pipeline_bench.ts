import { createHash, createPublicKey, verify } from "node:crypto";
import { type Submission, verifyOperation } from "../../src/authz/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import { bytes, DESTROY, draft, hostFacts, NOW } from "../authz/support/scene.ts";
import type { Contender, Suite } from "./frame.ts";

/** Operations verified in one round. Short rounds, and many: the machine has other work, too. */
const COUNT = 10;

/**
 * What the whole pipeline of a signed operation costs, without the database: against the runtime's
 * own verification of the same signature, which is the least it can cost, and against one
 * `ssh-keygen -Y verify`, which is what it would cost to ask OpenSSH. ed25519, as most operators use.
 */
export async function pipelineSuite(): Promise<Suite> {
  const operators = await openOperators();
  const anna = await operators.person("anna");
  const text = draft();
  const submission: Submission = { document: bytes(text), signatures: [await anna.sign(text)] };
  const facts = hostFacts({ operational: anna.line() });
  const pipeline = () => verifyOperation(submission, facts, DESTROY);
  const bare = bareVerify(submission, anna.line());
  const opensshVerify = await openssh(text, submission, anna.line());
  if (!bare()) throw new Error("Cannot compare: the bare verification does not hold");
  return {
    comparisons: [
      {
        title: `Verify a signed operation, ${COUNT} in sequence`,
        rounds: 751,
        warmUp: 300,
        baseline: repeated("node:crypto, bare verify", bare),
        contenders: [{ ...repeated("ours, whole pipeline", pipeline), limit: 2 }],
      },
      {
        title: "Verify a signed operation, one",
        baseline: { name: "ssh-keygen -Y verify", run: opensshVerify.run },
        contenders: [{
          name: "ours, whole pipeline",
          limit: 0.033,
          run() {
            const start = performance.now();
            for (let done = 0; done < COUNT; done++) pipeline();
            return Promise.resolve((performance.now() - start) / COUNT);
          },
        }],
      },
    ],
    async close() {
      await opensshVerify.close();
      await operators.close();
    },
  };
}

function repeated(name: string, work: () => unknown): Contender {
  return {
    name,
    run() {
      for (let done = 0; done < COUNT; done++) work();
      return Promise.resolve();
    },
  };
}

/** The one call of the runtime that nobody can do without: key and signed bytes made before. */
function bareVerify({ document, signatures }: Submission, line: string): () => boolean {
  const blob = Uint8Array.fromBase64(
    (signatures[0] ?? "").trimEnd().split("\n").slice(1, -1).join(""),
  );
  const signature = blob.slice(-64);
  const key = createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: ed25519Point(line) },
  });
  const signed = signedBytes(document);
  return () => verify(null, signed, key, signature);
}

function ed25519Point(line: string): string {
  const blob = Uint8Array.fromBase64(line.trimEnd().split(" ").at(-1) ?? "");
  return blob.slice(-32).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** What ssh-keygen signs: the document's hash behind a frame (PROTOCOL.sshsig). */
function signedBytes(document: Uint8Array): Uint8Array {
  const hash = createHash("sha512").update(document).digest();
  const part = (content: Uint8Array | string) => {
    const inside = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, inside.length);
    return [...length, ...inside];
  };
  return Uint8Array.from([
    ...new TextEncoder().encode("SSHSIG"),
    ...part("felhom-op-v1"),
    ...part(""),
    ...part("sha512"),
    ...part(hash),
  ]);
}

async function openssh(text: string, { signatures }: Submission, line: string) {
  const folder = await Deno.makeTempDir({ prefix: "felhom-bench-" });
  await Deno.writeTextFile(`${folder}/signers`, line);
  await Deno.writeTextFile(`${folder}/op.json.sig`, signatures[0] ?? "");
  await Deno.writeTextFile(`${folder}/op.json`, text);
  // A shell opens the document: to pipe it in would be counted, too.
  const script = `exec ssh-keygen -Y verify -f signers -I anna -n felhom-op-v1 -s op.json.sig ` +
    `-Overify-time=${new Date(NOW).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z < op.json`;
  return {
    async run() {
      const { success, stderr } = await new Deno.Command("sh", {
        args: ["-c", script],
        cwd: folder,
        stdout: "null",
        stderr: "piped",
      }).output();
      if (!success) throw new Error(`ssh-keygen: ${new TextDecoder().decode(stderr)}`);
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
}
