/**
 * The order in which the conditions of all vectors are looked at: what rules out the most comes first.
 *
 * @module
 */
import type { Vector } from "../../../lib/sha1/vectors.ts";

/** Two bits of an expanded message that some vectors want equal, or different. */
export interface Relation {
  /** Step and bit of the one. */
  readonly one: Bit;
  /** Step and bit of the other. */
  readonly other: Bit;
  /** Whether they have to differ. */
  readonly differ: boolean;
  /** The vectors that are ruled out when it does not hold, by index. */
  readonly vectors: readonly number[];
}

type Bit = readonly [step: number, bit: number];

/** Bits of one vector that say the same, or the opposite, as one of them does. */
type Group = Map<string, boolean>;

/**
 * Each condition of each vector, once for all that share it. When three bits hang together it is free which two of
 * the three pairs are compared; those are taken that serve the most vectors.
 */
export function orderRelations(vectors: readonly Vector[]): readonly Relation[] {
  const groups = vectors.map(groupsOf);
  /** Chances that a vector is not ruled out yet. */
  const alive = vectors.map(() => 1);
  const joined = groups.map((ofVector) => ofVector.map((group) => new Links([...group.keys()])));
  const open = candidates(groups);
  const found: Relation[] = [];
  while (open.size > 0) {
    let best: { key: string; gain: number; vectors: number[] } = { key: "", gain: 0, vectors: [] };
    for (const [key, places] of open) {
      const useful = places.filter(({ vector, group, one, other }) =>
        !joined[vector]?.[group]?.isLinked(one, other)
      );
      if (useful.length === 0) open.delete(key);
      const gain = useful.reduce((sum, { vector }) => sum + (alive[vector] ?? 0), 0);
      if (gain > best.gain) best = { key, gain, vectors: useful.map(({ vector }) => vector) };
    }
    for (const { vector, group, one, other } of open.get(best.key) ?? []) {
      if (!best.vectors.includes(vector)) continue;
      joined[vector]?.[group]?.link(one, other);
      alive[vector] = (alive[vector] ?? 0) / 2;
    }
    open.delete(best.key);
    const [one = "", sign = "", other = ""] = best.key.split(" ");
    if (best.gain === 0) break;
    found.push({
      one: bitOf(one),
      other: bitOf(other),
      differ: sign === "≠",
      vectors: best.vectors,
    });
  }
  return found;
}

interface Place {
  readonly vector: number;
  readonly group: number;
  readonly one: string;
  readonly other: string;
}

/** All pairs of bits that hang together, and where they do. */
function candidates(groups: readonly (readonly Group[])[]): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const [vector, ofVector] of groups.entries()) {
    for (const [group, bits] of ofVector.entries()) {
      const names = [...bits.keys()].sort();
      for (const [index, one] of names.entries()) {
        for (const other of names.slice(index + 1)) {
          const key = `${one} ${bits.get(one) === bits.get(other) ? "=" : "≠"} ${other}`;
          const place = { vector, group, one, other };
          const places = found.get(key);
          if (places === undefined) found.set(key, [place]);
          else places.push(place);
        }
      }
    }
  }
  return found;
}

/** The bits of a vector's conditions, by what hangs together. */
function groupsOf({ conditions }: Vector): Group[] {
  let groups: Group[] = [];
  for (const { one, other, differ } of conditions) {
    const names = [one.join("."), other.join(".")] as const;
    const [first, second] = names.map((name) =>
      groups.find((group) => group.has(name)) ?? new Map([[name, false]])
    );
    if (first === undefined || second === undefined) continue;
    const isTurned = first.get(names[0]) !== second.get(names[1]) !== differ;
    groups = groups.filter((group) => group !== first && group !== second);
    groups.push(
      new Map([
        ...first,
        ...[...second].map(([name, value]) => [name, value !== isTurned] as const),
      ]),
    );
  }
  return groups;
}

function bitOf(name: string): Bit {
  const [step = 0, bit = 0] = name.split(".").map(Number);
  return [step, bit];
}

/** Which of some names are linked, directly or by others. */
class Links {
  readonly #sets = new Map<string, number>();

  constructor(names: readonly string[]) {
    for (const [index, name] of names.entries()) this.#sets.set(name, index);
  }

  isLinked(one: string, other: string): boolean {
    return this.#sets.get(one) === this.#sets.get(other);
  }

  link(one: string, other: string): void {
    const [kept, gone] = [this.#sets.get(one), this.#sets.get(other)];
    for (const [name, set] of this.#sets) if (set === gone) this.#sets.set(name, kept ?? 0);
  }
}
