/**
 * Git's delta: a target described as pieces of a base and new bytes.
 *
 * @module
 */
import { invalid } from "./failure.ts";
import { type Span, viewOf } from "./span.ts";

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
export function parseDeltaHead({ bytes, at, end }: Span): DeltaHead {
  const base = sizeAt(bytes, at, end);
  const target = sizeAt(bytes, base.end, end);
  return { baseBytes: base.value, targetBytes: target.value, at: target.end };
}

function sizeAt(bytes: Uint8Array, start: number, end: number): { value: number; end: number } {
  let value = 0;
  let factor = 1;
  const most = Math.min(end, start + 7);
  for (let at = start; at < most; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw invalid("A delta in the pack has no size");
}

/** A call copies more bytes than this sooner than a loop does. */
const MOST_BY_LOOP = 64;

/**
 * Builds the target of a delta, which has to fill `target`. git pack-format: "Deltified representation".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { spanOf } from "./span.ts";
 * const base = new Uint8Array([1, 2, 3]);
 * // base 3 bytes, target 3 bytes; copy 2 from offset 1; add one byte 9
 * const delta = new Uint8Array([3, 3, 0x91, 1, 2, 1, 9]);
 * const target = new Uint8Array(3);
 * applyDelta(spanOf(base), spanOf(delta), spanOf(target));
 * assert.deepEqual(target, new Uint8Array([2, 3, 9]));
 * ```
 */
export function applyDelta(base: Span, delta: Span, target: Span): void {
  const head = parseDeltaHead(delta);
  const baseBytes = base.end - base.at;
  if (head.baseBytes !== baseBytes) throw invalid("A delta in the pack does not fit its base");
  if (head.targetBytes !== target.end - target.at) throw overrun();
  const { bytes, end } = delta;
  let next = target.at;
  for (let at = head.at; at < end;) {
    const op = bytes[at++] ?? 0;
    if (op === 0) throw invalid("A delta in the pack has a reserved instruction");
    if (op < 0x80) {
      if (at + op > end || next + op > target.end) throw overrun();
      copy({ bytes, at, end: at + op }, target.bytes, next);
      next += op;
      at += op;
      continue;
    }
    let offset = 0;
    let size = 0;
    // Each of the seven low bits says that one byte of offset or size follows.
    if (op & 0x01) offset = bytes[at++] ?? 0;
    if (op & 0x02) offset += (bytes[at++] ?? 0) * 0x100;
    if (op & 0x04) offset += (bytes[at++] ?? 0) * 0x10000;
    if (op & 0x08) offset += (bytes[at++] ?? 0) * 0x1000000;
    if (op & 0x10) size = bytes[at++] ?? 0;
    if (op & 0x20) size += (bytes[at++] ?? 0) * 0x100;
    if (op & 0x40) size += (bytes[at++] ?? 0) * 0x10000;
    if (size === 0) size = 0x10000;
    if (at > end || offset + size > baseBytes || next + size > target.end) throw overrun();
    const from = base.at + offset;
    copy({ bytes: base.bytes, at: from, end: from + size }, target.bytes, next);
    next += size;
  }
  if (next !== target.end) throw invalid("A delta in the pack is too short");
}

function copy(from: Span, to: Uint8Array, next: number): void {
  if (from.end - from.at > MOST_BY_LOOP) {
    to.set(viewOf(from), next);
    return;
  }
  const { bytes, at, end } = from;
  const shift = next - at;
  for (let place = at; place < end; place++) to[place + shift] = bytes[place] ?? 0;
}

function overrun(): Error {
  return invalid("A delta in the pack reaches past its end");
}
