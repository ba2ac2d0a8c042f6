/**
 * Extended header records of POSIX pax.
 *
 * @module
 */
import { decodeText, InvalidArchive } from "./parse_header.ts";

/** What a record may say about the entry that follows it. */
export interface PaxFields {
  /** Full path. */
  readonly path?: string;
  /** Bytes of content. */
  readonly sizeBytes?: number;
}

/** Reads `LENGTH key=value\n` records; sparse files are refused. */
export function parsePax(content: Uint8Array): PaxFields {
  const records = parseRecords(content);
  const path = records.get("path");
  const size = records.get("size");
  if (size !== undefined && !/^\d{1,15}$/.test(size)) {
    throw new InvalidArchive("A pax record has a wrong size");
  }
  return {
    ...(path !== undefined && { path }),
    ...(size !== undefined && { sizeBytes: Number(size) }),
  };
}

/** Records for all entries carry comments; one that renames or resizes entries is an attack. */
export function checkGlobalPax(content: Uint8Array): void {
  const records = parseRecords(content);
  for (const key of ["path", "linkpath", "size"]) {
    if (records.has(key)) throw new InvalidArchive(`A global pax record sets ${key}`);
  }
}

function parseRecords(content: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const digits = space === -1 ? "" : decodeText(content.subarray(at, Math.min(space, at + 10)));
    const end = at + Number(digits);
    const fits = /^[1-9]\d*$/.test(digits) && end > space && end <= content.length;
    if (!fits || content[end - 1] !== 0x0a) throw new InvalidArchive("A pax record is malformed");
    const line = content.subarray(space + 1, end - 1);
    const equals = line.indexOf(0x3d);
    if (equals < 1) throw new InvalidArchive("A pax record is malformed");
    const key = decodeText(line.subarray(0, equals));
    if (key.startsWith("GNU.sparse")) throw new InvalidArchive("The archive holds a sparse file");
    if (key === "path" || key === "size" || key === "linkpath") {
      if (records.has(key)) throw new InvalidArchive(`A pax record sets ${key} twice`);
      const value = decodeText(line.subarray(equals + 1));
      if (value.includes("\0") || value === "") {
        throw new InvalidArchive(`A pax record has a wrong ${key}`);
      }
      records.set(key, value);
    }
    at = end;
  }
  return records;
}
