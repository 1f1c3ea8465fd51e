#!/usr/bin/env bash
# WebCrypto's ML-DSA in Deno answers `false` for a good signature that was made with a context.
#
# Versions:  deno 2.9.6, @noble/post-quantum 0.7.1
# Guess:     `crypto.subtle.verify` with a `context` either honours it (FIPS 204 has one of up to 255
#            bytes) or throws NotSupportedError, as `crypto.subtle.sign` does for the same parameters.
# Behaviour: verify takes the `context`, throws nothing and answers false. The same key and message
#            without a context verify, and a second implementation verifies both signatures.
# Matters:   SSH's composite type of ML-DSA-44 and Ed25519 signs with a context. A verifier on
#            WebCrypto refuses every genuine signature of it, and no error says that it never could.
# Output seen:
#   without a context: webcrypto true, noble true
#   with a context: webcrypto false, noble true
#   signing with a context: NotSupportedError
#
# Exits 0 while that is so, and 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund deno@2.9.6 @noble/post-quantum@0.7.1

cat >probe.mjs <<'EOF'
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

const keys = ml_dsa44.keygen(new Uint8Array(32).fill(7));
const message = new TextEncoder().encode("a message");
const context = new TextEncoder().encode("a context");
const name = "ML-DSA-44";
const key = await crypto.subtle.importKey("raw-public", keys.publicKey, { name }, false, ["verify"]);

for (const [words, options] of [["without", {}], ["with", { context }]]) {
  const signature = ml_dsa44.sign(message, keys.secretKey, options);
  const theirs = await crypto.subtle.verify({ name, ...options }, key, signature, message);
  const other = ml_dsa44.verify(signature, message, keys.publicKey, options);
  console.log(`${words} a context: webcrypto ${theirs}, noble ${other}`);
}
const pair = await crypto.subtle.generateKey({ name }, false, ["sign", "verify"]);
const signed = await crypto.subtle.sign({ name, context }, pair.privateKey, message)
  .then(() => "done", (error) => error.name);
console.log(`signing with a context: ${signed}`);
EOF

seen=$(npx deno run --quiet --no-lock probe.mjs)
expected='without a context: webcrypto true, noble true
with a context: webcrypto false, noble true
signing with a context: NotSupportedError'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "This has changed" >&2; exit 1; }
