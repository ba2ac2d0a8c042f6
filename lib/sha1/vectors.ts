/**
 * The disturbance vectors that attacks on SHA-1 can be built on, and what each of them leaves in a message.
 *
 * A vector says in which steps a difference between two messages is let in; the next five steps take it out
 * again. I(K, b) and II(K, b) are the names of S. Manuel, "Classification and generation of disturbance vectors for
 * collision attacks against SHA-1" (2011); the 32 that are within reach, and the conditions that a message of an
 * attack cannot avoid, are those of M. Stevens and D. Shumow, "Speeding up detection of SHA-1 collision attacks using
 * unavoidable attack conditions" (USENIX Security 2017). Those of one family differ by where they begin, so the
 * conditions stand once for each family, counted from K.
 *
 * @module
 */

/** Steps of a block. */
export const STEPS = 80;
/** A disturbance is at work for five steps after its own, so steps before the first one count too. */
const EARLIER = 5;

/** One bit of an expanded block against another; steps and bits count from 0. */
export interface Condition {
  /** Step and bit of the one. */
  readonly one: readonly [step: number, bit: number];
  /** Step and bit of the other. */
  readonly other: readonly [step: number, bit: number];
  /** Whether they have to differ; else they have to be the same. */
  readonly differ: boolean;
}

/** What an attack can be built on. */
export interface Vector {
  /** As papers write it. */
  readonly name: string;
  /** How the other message of an attack differs from the one at hand, in each step (XOR). */
  readonly difference: Uint32Array;
  /** After so many steps both have the same state. */
  readonly meeting: number;
  /** What holds of both messages of each attack. */
  readonly conditions: readonly Condition[];
}

/** Steps counted from K, bits, and the first and the last K for which it holds. */
type Row = readonly [
  one: readonly [number, number],
  sign: "=" | "≠",
  other: readonly [number, number],
  first?: number,
  last?: number,
];

interface Family {
  readonly type: "I" | "II";
  readonly rotation: number;
  readonly members: readonly number[];
  readonly rows: readonly Row[];
}

const FAMILIES: readonly Family[] = [
  {
    type: "I",
    rotation: 0,
    members: [43, 44, 45, 46, 47, 48, 49, 50, 51, 52],
    rows: [
      [[-6, 4], "≠", [-4, 4]],
      [[-6, 4], "=", [-4, 29], 44],
      [[-6, 4], "=", [-3, 29]],
      [[-6, 4], "=", [-2, 4]],
      [[-6, 4], "≠", [-1, 29]],
      [[-6, 4], "≠", [0, 4]],
      [[-6, 4], "=", [1, 29]],
      [[-6, 4], "≠", [3, 29]],
      [[-6, 4], "≠", [4, 29]],
      [[-10, 4], "=", [-6, 29], 45],
      [[-10, 4], "=", [-7, 29], 47],
      [[-10, 4], "=", [-8, 29], 48],
      [[-13, 4], "=", [-9, 29], 48, 49],
      [[-14, 4], "≠", [-13, 4], 50],
      [[-14, 4], "≠", [-9, 29], 50],
      [[-16, 3], "=", [-12, 28], 51, 51],
      [[15, 0], "≠", [16, 5], 45, 48],
      [[15, 0], "≠", [20, 30], 43, 44],
      [[16, 5], "=", [20, 30], 43, 44],
      [[18, 1], "≠", [19, 6], 43, 45],
    ],
  },
  {
    type: "I",
    rotation: 2,
    members: [46, 47, 48, 49, 50, 51],
    rows: [
      [[-7, 1], "≠", [-6, 6]],
      [[-7, 1], "≠", [-4, 6]],
      [[-7, 1], "≠", [-2, 6]],
      [[-7, 1], "≠", [0, 6]],
      [[-7, 1], "≠", [1, 1]],
      [[-11, 1], "≠", [-10, 6]],
      [[-11, 1], "≠", [-9, 1], 49],
      [[-14, 1], "≠", [-13, 6], 49],
      [[-14, 1], "=", [-14, 6], 51],
      [[-16, 5], "=", [-12, 30], 51],
      [[15, 2], "≠", [16, 7], 46, 48],
    ],
  },
  {
    type: "II",
    rotation: 0,
    members: [45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56],
    rows: [
      [[-4, 4], "=", [-2, 29]],
      [[-4, 4], "=", [-1, 29]],
      [[-4, 4], "=", [0, 29]],
      [[8, 29], "=", [7, 29], 45, 52],
      [[8, 29], "≠", [5, 29], 45, 53],
      [[8, 29], "=", [4, 4]],
      [[8, 29], "≠", [4, 29], 45, 53],
      [[8, 29], "≠", [2, 4], 45, 53],
      [[2, 4], "=", [4, 29], 54, 55],
      [[2, 4], "=", [5, 29], 54, 54],
      [[-9, 4], "=", [-5, 29]],
      [[-9, 4], "=", [-6, 29], 46],
      [[-9, 4], "=", [-7, 29], 47],
      [[-12, 4], "=", [-8, 29], 47],
      [[-12, 3], "=", [-8, 28], 47],
      [[-13, 30], "≠", [-12, 3], 48, 52],
      [[-16, 4], "≠", [-14, 4], 52],
      [[-16, 4], "=", [-13, 29], 53],
      [[-18, 4], "≠", [-16, 4], 54],
      [[-18, 4], "=", [-15, 29], 55],
      [[-18, 4], "=", [-16, 29], 56],
      [[15, 0], "≠", [16, 5], 45, 48],
      [[18, 1], "≠", [19, 6], 45, 45],
    ],
  },
  {
    type: "II",
    rotation: 2,
    members: [46, 49, 50, 51],
    rows: [
      [[-5, 1], "≠", [-4, 6]],
      [[-5, 1], "≠", [-3, 1]],
      [[5, 1], "=", [4, 6]],
      [[5, 1], "=", [2, 6]],
      [[5, 1], "≠", [1, 1]],
      [[-10, 1], "≠", [-9, 6]],
      [[-10, 1], "≠", [-8, 1], 49],
      [[-13, 0], "≠", [-12, 5], 49],
      [[-13, 0], "≠", [-8, 30], 49],
      [[15, 2], "≠", [16, 7], 46, 46],
    ],
  },
];

