/**
 * Git objects and packs made by hand, sound ones and broken ones.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { joinBytes } from "../base/mod.ts";

/** An object of a pack, or a delta against one. */
export interface PackObject {
  /** Number of the type: 1 commit, 2 tree, 3 blob, 4 tag, 6 and 7 deltas. */
  readonly type: number;
  /** The content or the delta. */
  readonly content: Uint8Array;
  /** Of an offset delta: how many objects back its base lies. */
  readonly back?: number;
  /** Of a reference delta: the base's id, hex. */
  readonly base?: string;
  /** Claims another size than the content's. */
  readonly size?: number | bigint;
  /** The compressed bytes, where they are not the content's. */
  readonly deflated?: Uint8Array;
}

/** What a pack claims of itself. */
export interface PackClaims {
  /** Number of objects. */
  readonly count?: number;
  /** Checksum at the end. */
  readonly trailer?: Uint8Array;
  /** Bytes behind everything. */
  readonly extra?: Uint8Array;
}

const encoder = new TextEncoder();

/** Bytes that hardly shrink, the same for the same seed. */
export function noiseOf(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const noise = new Uint8Array(sizeBytes);
  let state = seed;
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    noise[at] = state >>> 16;
  }
  return noise;
}

/** The SHA-1 id of an object. */
export function gitObjectId(type: string, content: Uint8Array): string {
  return createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
}

/** A pack of the objects in their order. */
export function packOf(objects: readonly PackObject[], claims: PackClaims = {}): Uint8Array {
  const head = new DataView(new ArrayBuffer(12));
  head.setUint32(0, 0x5041434b);
  head.setUint32(4, 2);
  head.setUint32(8, claims.count ?? objects.length);
  const parts: Uint8Array[] = [new Uint8Array(head.buffer)];
  const offsets: number[] = [];
  let at = 12;
  for (const [index, object] of objects.entries()) {
    const bytes = packObject(object, at - (offsets[index - (object.back ?? 0)] ?? at));
    offsets.push(at);
    parts.push(bytes);
    at += bytes.length;
  }
  const body = joinBytes(...parts);
  const trailer = claims.trailer ?? createHash("sha1").update(body).digest();
  return joinBytes(body, trailer, claims.extra ?? new Uint8Array());
}

function packObject(object: PackObject, distance: number): Uint8Array {
  const { type, content, base } = object;
  const head = sizeBytes(type, BigInt(object.size ?? content.length));
  const offset = type === 6 ? offsetBytes(distance) : new Uint8Array();
  const id = base === undefined ? new Uint8Array() : Uint8Array.fromHex(base);
  return joinBytes(head, offset, id, object.deflated ?? deflateSync(content));
}

function sizeBytes(type: number, size: bigint): Uint8Array {
  const bytes = [type << 4 | Number(size & 15n)];
  for (let rest = size >> 4n; rest > 0n; rest >>= 7n) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(Number(rest & 0x7fn));
  }
  return new Uint8Array(bytes);
}

function offsetBytes(distance: number): Uint8Array {
  const bytes = [distance & 0x7f];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest--;
    bytes.unshift(0x80 | rest & 0x7f);
  }
  return new Uint8Array(bytes);
}

/** A delta that copies all of a base and appends bytes. */
export function appendingDelta(base: Uint8Array, tail: Uint8Array): Uint8Array {
  const copy = [0x80 | 0x10 | 0x20, base.length & 0xff, base.length >> 8];
  const sizes = joinBytes(varint(base.length), varint(base.length + tail.length));
  return joinBytes(sizes, new Uint8Array(copy), new Uint8Array([tail.length]), tail);
}

/** A number as deltas write sizes. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 128)) {
    if (bytes.length > 0) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return new Uint8Array(bytes);
}

/** A tree object; lines as given, in their order. */
export function treeObject(
  lines: readonly (readonly [mode: string, name: string | Uint8Array, id: string])[],
): Uint8Array {
  return joinBytes(
    ...lines.map(([mode, name, id]) => joinBytes(`${mode} `, name, "\0", Uint8Array.fromHex(id))),
  );
}

/** A commit object of a tree. */
export function commitObject(tree: string, message = "a commit\n"): Uint8Array {
  const who = "Test Author <author@example.com> 1700000000 +0000";
  return encoder.encode(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n${message}`);
}
