/**
 * The 512-byte header of POSIX ustar, and the pax record for what does not fit into it.
 *
 * @module
 */

/** Everything in an archive comes in blocks of this size. */
export const BLOCK_BYTES = 512;

/** What an entry is: regular file, folder, pax record for the next entry. */
export type EntryType = "0" | "5" | "x";

/** What a header says; owner, group and time are nobody's and none. */
export interface HeaderFields {
  /** Full path. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes that follow. */
  readonly sizeBytes: number;
  /** What it is. */
  readonly type: EntryType;
}

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const LARGEST_OCTAL = 0o77777777777;

/**
 * The header blocks of one entry: a pax record first where ustar cannot hold the path.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(header({ path: "a", mode: 0o600, sizeBytes: 0, type: "0" }).length, 512);
 * assert.equal(header({ path: "ä", mode: 0o600, sizeBytes: 0, type: "0" }).length, 3 * 512);
 * ```
 */
export function header(fields: HeaderFields): Uint8Array {
  if (fields.sizeBytes > LARGEST_OCTAL) {
    throw new RangeError(`${fields.path} is too large for an archive`);
  }
  const split = splitPath(fields.path);
  if (split !== undefined) return ustar(fields, split.prefix, split.name);
  const record = paxRecord("path", fields.path);
  const base = fields.path.slice(fields.path.lastIndexOf("/") + 1);
  const paxPath = `PaxHeaders.0/${toAscii(base)}`.slice(0, NAME_BYTES);
  const blocks = new Uint8Array(2 * BLOCK_BYTES + record.length + paddingOf(record.length));
  const pax: HeaderFields = { path: paxPath, mode: 0, sizeBytes: record.length, type: "x" };
  blocks.set(ustar(pax, "", paxPath), 0);
  blocks.set(record, BLOCK_BYTES);
  const plain = toAscii(fields.path).slice(0, NAME_BYTES);
  blocks.set(ustar(fields, "", plain), blocks.length - BLOCK_BYTES);
  return blocks;
}

/** Bytes that fill the last block of a content. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES;
}

/** POSIX ustar: `prefix/name`, split at a slash; nothing when it does not fit or is not ASCII. */
function splitPath(path: string): { prefix: string; name: string } | undefined {
  if (toAscii(path) !== path) return undefined;
  if (path.length <= NAME_BYTES) return { prefix: "", name: path };
  const slash = path.lastIndexOf("/", PREFIX_BYTES);
  const fits = slash > 0 && path.length - slash - 1 <= NAME_BYTES && slash + 1 < path.length;
  return fits ? { prefix: path.slice(0, slash), name: path.slice(slash + 1) } : undefined;
}

function toAscii(text: string): string {
  return text.replace(/[^ -~]/g, "");
}

/** `LENGTH key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  const record = new Uint8Array(length);
  record.set(new TextEncoder().encode(String(length)));
  record.set(rest, length - rest.length);
  return record;
}

function ustar(fields: HeaderFields, prefix: string, name: string): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) =>
    void new TextEncoder().encodeInto(text, block.subarray(at));
  const octal = (at: number, width: number, value: number) =>
    put(at, value.toString(8).padStart(width - 1, "0"));
  put(0, name);
  octal(100, 8, fields.mode);
  octal(108, 8, 0); // uid
  octal(116, 8, 0); // gid
  octal(124, 12, fields.sizeBytes);
  octal(136, 12, 0); // mtime
  put(148, "        ");
  put(156, fields.type);
  put(257, "ustar\x0000");
  octal(329, 8, 0); // devmajor
  octal(337, 8, 0); // devminor
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
