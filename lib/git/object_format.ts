/**
 * How a repository names its objects: SHA-1 or SHA-256.
 *
 * @module
 */
import { createHash, type Hash, hash } from "node:crypto";
import type { Span } from "./span.ts";

/** What git calls `object-format`. */
export interface ObjectFormat {
  /** As in the protocol and in revisions. */
  readonly name: "sha1" | "sha256";
  /** Bytes of an id. */
  readonly idBytes: number;
}

/** Every server knows this one. */
export const SHA1: ObjectFormat = { name: "sha1", idBytes: 20 };
/** Repositories made with `--object-format=sha256`. */
export const SHA256: ObjectFormat = { name: "sha256", idBytes: 32 };

/** The kinds of object. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** A running digest of the format. */
export function startDigest(format: ObjectFormat): Hash {
  return createHash(format.name);
}

/**
 * The id of an object: the digest of its type, length and content.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const id = objectId(SHA1, "blob", new Uint8Array());
 * assert.equal(id, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
 * ```
 */
export function objectId(format: ObjectFormat, type: ObjectType, content: Uint8Array): string {
  return startDigest(format).update(`${type} ${content.length}\0`).update(content).digest("hex");
}

/** Room that {@linkcode objectIdInPlace} needs in front of a content. */
export const HEAD_BYTES = 32;

/** As {@linkcode objectId}, of a content with room in front of it: what is digested is put together there. */
export function objectIdInPlace(
  format: ObjectFormat,
  type: ObjectType,
  { bytes, at, end }: Span,
): string {
  const head = `${type} ${end - at}\0`;
  const start = at - head.length;
  for (let index = 0; index < head.length; index++) bytes[start + index] = head.charCodeAt(index);
  return hash(format.name, bytes.subarray(start, end), "hex");
}

/** Whether `text` is an id of the format, in lower-case hex. */
export function isObjectId(format: ObjectFormat, text: string): boolean {
  return text.length === 2 * format.idBytes && /^[0-9a-f]+$/.test(text);
}
