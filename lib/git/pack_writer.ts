/**
 * Writes packs: each object whole and compressed, none as a delta.
 *
 * @module
 */
import { deflateSync } from "node:zlib";
import { joinBytes } from "../base/mod.ts";
import type { NewObject } from "./new_commit.ts";
import { type ObjectFormat, type ObjectType, startDigest } from "./object_format.ts";

/** gitformat-pack. */
const VERSION = 2;
const TYPES: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/**
 * A pack of `objects`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SHA1 } from "./object_format.ts";
 * const pack = writePack(SHA1, [{ type: "blob", content: new Uint8Array() }]);
 * assert.equal(new TextDecoder().decode(pack.subarray(0, 4)), "PACK");
 * ```
 */
export function writePack(format: ObjectFormat, objects: readonly NewObject[]): Uint8Array {
  const head = new Uint8Array(12);
  head.set(new TextEncoder().encode("PACK"));
  const view = new DataView(head.buffer);
  view.setUint32(4, VERSION);
  view.setUint32(8, objects.length);
  const entries = objects.flatMap(({ type, content }) => [
    entryHeader(TYPES[type], content.length),
    new Uint8Array(deflateSync(content)),
  ]);
  const body = joinBytes(head, ...entries);
  return joinBytes(body, new Uint8Array(startDigest(format).update(body).digest()));
}

/** The type and the lowest four bits of the size, then seven bits a byte. */
function entryHeader(type: number, size: number): Uint8Array {
  const bytes: number[] = [];
  let byte = (type << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80);
    byte = rest % 128;
  }
  return new Uint8Array([...bytes, byte]);
}
