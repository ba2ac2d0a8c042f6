/**
 * Archives byte by byte, with what no writer writes.
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";
import { BLOCK_BYTES, header } from "../tar/header.ts";

/** The two blocks behind the last entry. */
export const TAR_END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * BLOCK_BYTES);

/** What an entry claims. */
export interface RawEntry {
  /** `a` when absent. */
  path?: string;
  /** One letter: `0` is a file, `1` a hard link, `2` a link, `x` a pax record. */
  type?: string;
  /** 0644 when absent. */
  mode?: number;
  /** What follows. */
  content?: string;
  /** Where a link leads. */
  target?: string;
}

/** An entry of any type, its checksum right. */
export function rawEntry(entry: RawEntry = {}): Uint8Array<ArrayBuffer> {
  const { path = "a", type = "0", mode = 0o644, content = "", target = "" } = entry;
  const bytes = new TextEncoder().encode(content);
  const block = header({ path, mode, sizeBytes: bytes.length, type: "0" });
  block[156] = type.charCodeAt(0);
  block.set(new TextEncoder().encode(target), 157);
  const padding = new Uint8Array((BLOCK_BYTES - bytes.length % BLOCK_BYTES) % BLOCK_BYTES);
  return joinBytes(withChecksum(block), bytes, padding);
}

/** The head of a file `a` with any bytes for its size. */
export function sizedEntry(field: readonly number[]): Uint8Array {
  const block = header({ path: "a", mode: 0o644, sizeBytes: 0, type: "0" });
  block.set(field, 124);
  return withChecksum(block);
}

function withChecksum(block: Uint8Array): Uint8Array {
  block.set(new TextEncoder().encode("        "), 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

/** A pax record. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = new TextEncoder().encode(rest).length;
  const digits = String(bytes + String(bytes).length).length;
  return `${bytes + digits}${rest}`;
}
