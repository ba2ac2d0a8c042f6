/**
 * Bytes inside of others, for loops that would make too many views of them.
 *
 * @module
 */

/** Bytes from `at` up to `end`. */
export interface Span {
  /** What they lie in. */
  readonly bytes: Uint8Array;
  /** The first one. */
  readonly at: number;
  /** Behind the last one. */
  readonly end: number;
}

/** All of `bytes`. */
export function spanOf(bytes: Uint8Array): Span {
  return { bytes, at: 0, end: bytes.length };
}

/** The bytes themselves, without a copy. */
export function viewOf({ bytes, at, end }: Span): Uint8Array {
  return bytes.subarray(at, end);
}
