/**
 * Reads a tar header block without trusting a byte of it.
 *
 * @module
 */
import { BLOCK_BYTES } from "./header.ts";

/** Thrown inside the reader; its face turns it into a failure. */
export class InvalidArchive extends Error {
  /** Says what is wrong. */
  constructor(message: string) {
    super(message);
    this.name = "InvalidArchive";
  }
}

/** The fields of a header that matter to us. */
export interface RawHeader {
  /** Path as written, prefix included. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes that follow. */
  readonly sizeBytes: number;
  /** Type flag. */
  readonly type: string;
}

const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/** The header in `block`; nothing when it is all zeros. */
export function parseHeader(block: Uint8Array): RawHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (octalAt(block, CHECKSUM_AT, CHECKSUM_BYTES, "checksum") !== checksumOf(block)) {
    throw new InvalidArchive("A header has a wrong checksum");
  }
  const type = String.fromCharCode(block[156] ?? 0);
  const name = textAt(block, 0, 100);
  // GNU tar keeps times where ustar keeps the prefix.
  const isUstar = textAt(block, 257, 6) === "ustar";
  const prefix = isUstar ? textAt(block, 345, 155) : "";
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    mode: octalAt(block, 100, 8, "mode"),
    sizeBytes: sizeAt(block),
    type,
  };
}

function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const inChecksum = at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_BYTES;
    sum += inChecksum ? 0x20 : block[at] ?? 0;
  }
  return sum;
}

function textAt(block: Uint8Array, at: number, width: number): string {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return decodeText(end === -1 ? field : field.subarray(0, end));
}

/** UTF-8 or a refusal: two names must not become one by replacement characters. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidArchive("A name in the archive is not UTF-8");
  }
}

function octalAt(block: Uint8Array, at: number, width: number, what: string): number {
  const text = new TextDecoder("latin1").decode(block.subarray(at, at + width));
  const digits = text.replace(/[\0 ]+$/, "").replace(/^ +/, "");
  if (!/^[0-7]*$/.test(digits)) throw new InvalidArchive(`A header has a wrong ${what}`);
  return digits === "" ? 0 : parseInt(digits, 8);
}

/** GNU writes sizes of 8 GiB and more in base 256, marked by the top bit. */
function sizeAt(block: Uint8Array): number {
  const first = block[124] ?? 0;
  if (first < 0x80) return octalAt(block, 124, 12, "size");
  let size = first & 0x7f;
  for (let at = 125; at < 136; at++) size = size * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(size)) throw new InvalidArchive("A header has a wrong size");
  return size;
}
