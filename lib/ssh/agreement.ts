/**
 * Secrets that two sides agree on, each by half of a pair of keys: RFC 8731, RFC 5656 §4.
 *
 * @module
 */
import { SshFormatError } from "./wire.ts";

/** How one key exchange agrees. */
interface Method {
  readonly algorithm: { readonly name: string; readonly namedCurve?: string };
  /** Length of the secret, in whole bytes. */
  readonly bits: number;
  /** Hash of the exchange. */
  readonly hash: string;
}

/** Our half. */
export interface Half {
  /** What the other side gets. */
  readonly open: Uint8Array<ArrayBuffer>;
  /** The secret, by the other side's half; throws {@linkcode SshFormatError} when that is none. */
  agree(other: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

const CURVE25519: Method = { algorithm: { name: "X25519" }, bits: 256, hash: "SHA-256" };
const METHODS: ReadonlyMap<string, Method> = new Map([
  ["curve25519-sha256", CURVE25519],
  ["curve25519-sha256@libssh.org", CURVE25519],
  ["ecdh-sha2-nistp256", nistMethod("P-256", 256, "SHA-256")],
  ["ecdh-sha2-nistp384", nistMethod("P-384", 384, "SHA-384")],
  ["ecdh-sha2-nistp521", nistMethod("P-521", 528, "SHA-512")],
]);

function nistMethod(namedCurve: string, bits: number, hash: string): Method {
  return { algorithm: { name: "ECDH", namedCurve }, bits, hash };
}

/** Whether the key exchange `name` agrees in one of these ways. */
export function canAgree(name: string): boolean {
  return METHODS.has(name);
}

/** The hash that goes with the key exchange `name`. */
export async function hashExchange(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(methodOf(name).hash, bytes));
}

/** Makes a pair for the key exchange `name`. */
export async function makeHalf(name: string): Promise<Half> {
  const { algorithm, bits } = methodOf(name);
  const pair = await crypto.subtle.generateKey(algorithm, false, ["deriveBits"]);
  if (!("publicKey" in pair)) throw new TypeError(`${algorithm.name} keys are pairs`);
  return {
    open: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
    async agree(other) {
      try {
        const key = await crypto.subtle.importKey("raw", other, algorithm, false, []);
        const params = { name: algorithm.name, public: key };
        return new Uint8Array(await crypto.subtle.deriveBits(params, pair.privateKey, bits));
      } catch {
        // RFC 8731 §3, RFC 5656 §4: points that are not on the curve, or give nothing, are refused.
        throw new SshFormatError("its half of the secret is none");
      }
    },
  };
}

function methodOf(name: string): Method {
  const method = METHODS.get(name);
  if (method === undefined) throw new RangeError(`no agreement is made by ${name}`);
  return method;
}
