/** Key types that may sign, by their names in keys and signers files. */
export const KEY_TYPES = [
  "ssh-ed25519",
  "sk-ssh-ed25519@openssh.com",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ecdsa-sha2-nistp256@openssh.com",
  "ssh-rsa",
  "ssh-mldsa44-ed25519@openssh.com",
] as const;

/** A key type that may sign. `sk-` stands for a FIDO2 token, `mldsa44` for a
 * half that holds against quantum computers (OpenSSH 10.5). */
export type KeyType = (typeof KEY_TYPES)[number];

/** Whether a key of this type may sign. */
export function isKeyType(name: string): name is KeyType {
  return KEY_TYPES.some((type) => type === name);
}
