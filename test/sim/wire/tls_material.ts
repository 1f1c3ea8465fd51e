import {
  certificateFingerprint,
  certificatePem,
  type DistinguishedName,
  type KeyPair,
  type KeyType,
  makeCertificate,
  makeKeyPair,
} from "./certificate.ts";

/**
 * Which certificate the server shows.
 * - `ca`: a leaf as a real node's, signed by the CA of {@linkcode TlsMaterial.ca}
 * - `self-signed`: a leaf that nobody signed but itself
 * - `expired`: a leaf of that CA whose time is over
 * - `foreign-ca`: a good leaf of another CA than {@linkcode TlsMaterial.ca}
 * - `wrong-name`: a good leaf for another host
 */
export type CertificateKind = "ca" | "self-signed" | "expired" | "foreign-ca" | "wrong-name";

export const CERTIFICATE_KINDS = [
  "ca",
  "self-signed",
  "expired",
  "foreign-ca",
  "wrong-name",
] as const satisfies readonly CertificateKind[];

/** What a server needs to speak TLS, and a client to trust it. All PEM, nothing of it on disk. */
export interface TlsMaterial {
  readonly key: string;
  readonly certificate: string;
  /** The certificate to trust: `pve-root-ca.pem`, or the self-signed certificate itself. */
  readonly ca: string;
  /** SHA-256 of the leaf, upper-case hex pairs with colons. */
  readonly fingerprint: string;
}

export interface TlsMaterialOptions {
  /** @default "ca" */
  readonly kind?: CertificateKind;
  /** @default "ec" */
  readonly keyType?: KeyType;
  /** @default "pve" */
  readonly node?: string;
  /** Epoch milliseconds of the real clock. @default Date.now() */
  readonly now?: number;
}

const DAY = 86_400_000;
const FOREIGN_CA: DistinguishedName = [
  ["CN", "Somebody Else"],
  ["O", "Foreign CA"],
];

/** Makes keys and certificates, named as on a real node (`http-alpn` of the captures). */
export async function makeTlsMaterial(options: TlsMaterialOptions = {}): Promise<TlsMaterial> {
  const { kind = "ca", keyType = "ec", node = "pve", now = Date.now() } = options;
  const [trusted, leaf] = await Promise.all([makeKeyPair(keyType), makeKeyPair(keyType)]);
  const subject: DistinguishedName = [
    ["OU", "PVE Cluster Node"],
    ["O", "Proxmox Virtual Environment"],
    ["CN", node],
  ];
  const nodeCa: DistinguishedName = [
    ["CN", "Proxmox Virtual Environment"],
    ["OU", crypto.randomUUID()],
    ["O", "PVE Cluster Manager CA"],
  ];
  const names = kind === "wrong-name"
    ? ["elsewhere.example.invalid"]
    : ["127.0.0.1", "::1", "localhost", node, `${node}.example.invalid`];
  const expired = kind === "expired";
  const issue = (issuer: DistinguishedName, issuerKey: KeyPair) =>
    makeCertificate({
      subject,
      publicKey: leaf.publicKey,
      issuer,
      issuerKey,
      notBefore: now - (expired ? 730 * DAY : DAY),
      notAfter: now + (expired ? -DAY : 730 * DAY),
      ca: false,
      names,
    });

  const certificate = kind === "self-signed"
    ? issue(subject, leaf)
    : kind === "foreign-ca"
    ? issue(FOREIGN_CA, await makeKeyPair(keyType))
    : issue(nodeCa, trusted);
  const ca = kind === "self-signed" ? certificate : makeCertificate({
    subject: nodeCa,
    publicKey: trusted.publicKey,
    issuer: nodeCa,
    issuerKey: trusted,
    notBefore: now - 731 * DAY,
    notAfter: now + 3650 * DAY,
    ca: true,
  });
  return {
    key: leaf.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: certificatePem(certificate),
    ca: certificatePem(ca),
    fingerprint: certificateFingerprint(certificate),
  };
}
