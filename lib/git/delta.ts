/**
 * Git's delta: a target described as pieces of a base and new bytes.
 *
 * @module
 */
import { invalid } from "./failure.ts";

/** Sizes at the head of a delta. */
export interface DeltaHead {
  /** Bytes of the base it was made for. */
  readonly baseBytes: number;
  /** Bytes of the target. */
  readonly targetBytes: number;
  /** Where the instructions begin. */
  readonly at: number;
}

/** Reads the sizes, so that the target's can be judged before memory is taken. */
export function parseDeltaHead(delta: Uint8Array): DeltaHead {
  const base = sizeAt(delta, 0);
  const target = sizeAt(delta, base.end);
  return { baseBytes: base.value, targetBytes: target.value, at: target.end };
}

function sizeAt(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  let factor = 1;
  for (let at = start; at < start + 7; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw invalid("A delta in the pack has no size");
}

/**
 * Builds the target of a delta. git pack-format: "Deltified representation".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const base = new Uint8Array([1, 2, 3]);
 * // base 3 bytes, target 3 bytes; copy 2 from offset 1; add one byte 9
 * const delta = new Uint8Array([3, 3, 0x91, 1, 2, 1, 9]);
 * assert.deepEqual(applyDelta(base, delta), new Uint8Array([2, 3, 9]));
 * ```
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const head = parseDeltaHead(delta);
  if (head.baseBytes !== base.length) throw invalid("A delta in the pack does not fit its base");
  const target = new Uint8Array(head.targetBytes);
  let written = 0;
  for (let at = head.at; at < delta.length;) {
    const op = delta[at++] ?? 0;
    if (op === 0) throw invalid("A delta in the pack has a reserved instruction");
    if (op < 0x80) {
      const end = at + op;
      if (end > delta.length || written + op > target.length) throw overrun();
      target.set(delta.subarray(at, end), written);
      written += op;
      at = end;
      continue;
    }
    let offset = 0;
    let size = 0;
    // Each of the seven low bits says that one byte of offset or size follows.
    if (op & 0x01) offset = delta[at++] ?? 0;
    if (op & 0x02) offset += (delta[at++] ?? 0) * 0x100;
    if (op & 0x04) offset += (delta[at++] ?? 0) * 0x10000;
    if (op & 0x08) offset += (delta[at++] ?? 0) * 0x1000000;
    if (op & 0x10) size = delta[at++] ?? 0;
    if (op & 0x20) size += (delta[at++] ?? 0) * 0x100;
    if (op & 0x40) size += (delta[at++] ?? 0) * 0x10000;
    if (size === 0) size = 0x10000;
    if (at > delta.length || offset + size > base.length || written + size > target.length) {
      throw overrun();
    }
    target.set(base.subarray(offset, offset + size), written);
    written += size;
  }
  if (written !== target.length) throw invalid("A delta in the pack is too short");
  return target;
}

function overrun(): Error {
  return invalid("A delta in the pack reaches past its end");
}
