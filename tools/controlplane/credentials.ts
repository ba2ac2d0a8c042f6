/**
 * Keys, tokens and kubeconfig files of one control plane. Everything is made anew for each start and
 * lives in its data folder.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";

/** Who talks to the API server with a token of its own, so that audit logs tell them apart. */
export const IDENTITIES = ["admin", "kube-controller-manager", "kube-scheduler", "kwok"] as const;

/** One of {@linkcode IDENTITIES}. */
export type Identity = typeof IDENTITIES[number];

/** Makes a token for each identity. */
export function makeTokens(): Record<Identity, string> {
  const token = () => randomBytes(24).toString("hex");
  return {
    admin: token(),
    "kube-controller-manager": token(),
    "kube-scheduler": token(),
    kwok: token(),
  };
}

/** The API server's static token file: token, user, uid, groups. */
export function tokenFile(tokens: Readonly<Record<Identity, string>>): string {
  return IDENTITIES
    .map((name) => `${tokens[name]},${name},${name},"system:masters"\n`)
    .join("");
}

/** The key pair that signs service account tokens, as PEM. */
export function makeServiceAccountKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

/** The issuer in a chain of PEM certificates: the last. */
export function issuerOf(chain: string): string | undefined {
  const certificates = chain.match(
    /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g,
  );
  return certificates?.at(-1)?.concat("\n");
}

/** A kubeconfig for one identity. */
export function kubeconfig(server: string, ca: string, token: string): string {
  return `apiVersion: v1
kind: Config
current-context: sluice
contexts:
- name: sluice
  context:
    cluster: sluice
    user: sluice
clusters:
- name: sluice
  cluster:
    server: ${server}
    certificate-authority-data: ${btoa(ca)}
users:
- name: sluice
  user:
    token: ${token}
`;
}
