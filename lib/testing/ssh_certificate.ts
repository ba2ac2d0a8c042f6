/**
 * Certificates of servers' keys and who signs them, without ssh-keygen (OpenSSH's PROTOCOL.certkeys).
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";
import { SshReader, sshString } from "../ssh/mod.ts";

/** A key of ed25519 that signs as SSH does. */
export interface SshTestKey {
  /** Its public half, as it stands on the wire. */
  readonly blob: Uint8Array<ArrayBuffer>;
  /** `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /** An encoded signature. */
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a certificate says; fine for `git.example` as it stands. */
export interface TestCertificate {
  /** 2 for hosts. */
  readonly role?: number;
  /** Whom it speaks of. */
  readonly principals?: readonly string[];
  /** Seconds since 1970 UTC. */
  readonly validity?: readonly [after: bigint, before: bigint];
  /** Names of what must be understood. */
  readonly criticalOptions?: readonly string[];
  /** Names of what need not be. */
  readonly extensions?: readonly string[];
  /** Signs what is not what it says. */
  readonly isTampered?: boolean;
}

const TYPE = "ssh-ed25519";
const FOREVER = 2n ** 64n - 1n;

/** Makes a key. */
export async function makeSshTestKey(): Promise<SshTestKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new TypeError("Ed25519 keys are pairs");
  const { privateKey, publicKey } = pair;
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const blob = joinBytes(sshString(TYPE), sshString(point));
  return {
    blob,
    publicKey: `${TYPE} ${blob.toBase64()}`,
    async sign(data) {
      const bytes = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, data));
      return joinBytes(sshString(TYPE), sshString(bytes));
    },
  };
}

/** A certificate of a key of any type, signed by `authority`. */
export async function certify(
  authority: SshTestKey,
  { blob }: { readonly blob: Uint8Array<ArrayBuffer> },
  certificate: TestCertificate = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { role = 2, principals = ["git.example"], validity = [0n, FOREVER] } = certificate;
  const type = new SshReader(blob).name();
  const { criticalOptions = [], extensions = [], isTampered = false } = certificate;
  const options = (names: readonly string[]) =>
    sshString(joinBytes(...names.flatMap((name) => [sshString(name), sshString("")])));
  const signed = joinBytes(
    sshString(`${type}-cert-v01@openssh.com`),
    sshString("nonce"),
    blob.subarray(sshString(type).length),
    numberField(7n, 8),
    numberField(BigInt(role), 4),
    sshString("id"),
    sshString(joinBytes(...principals.map(sshString))),
    ...validity.map((second) => numberField(second, 8)),
    options(criticalOptions),
    options(extensions),
    sshString(""),
    sshString(authority.blob),
  );
  const signature = await authority.sign(isTampered ? joinBytes(signed, "x") : signed);
  return joinBytes(signed, sshString(signature));
}

function numberField(number: bigint, size: 4 | 8): Uint8Array<ArrayBuffer> {
  const field = new Uint8Array(8);
  new DataView(field.buffer).setBigUint64(0, number);
  return field.slice(8 - size);
}
