/**
 * How a repository names its objects: SHA-1 or SHA-256.
 *
 * @module
 */
import { createHash, type Hash, hash } from "node:crypto";
import { type Digested, digestSha1 } from "../sha1/mod.ts";
import { invalid } from "./failure.ts";

/** What git calls `object-format`. */
export interface ObjectFormat {
  /** As in the protocol and in revisions. */
  readonly name: "sha1" | "sha256";
  /** Bytes of an id. */
  readonly idBytes: number;
  /** The digest of what begins with `head`, and whether somebody has made it to collide. */
  digest(head: string, content: Uint8Array): Digested;
}

/** Every server knows this one. */
export const SHA1: ObjectFormat = { name: "sha1", idBytes: 20, digest: digestSha1 };
/** Repositories made with `--object-format=sha256`. */
export const SHA256: ObjectFormat = { name: "sha256", idBytes: 32, digest: digestSha256 };

/** The kinds of object. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** A running digest of the format. */
export function startDigest(format: ObjectFormat): Hash {
  return createHash(format.name);
}

/**
 * The id of an object: the digest of its type, length and content. What is made to collide has none: it throws.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const id = objectId(SHA1, "blob", new Uint8Array());
 * assert.equal(id, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
 * ```
 */
export function objectId(format: ObjectFormat, type: ObjectType, content: Uint8Array): string {
  const { hex, isAttack } = format.digest(`${type} ${content.length}\0`, content);
  // Such an object has a twin with the same id, and may have been shown to whoever reviewed it in its place.
  if (isAttack) throw invalid(`The ${type} ${hex} shows the signs of a SHA-1 collision attack`);
  return hex;
}

/** Digests of one piece are the quicker ones; larger contents are not worth the copy. */
const piece = new Uint8Array(4 << 10);

function digestSha256(head: string, content: Uint8Array): Digested {
  const length = head.length + content.length;
  if (length > piece.length) {
    return {
      hex: createHash("sha256").update(head).update(content).digest("hex"),
      isAttack: false,
    };
  }
  for (let index = 0; index < head.length; index++) piece[index] = head.charCodeAt(index);
  piece.set(content, head.length);
  return { hex: hash("sha256", piece.subarray(0, length), "hex"), isAttack: false };
}

/** Whether `text` is an id of the format, in lower-case hex. */
export function isObjectId(format: ObjectFormat, text: string): boolean {
  return text.length === 2 * format.idBytes && /^[0-9a-f]+$/.test(text);
}
