/**
 * The resources of a build in their order, found by identity and by name without a walk over all of them.
 *
 * @module
 */
import { Refusal } from "./refusal.ts";
import { anyKeys, currentId, currentKey, type Resource } from "./resource.ts";
import { idKey, type ResourceId, showId } from "./resource_id.ts";

/** Resources with indexes, which are made when they are first asked for. */
export class ResourceList {
  #items: Resource[];
  #byCurrentId: Map<string, Resource[]> | undefined;
  #byAnyId: Map<string, Resource[]> | undefined;
  #byName: Map<string, Resource[]> | undefined;
  #hasEmpty = false;

  /** Takes over the given resources. */
  constructor(items: Resource[] = []) {
    this.#items = items;
  }

  /** The resources in order. */
  get items(): readonly Resource[] {
    return this.#items;
  }

  /** To be called after something changed what resources are called. */
  renamed(): void {
    this.#byCurrentId = undefined;
    this.#byAnyId = undefined;
    this.#byName = undefined;
  }

  /** Puts another list in the place of this one. */
  replaceAll(items: Resource[]): void {
    this.#items = items;
    this.renamed();
  }

  /** Adds a resource whose identity nothing has yet. */
  append(resource: Resource): void {
    const id = currentId(resource);
    const key = currentKey(resource);
    this.#byCurrentId ??= index(this.#items, (there) => [currentKey(there)]);
    const [taken] = this.#byCurrentId.get(key) ?? [];
    if (taken !== undefined) {
      throw new Refusal(
        `${showId(id)} is there already${taken.provenance ? `, from ${where(taken)}` : ""}; ` +
          "give one of the two another name, or turn it into a patch",
        resource.provenance,
      );
    }
    this.#items.push(resource);
    add(this.#byCurrentId, key, resource);
    if (this.#byAnyId !== undefined) {
      for (const anyKey of anyKeys(resource)) add(this.#byAnyId, anyKey, resource);
    }
    if (this.#byName !== undefined) {
      for (const name of namesOf(resource)) add(this.#byName, name, resource);
    }
  }

  /** Resources that have this identity now. */
  withCurrentId(id: ResourceId): readonly Resource[] {
    this.#byCurrentId ??= index(this.#items, (resource) => [currentKey(resource)]);
    return this.#byCurrentId.get(idKey(id)) ?? [];
  }

  /** Resources that have, or once had, this identity. */
  withAnyId(id: ResourceId): readonly Resource[] {
    this.#byAnyId ??= index(this.#items, anyKeys);
    return this.#byAnyId.get(idKey(id)) ?? [];
  }

  /** Resources that have, or once had, this name. */
  withAnyName(name: string): readonly Resource[] {
    this.#byName ??= index(this.#items, namesOf);
    return this.#byName.get(name) ?? [];
  }

  /** Refuses two resources that have become one and the same. */
  checkUnique(): void {
    this.#byCurrentId ??= index(this.#items, (resource) => [currentKey(resource)]);
    for (const resource of this.#items) {
      const [first, second] = this.#byCurrentId.get(currentKey(resource)) ?? [];
      if (second === undefined) continue;
      const id = currentId(resource);
      const from = first?.provenance === undefined ? "" : `, one of them from ${where(first)}`;
      throw new Refusal(
        `two resources end up as ${showId(id)}${from}; rename one of them`,
        second.provenance,
      );
    }
  }

  /** Puts `resource` in the place of `old`. */
  replace(old: Resource, resource: Resource): void {
    const position = this.#items.indexOf(old);
    if (position >= 0) this.#items[position] = resource;
    this.renamed();
  }

  /** To be called after a patch left nothing of a resource. */
  noteEmpty(): void {
    this.#hasEmpty = true;
  }

  /** Takes out what patches left empty. */
  dropEmpty(): void {
    if (!this.#hasEmpty) return;
    this.#hasEmpty = false;
    this.replaceAll(this.#items.filter(({ node }) => node.entries.length > 0));
  }
}

function where(resource: Resource): string {
  return `${resource.provenance?.path}:${resource.provenance?.line}`;
}

function index(
  items: readonly Resource[],
  keysOf: (resource: Resource) => Iterable<string>,
): Map<string, Resource[]> {
  const made = new Map<string, Resource[]>();
  for (const resource of items) for (const key of keysOf(resource)) add(made, key, resource);
  return made;
}

function add(map: Map<string, Resource[]> | undefined, key: string, resource: Resource): void {
  if (map === undefined) return;
  const there = map.get(key);
  if (there === undefined) map.set(key, [resource]);
  else there.push(resource);
}

function namesOf(resource: Resource): Iterable<string> {
  const { name } = currentId(resource);
  if (resource.previous.length === 0) return [name];
  return new Set([...resource.previous.map((previous) => previous.name), name]);
}
