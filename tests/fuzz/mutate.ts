/**
 * Bytes that are almost right: sound ones with a few things changed.
 *
 * @module
 */

/** Chance that a seed repeats. */
export class Chance {
  #state: number;

  /** The same seed makes the same choices. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `limit`; 0 when there is none. */
  below(limit: number): number {
    // Mulberry32, by Tommy Ettinger: short, and even enough.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return limit < 1 ? 0 : ((mixed ^ mixed >>> 14) >>> 0) % limit;
  }

  /** One of these. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

/** Numbers and signs at which parsers err. */
const ODD_BYTES = [0, 1, 9, 10, 13, 32, 34, 47, 58, 92, 0x7f, 0x80, 0xc0, 0xfe, 0xff] as const;
const ODD_TEXTS = [
  ...[
    "\0",
    "\n\n",
    "\r\n",
    "0000",
    "0001",
    "0003",
    "ffff",
    "40000 ",
    "160000 ",
    "..",
    ".git",
    "\\\n",
  ],
  ...[
    '"',
    "[",
    "]",
    "=",
    "#",
    "\u200c",
    "\ufeff",
    "__proto__",
    "9".repeat(30),
    "-1",
    "@revoked",
    "|1|",
  ],
] as const;
const encoder = new TextEncoder();

/** The sample with one to six changes; now and then cut off or joined with another. */
export function mutate(
  sample: Uint8Array,
  others: readonly Uint8Array[],
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(sample);
  for (let changes = 1 + chance.below(6); changes > 0; changes--) {
    bytes = change(bytes, others, chance);
  }
  return bytes;
}

function change(
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  const at = chance.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + chance.below(chance.below(4) === 0 ? 200 : 8));
  switch (chance.below(9)) {
    case 0:
      return flipped(bytes, at, 1 << chance.below(8));
    case 1:
      return spliced(bytes, at, Math.min(at + 1, bytes.length), [chance.pick(ODD_BYTES)]);
    case 2:
      return spliced(bytes, at, end, []);
    case 3:
      return spliced(bytes, at, at, bytes.subarray(at, end));
    case 4:
      return spliced(
        bytes,
        at,
        chance.below(2) === 0 ? at : end,
        encoder.encode(chance.pick(ODD_TEXTS)),
      );
    case 5:
      return moved(bytes, at, end, chance);
    case 6:
      return chance.below(8) === 0 ? bytes.slice(0, at) : flipped(bytes, at, 0xff);
    case 7:
      return joined(bytes, at, others, chance);
    default:
      return spliced(bytes, at, Math.min(at + 1, bytes.length), [chance.below(256)]);
  }
}

function flipped(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  bits: number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
}

function spliced(
  bytes: Uint8Array,
  from: number,
  to: number,
  put: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length - (to - from) + put.length);
  copy.set(bytes.subarray(0, from));
  copy.set(put, from);
  copy.set(bytes.subarray(to), from + put.length);
  return copy;
}

function moved(
  bytes: Uint8Array,
  from: number,
  to: number,
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  const without = spliced(bytes, from, to, []);
  const at = chance.below(without.length + 1);
  return spliced(without, at, at, bytes.subarray(from, to));
}

function joined(
  bytes: Uint8Array,
  at: number,
  others: readonly Uint8Array[],
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  const other = others[chance.below(others.length)] ?? new Uint8Array();
  return spliced(bytes, at, bytes.length, other.subarray(chance.below(other.length + 1)));
}