/** All vectors, made out of what defines them. */
export function listVectors(): readonly Vector[] {
  return FAMILIES.flatMap((family) => family.members.map((first) => vectorOf(family, first)));
}

function vectorOf({ type, rotation, rows }: Family, first: number): Vector {
  const disturbances = disturbancesOf(type, rotation, first);
  const conditions = rows
    .filter(([, , , from = first, to = first]) => from <= first && first <= to)
    .map(([[step, bit], sign, [otherStep, otherBit]]): Condition => ({
      one: [first + step, bit],
      other: [first + otherStep, otherBit],
      differ: sign === "≠",
    }));
  const difference = differenceOf(disturbances);
  const meeting = [58, 65].find((step) => isQuiet(disturbances, step)) ?? STEPS;
  return { name: `${type}(${first},${rotation})`, difference, meeting, conditions };
}

/** The bits let in at each step; the first `EARLIER` entries are steps before the block. */
function disturbancesOf(type: "I" | "II", rotation: number, first: number): Uint32Array {
  const all = new Uint32Array(EARLIER + STEPS);
  const word = (step: number) => all[EARLIER + step] ?? 0;
  const set = (step: number, value: number) => all[EARLIER + step] = rotated(value, rotation);
  set(first + 15, 1);
  if (type === "II") {
    set(first + 1, 1 << 31);
    set(first + 3, 1 << 31);
  }
  // The expansion of a message (FIPS 180-4 §6.1.2), forwards and backwards.
  for (let step = first + 16; step < STEPS; step++) {
    all[EARLIER + step] = rotated(
      word(step - 3) ^ word(step - 8) ^ word(step - 14) ^ word(step - 16),
      1,
    );
  }
  for (let step = first - 1; step >= -EARLIER; step--) {
    all[EARLIER + step] = rotated(word(step + 16), 31) ^ word(step + 13) ^ word(step + 8) ^
      word(step + 2);
  }
  return all;
}

/** What takes each disturbance out again: the local collision of SHA-1. */
function differenceOf(disturbances: Uint32Array): Uint32Array {
  return new Uint32Array(STEPS).map((_, step) => {
    const before = (steps: number) => disturbances[EARLIER + step - steps] ?? 0;
    return before(0) ^ rotated(before(1), 5) ^ before(2) ^
      rotated(before(3) ^ before(4) ^ before(5), 30);
  });
}

/** Whether no disturbance is at work once so many steps are done. */
function isQuiet(disturbances: Uint32Array, steps: number): boolean {
  return [1, 2, 3, 4, 5].every((before) => disturbances[EARLIER + steps - before] === 0);
}

function rotated(word: number, bits: number): number {
  return bits === 0 ? word : word << bits | word >>> (32 - bits);
}
