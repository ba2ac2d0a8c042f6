/**
 * Refs that a server listed.
 *
 * @module
 */
import type { Meter } from "../base/mod.ts";
import { invalid } from "./failure.ts";

/** One ref; of an annotated tag the id of the tag object and of what it leads to. */
export interface ListedRef {
  /** Full name. */
  readonly name: string;
  /** Id of the object it names. */
  readonly id?: string;
  /** Id that an annotated tag leads to. */
  readonly peeled?: string;
}

const MOST_NAME_LENGTH = 4096;
const OBJECT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Refs by name, bounded; a map, because names like `__proto__` are nothing special in it. */
export class RefList {
  readonly #refs = new Map<string, ListedRef>();
  readonly #meter: Meter;

  /** Counts what is added. */
  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** How many there are. */
  get size(): number {
    return this.#refs.size;
  }

  /** Adds a ref, or what is newly known of it. */
  add(ref: ListedRef): void {
    this.#meter.spendEntries(1, "the list of refs");
    this.#meter.spendBytes(ref.name.length, "the list of refs");
    if (ref.name.length > MOST_NAME_LENGTH) {
      throw invalid("The server has a ref with too long a name");
    }
    for (const id of [ref.id, ref.peeled]) {
      if (id !== undefined && !OBJECT_ID.test(id)) throw invalid("The server names a damaged id");
    }
    this.#refs.set(ref.name, { ...this.#refs.get(ref.name), ...ref });
  }

  /** The ref of this full name. */
  get(name: string): ListedRef | undefined {
    const ref = this.#refs.get(name);
    return ref?.id === undefined ? undefined : ref;
  }

  /** Full names. */
  names(): readonly string[] {
    return [...this.#refs.keys()];
  }
}
