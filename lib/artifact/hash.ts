/**
 * Digests of artifacts, by each of the algorithms that a source may choose (contract/common.md §11).
 *
 * @module
 */
import { createHash } from "node:crypto";

/** All algorithms, the usual one first. SHA-1 is for whoever has it already: it can be forged. */
export const DIGEST_ALGORITHMS = ["sha256", "sha384", "sha512", "blake3", "sha1"] as const;

/** How a digest is made. */
export type DigestAlgorithm = typeof DIGEST_ALGORITHMS[number];

/** Takes bytes, and gives their digest once. */
export interface Hash {
  /** The next bytes. */
  update(bytes: Uint8Array): void;
  /** `algorithm:hex` of all of them. */
  digest(): string;
}

const DIGEST = /^([a-z0-9]{1,10}):[0-9a-f]+$/;

/**
 * The algorithm of a digest; nothing when it is of an unknown kind.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(algorithmOf("sha384:00ff"), "sha384");
 * assert.equal(algorithmOf("md5:00ff"), undefined);
 * ```
 */
export function algorithmOf(digest: string): DigestAlgorithm | undefined {
  const [, named] = DIGEST.exec(digest) ?? [];
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm === named);
}

/**
 * Begins a digest.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const hash = await openHash("blake3");
 * hash.update(new TextEncoder().encode("abc"));
 * assert.match(hash.digest(), /^blake3:6437b3ac38465133/);
 * ```
 */
export async function openHash(algorithm: DigestAlgorithm): Promise<Hash> {
  if (algorithm !== "blake3") {
    const hash = createHash(algorithm);
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => `${algorithm}:${hash.digest("hex")}`,
    };
  }
  // Loaded where it is wanted, which is hardly anywhere.
  const { blake3 } = await import("@noble/hashes/blake3.js");
  const hash = blake3.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => `${algorithm}:${hash.digest().toHex()}`,
  };
}
