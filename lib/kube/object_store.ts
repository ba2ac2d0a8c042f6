/**
 * The local copy behind an informer: objects by name, indexes, handlers. Knows nothing of the network.
 *
 * @module
 */
import type { Change } from "./cluster.ts";
import { type KubeObject, namespacedName } from "./object.ts";

/** Gives the keys under which an index files an object. */
export type KeysOf = (object: KubeObject) => readonly string[];

/** What a store needs. */
export interface StoreOptions {
  /** Indexes by name. */
  indexes?: Readonly<Record<string, KeysOf>>;
  /** Told when a handler or an index function throws; the store goes on. */
  onError: (thrown: unknown) => void;
}

/**
 * Objects of one kind. Each change is visible in the store before a handler hears of it, and a handler that
 * throws stops neither the store nor the handlers after it.
 */
export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes: Map<string, { keysOf: KeysOf; files: Map<string, Set<string>> }>;
  readonly #handlers = new Set<(change: Change) => void>();
  readonly #onError: (thrown: unknown) => void;
  #snapshot: readonly KubeObject[] | undefined;

  /** Starts empty. */
  constructor(options: StoreOptions) {
    this.#onError = options.onError;
    this.#indexes = new Map(
      Object.entries(options.indexes ?? {}).map((
        [name, keysOf],
      ) => [name, { keysOf, files: new Map() }]),
    );
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  /** The object, or nothing. */
  get(name: string, namespace?: string): KubeObject | undefined {
    return this.#objects.get(namespacedName({ namespace, name }));
  }

  /** All objects; the same array until something changes. */
  list(): readonly KubeObject[] {
    this.#snapshot ??= [...this.#objects.values()];
    return this.#snapshot;
  }

  /** The objects that index `name` files under `key`; throws `RangeError` when there is no such index. */
  byIndex(name: string, key: string): readonly KubeObject[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`No index named ${JSON.stringify(name)}`);
    const found: KubeObject[] = [];
    for (const storedAt of index.files.get(key) ?? []) {
      const object = this.#objects.get(storedAt);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Adds a handler and tells it of everything that is here. */
  onChange(handler: (change: Change) => void): () => void {
    for (const object of this.list()) this.#tell(handler, { type: "added", object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Takes over the state of one object. An object of another uid replaces one that was deleted unseen. */
  put(object: KubeObject): void {
    const key = namespacedName(object.metadata);
    const previous = this.#objects.get(key);
    if (previous === undefined) return this.#set(key, object, { type: "added", object });
    if (previous.metadata.uid !== object.metadata.uid) {
      this.#remove(key, previous, previous);
      return this.#set(key, object, { type: "added", object });
    }
    if (isSameVersion(previous, object)) return;
    this.#set(key, object, { type: "updated", object, previous }, previous);
  }

  /** Forgets an object; `last` is its state as the server reported it at the end. */
  take(last: KubeObject): void {
    const key = namespacedName(last.metadata);
    const previous = this.#objects.get(key);
    if (previous !== undefined) this.#remove(key, previous, last);
  }

  /** Takes over a complete list: what is not in it was deleted unseen. */
  replace(objects: readonly KubeObject[]): void {
    const listed = new Set(objects.map(({ metadata }) => namespacedName(metadata)));
    for (const [key, previous] of [...this.#objects]) {
      if (!listed.has(key)) this.#remove(key, previous, previous);
    }
    for (const object of objects) this.put(object);
  }

  /** Forgets everybody who listens. */
  close(): void {
    this.#handlers.clear();
  }

  #set(key: string, object: KubeObject, change: Change, previous?: KubeObject): void {
    if (previous !== undefined) this.#unfile(key, previous);
    this.#objects.set(key, object);
    this.#snapshot = undefined;
    for (const index of this.#indexes.values()) {
      for (const filed of this.#keys(index.keysOf, object)) {
        const file = index.files.get(filed);
        if (file === undefined) index.files.set(filed, new Set([key]));
        else file.add(key);
      }
    }
    for (const handler of [...this.#handlers]) this.#tell(handler, change);
  }

  #remove(key: string, previous: KubeObject, last: KubeObject): void {
    this.#unfile(key, previous);
    this.#objects.delete(key);
    this.#snapshot = undefined;
    for (const handler of [...this.#handlers]) {
      this.#tell(handler, { type: "deleted", object: last, previous });
    }
  }

  #unfile(key: string, object: KubeObject): void {
    for (const index of this.#indexes.values()) {
      for (const filed of this.#keys(index.keysOf, object)) {
        const file = index.files.get(filed);
        file?.delete(key);
        if (file?.size === 0) index.files.delete(filed);
      }
    }
  }

  #keys(keysOf: KeysOf, object: KubeObject): readonly string[] {
    try {
      return keysOf(object);
    } catch (thrown) {
      // One malformed object must not take the index away from all others.
      this.#onError(thrown);
      return [];
    }
  }

  #tell(handler: (change: Change) => void, change: Change): void {
    try {
      handler(change);
    } catch (thrown) {
      this.#onError(thrown);
    }
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata.resourceVersion;
  return version !== undefined && version !== "" && version === b.metadata.resourceVersion;
}
