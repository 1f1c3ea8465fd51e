import { armor } from "../ssh/support/encode.ts";
import { createTestKey, signMessage } from "../ssh/support/test_key.ts";
import type { Operator } from "./operators.ts";

/** Somebody with a hybrid key, as OpenSSH 10.5 makes it: the ssh-keygen here may not know the type. */
export function hybridOperator(name: string): Operator {
  const key = createTestKey("ssh-mldsa44-ed25519@openssh.com");
  return {
    name,
    line: (options = 'namespaces="felhom-op-v1"') => `${name} ${options} ${key.text}\n`,
    sign(document, options = {}) {
      const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
      return Promise.resolve(armor(signMessage(key, bytes, options)));
    },
  };
}
