/**
 * Whose turn it is among keys that belong to groups.
 *
 * @module
 */

/**
 * Keys that wait, and how many are worked on, by group. The group that has the fewest worked on comes next;
 * groups that have as many take turns, and within a group it is first come, first served.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const turns = new Turns((key) => key.slice(0, 1));
 * for (const key of ["a1", "a2", "a3", "b1"]) turns.wait(key);
 * const order: string[] = [];
 * for (let key = turns.next(); key !== undefined; key = turns.next()) {
 *   order.push(key);
 *   turns.start(key);
 * }
 * assert.deepEqual(order, ["a1", "b1", "a2", "a3"]);
 * ```
 */
export class Turns {
  readonly #groupOf: (key: string) => string;
  /** Groups in the order of their turns, each with its keys in the order they came. */
  readonly #waiting = new Map<string, Set<string>>();
  /** How many keys of a group are worked on, where there are any. */
  readonly #busy = new Map<string, number>();

  /** `groupOf` says whose key it is. */
  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf;
  }

  /** Puts `key` at the end of its group. */
  wait(key: string): void {
    const group = this.#groupOf(key);
    const keys = this.#waiting.get(group);
    if (keys === undefined) this.#waiting.set(group, new Set([key]));
    else keys.add(key);
  }

  /** `key` waits no more, and is not worked on either. */
  leave(key: string): void {
    const group = this.#groupOf(key);
    const keys = this.#waiting.get(group);
    keys?.delete(key);
    if (keys?.size === 0) this.#waiting.delete(group);
  }

  /** Whose turn it is; among groups that have nothing worked on, when only `idle` ones count. */
  next({ idle = false } = {}): string | undefined {
    let chosen: string | undefined;
    let least = idle ? 1 : Infinity;
    for (const [group, keys] of this.#waiting) {
      const busy = this.#busy.get(group) ?? 0;
      if (busy >= least) continue;
      least = busy;
      [chosen] = keys;
      if (busy === 0) break;
    }
    return chosen;
  }

  /** `key` is worked on from now on; its group is behind the others. */
  start(key: string): void {
    const group = this.#groupOf(key);
    this.leave(key);
    this.#busy.set(group, (this.#busy.get(group) ?? 0) + 1);
    const keys = this.#waiting.get(group);
    this.#waiting.delete(group);
    if (keys !== undefined) this.#waiting.set(group, keys);
  }

  /** `key` is worked on no more. */
  end(key: string): void {
    const group = this.#groupOf(key);
    const busy = (this.#busy.get(group) ?? 0) - 1;
    if (busy > 0) this.#busy.set(group, busy);
    else this.#busy.delete(group);
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#waiting.clear();
  }
}
