/**
 * A resource as some step of a build left it, kept for later builds.
 *
 * @module
 */
import type { BuiltResource } from "./built.ts";
import { Drawer, type Memory } from "./memory.ts";
import type { Gvk, ResourceId } from "./resource_id.ts";

/** What a run of steps made of a resource. */
export interface Outcome<State> {
  /** What it is afterwards. */
  readonly to: Kept<State>;
  /** What it was called in between, where no two resources may be called the same. */
  readonly between: readonly string[];
}

/** A name that a field held, and what it turned out to mean. */
export interface Lookup {
  /** The field, as the specs write it. */
  readonly path: string;
  /** Kinds that the name can be of. */
  readonly target: Gvk;
  /** The name. */
  readonly name: string;
  /** The namespace beside it; only where the field is a map that has one. */
  readonly namespace?: string;
  /** True when the field is a map. */
  readonly isMap: boolean;
  /** Name and namespace of what is meant, as one text; empty for nothing. */
  readonly meant: string;
  /** True when the field says that already. */
  readonly isSame: boolean;
}

/** What name references made of a resource, as long as every name means the same. */
export interface Referred<State> {
  /** Every name that was looked up, in order. */
  readonly lookups: readonly Lookup[];
  /** What it is afterwards. */
  readonly to: Kept<State>;
}

/** The end of a resource's way. */
export interface Finished {
  /** What leaves the build. */
  readonly built: BuiltResource;
  /** The document. */
  readonly text: string;
  /** Most characters that it could have, as known before it was written. */
  readonly mostChars: number;
}

/** What is asked of a state in every build. */
export interface Facts {
  /** Its identity. */
  readonly id: ResourceId;
  /** {@linkcode id} as one text. */
  readonly idKey: string;
  /** All identities that it has or had, as texts. */
  readonly anyKeys: readonly string[];
  /** `metadata.namespace`, as written. */
  readonly namespace: string;
  /** Texts that decide over its place in the output. */
  readonly order: { readonly kind: string; readonly id: string };
  /** True for an object that only configures tools. */
  readonly isLocal: boolean;
}

/** A state that never changes again, and what steps have made of it. */
export class Kept<State> {
  /** The state. */
  readonly state: State;
  /** What is known about it. */
  readonly facts: Facts;
  /** Bytes that it takes, by estimate. */
  readonly bytes: number;
  readonly #memory: Memory;
  #after: Drawer<Outcome<State>> | undefined;
  #referred: Drawer<Referred<State>> | undefined;
  #finished: Drawer<Finished> | undefined;

  /** Keeps a state that nobody changes any more. */
  constructor(memory: Memory, of: { state: State; facts: Facts; bytes: number }) {
    this.#memory = memory;
    this.state = of.state;
    this.facts = of.facts;
    this.bytes = of.bytes;
  }

  /** What steps made of it, by all that they depend on. */
  get after(): Drawer<Outcome<State>> {
    return this.#after ??= new Drawer(this.#memory);
  }

  /** What name references made of it. */
  get referred(): Drawer<Referred<State>> {
    return this.#referred ??= new Drawer(this.#memory);
  }

  /** What the end of a build made of it. */
  get finished(): Drawer<Finished> {
    return this.#finished ??= new Drawer(this.#memory);
  }
}
