/**
 * Starts the runs of those that have left objects to others, as soon as the others have them, or will not take them.
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import { type Change, isNewerVersion } from "../../lib/kube/mod.ts";
import type { Claims } from "./claims.ts";
import { memoryKey } from "./memory.ts";
import { isBehind } from "./siblings.ts";

/** What is asked, and who is told. */
export interface TakerParts {
  readonly claims: Claims;
  /** Another Kustomization as the local copy has it. */
  known(metadata: Kustomization["metadata"]): Kustomization | undefined;
  /** Has the Kustomization of this key run. */
  enqueue(key: string, why: string): void;
}

/** Who has left something to whom. */
interface Waiting {
  readonly revision: string;
  /** Those that do not have it yet, as they were read, by key. */
  readonly takers: Map<string, Kustomization>;
}

/** See the module's description. */
export class Takers {
  readonly #parts: TakerParts;
  /** By key of the one that waits. */
  readonly #waiting = new Map<string, Waiting>();

  /** Nobody waits. */
  constructor(parts: TakerParts) {
    this.#parts = parts;
  }

  /**
   * Has `self` run once each of `takers` has applied `revision`, or will not; ends what it waited for before. Without
   * takers it waits for nobody.
   */
  await(self: Kustomization, revision: string, takers: readonly Kustomization[]): void {
    this.#waiting.delete(memoryKey(self));
    if (takers.length === 0) return;
    const byKey = new Map(takers.map((taker) => [memoryKey(taker), taker]));
    this.#waiting.set(memoryKey(self), { revision, takers: byKey });
    for (const taker of takers) {
      const now = this.#parts.known(taker.metadata);
      // What the copy does not have yet, it will tell of.
      if (now !== undefined) this.#look(now);
    }
  }

  /** A Kustomization was changed; one that is gone takes nothing. */
  notice({ type, object }: Change): void {
    const key = memoryKey(object);
    if (type === "deleted") {
      this.#waiting.delete(key);
      return this.#settle(key, () => true);
    }
    if (!this.#isAwaited(key)) return;
    const decoded = Kustomization.decode(object);
    if (decoded.ok) this.#look(decoded.value);
  }

  #isAwaited(key: string): boolean {
    return this.#waiting.values().some(({ takers }) => takers.has(key));
  }

  #look(now: Kustomization): void {
    this.#settle(memoryKey(now), (read, revision) => {
      if (isNewerVersion(read.metadata.resourceVersion, now.metadata.resourceVersion)) return false;
      // With another spec it may want other things, or come from elsewhere: whoever waits looks again.
      if (read.metadata.generation !== now.metadata.generation) return true;
      return !isBehind(now, revision, this.#parts);
    });
  }

  /** Who waited for nobody else runs. */
  #settle(key: string, isOver: (read: Kustomization, revision: string) => boolean): void {
    for (const [waiter, { revision, takers }] of this.#waiting) {
      const read = takers.get(key);
      if (read === undefined || !isOver(read, revision)) continue;
      takers.delete(key);
      if (takers.size > 0) continue;
      this.#waiting.delete(waiter);
      this.#parts.enqueue(waiter, `${key} is past revision ${revision}`);
    }
  }
}
