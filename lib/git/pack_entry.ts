/**
 * What stands in front of every object of a pack.
 *
 * @module
 */
import { type Budget, BudgetSpent } from "../base/mod.ts";
import { invalid } from "./failure.ts";
import type { ObjectFormat, ObjectType } from "./object_format.ts";
import type { PackBytes } from "./pack_bytes.ts";
import { viewOf } from "./span.ts";

/** The head of one object of the pack. */
export interface EntryHead {
  /** Where its compressed bytes begin. */
  readonly dataAt: number;
  /** Bytes after inflating: of the content, or of the delta. */
  readonly inflatedBytes: number;
  /** Nothing of a delta: it has its base's. */
  readonly type: ObjectType | undefined;
  /** Of a delta: its base, by place in the pack or by id. */
  readonly base: number | string | undefined;
}

const TYPES: readonly (ObjectType | undefined)[] = [undefined, "commit", "tree", "blob", "tag"];
const OFS_DELTA = 6;
const REF_DELTA = 7;
/** Sizes up to 2^53 fit into this many bytes. */
const MOST_SIZE_BYTES = 8;

/** Reads the entry that begins at `start`; beyond the end there are only zeros. */
export function parseEntryHead(
  bytes: PackBytes,
  start: number,
  { format, budget }: { readonly format: ObjectFormat; readonly budget: Budget },
): EntryHead {
  let at = start;
  let byte = bytes.at(at++);
  const kind = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte >= 0x80; factor *= 128) {
    if (at - start === MOST_SIZE_BYTES) throw invalid("An object of the pack has no size");
    byte = bytes.at(at++);
    size += (byte & 0x7f) * factor;
  }
  if (size > budget.bytes) {
    throw new BudgetSpent("bytes", `More than ${budget.bytes} bytes at an object of the pack`);
  }
  const type = TYPES[kind];
  if (type !== undefined) return { dataAt: at, inflatedBytes: size, type, base: undefined };
  if (kind === OFS_DELTA) {
    const { value, end } = parseOffset(bytes, at, start);
    return { dataAt: end, inflatedBytes: size, type, base: start - value };
  }
  if (kind !== REF_DELTA) throw invalid(`The pack has an object of unknown type ${kind}`);
  const dataAt = at + format.idBytes;
  return { dataAt, inflatedBytes: size, type, base: viewOf(bytes.span(at, dataAt)).toHex() };
}

/** git pack-format: "offset encoding"; every further byte adds one, so no offset has two forms. */
function parseOffset(
  bytes: PackBytes,
  start: number,
  most: number,
): { value: number; end: number } {
  let at = start;
  let byte = bytes.at(at++);
  let value = byte & 0x7f;
  while (byte >= 0x80 && value <= most) {
    byte = bytes.at(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  if (value === 0 || value > most) throw invalid("A delta's base lies outside the pack");
  return { value, end: at };
}
