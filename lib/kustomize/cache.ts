/**
 * What builds leave behind for later ones: files that were parsed, resources as single steps left them.
 *
 * A build looks for the result of a step by everything that the step depends on, so it gives the same with a cache and
 * without one. Nothing that is kept is ever changed: what changes, is copied first.
 *
 * @module
 */
import { sha256Hex } from "../base/mod.ts";
import type { MapNode, ScalarNode, YamlNode } from "../yaml/mod.ts";
import type { BuildCache } from "./face.ts";
import { Kept } from "./kept.ts";
import { Drawer, Memory } from "./memory.ts";
import { factsOf, putInto, type Resource, type ResourceState } from "./resource.ts";

/** The one kind of cache that there is. */
class Store implements BuildCache {
  readonly #memory: Memory;
  readonly #files: Drawer<readonly Kept<ResourceState>[]>;
  readonly #made: Drawer<Kept<ResourceState>>;

  constructor(limitBytes: number) {
    this.#memory = new Memory(limitBytes);
    this.#files = new Drawer(this.#memory);
    this.#made = new Drawer(this.#memory);
  }

  get usedBytes(): number {
    return this.#memory.usedBytes;
  }

  begin(scope: string): Keeper {
    this.#memory.beginTurn();
    return new Keeper(this.#memory, this.#files, this.#made, scope);
  }
}

/**
 * A cache of at most so many bytes, by estimate; what was not used for the longest time makes room. It holds no file,
 * handle or timer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * import { buildKustomization } from "./mod.ts";
 * const cache = openBuildCache(64 << 20);
 * const tree = treeOf({
 *   "kustomization.yaml": "resources: [cm.yaml]\n",
 *   "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n",
 * });
 * const [first, second] = [1, 2].map(() => buildKustomization(tree, "", { budget: defaultBudget(), cache }));
 * assert.ok(first?.ok && second?.ok);
 * // What did not change is the same object.
 * assert.equal(first.value.resources[0], second.value.resources[0]);
 * ```
 */
export function openBuildCache(limitBytes: number): BuildCache {
  return new Store(limitBytes);
}

/** Begins a build; it sees what builds with the same `scope` left, which tells options apart. */
export function beginBuild(cache: BuildCache, scope: string): Keeper {
  if (cache instanceof Store) return cache.begin(scope);
  throw new TypeError("A build cache comes from openBuildCache()");
}

/** The cache as one build sees it. */
export class Keeper {
  readonly #memory: Memory;
  readonly #files: Drawer<readonly Kept<ResourceState>[]>;
  readonly #made: Drawer<Kept<ResourceState>>;
  readonly #scope: string;

  /** A view of what builds with the same `scope` left. */
  constructor(
    memory: Memory,
    files: Drawer<readonly Kept<ResourceState>[]>,
    made: Drawer<Kept<ResourceState>>,
    scope: string,
  ) {
    this.#memory = memory;
    this.#files = files;
    this.#made = made;
    this.#scope = scope;
  }

  /** The resources of a file, which is shown as `path`; parsed when it was not before. */
  readFile(
    bytes: Uint8Array,
    path: string,
    parse: () => readonly Resource[],
  ): readonly Kept<ResourceState>[] {
    const key = `${sha256Hex(bytes)} ${path} ${this.#scope}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const kept = parse().map((resource) => this.keep(resource));
    this.#files.put(key, kept, kept.reduce((sum, { bytes }) => sum + bytes, ENTRY_BYTES));
    return kept;
  }

  /** The kept state that `resource` is in; a resource that was made anew finds the one that is like it. */
  stateOf(resource: Resource): Kept<ResourceState> {
    if (resource.kept !== undefined) return resource.kept;
    const key = `${sha256Hex(describe(resource))} ${this.#scope}`;
    const known = this.#made.get(key);
    if (known !== undefined) {
      putInto(resource, known);
      return known;
    }
    const kept = this.keep(resource);
    this.#made.put(key, kept, kept.bytes + ENTRY_BYTES);
    return kept;
  }

  /** Keeps the state that `resource` is in. */
  keep(resource: Resource): Kept<ResourceState> {
    const { kept: _, ...state } = resource;
    const facts = factsOf(resource);
    const bytes = bytesOf(state.node) + ENTRY_BYTES;
    const kept = new Kept<ResourceState>(this.#memory, { state, facts, bytes });
    resource.kept = kept;
    return kept;
  }
}

/** What an entry takes besides what it holds: keys, slots, identities. */
export const ENTRY_BYTES = 600;
const NODE_BYTES = 120;

/** About what a tree takes. */
function bytesOf(node: YamlNode): number {
  if (node.kind === "scalar") return NODE_BYTES + node.value.length;
  let sum = NODE_BYTES;
  if (node.kind === "seq") { for (const item of node.items) sum += bytesOf(item); }
  else {
    for (const { key, value } of node.entries) {
      sum += NODE_BYTES + key.value.length + bytesOf(value);
    }
  }
  return sum;
}

/** All that a resource is, as text; of a position it tells only that there is one. */
function describe(resource: Resource): string {
  const { kept: _, ...state } = resource;
  const text = JSON.stringify(state, (name, value) => (name === "at" ? 1 : value));
  return resource.isTied ? `${text}${JSON.stringify(ties(resource.node))}` : text;
}

/** Which scalars are one and the same: for each that was met before, where it was met first. */
function ties(root: MapNode): (readonly [place: number, first: number])[] {
  const seen = new Map<ScalarNode, number>();
  const found: (readonly [number, number])[] = [];
  let place = 0;
  const pending: YamlNode[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === "seq") { for (const item of node.items) pending.push(item); }
    else if (node.kind === "map") { for (const { value } of node.entries) pending.push(value); }
    else {
      const first = seen.get(node);
      if (first === undefined) seen.set(node, place);
      else found.push([place, first]);
      place++;
    }
  }
  return found;
}
