/**
 * What the fake API server holds, and what it does on a write: versions, generations, finalizers.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { type Clock, fail, type Failure, formatTime, ok, type Result } from "../base/mod.ts";
import {
  type DeleteOptions,
  type GroupVersionKind,
  type KubeObject,
  namespacedName,
  type ObjectRef,
} from "../kube/mod.ts";
import { ownUpdate, type Write } from "./fake_fields.ts";
import { FAKE_RESOURCES, type FakeResource, resourcesOfDefinition } from "./fake_resources.ts";

/** An event as a watch would bring it. */
export interface FakeEvent {
  /** Kind of change. */
  readonly type: "put" | "take";
  /** State after it. Frozen. */
  readonly object: KubeObject;
}

/** The objects and kinds of a fake cluster, whoever asks. */
export class FakeState {
  /** Time. */
  readonly clock: Clock;
  /** Told of each change, in order and at once. */
  readonly listeners: Set<(resource: FakeResource, event: FakeEvent) => void> = new Set();
  /** Told when the set of kinds changes. */
  readonly kindListeners: Set<() => void> = new Set();
  readonly #resources: FakeResource[];
  readonly #objects = new Map<FakeResource, Map<string, KubeObject>>();
  #version = 1000;
  #uid = 0;

  /** Starts without objects. */
  constructor(clock: Clock, resources: readonly FakeResource[] = FAKE_RESOURCES) {
    this.clock = clock;
    this.#resources = [...resources];
  }

  /** The version of the last write. */
  get resourceVersion(): string {
    return String(this.#version);
  }

  /** How a kind is served. */
  resourceOf({ group, version, kind }: GroupVersionKind): Result<FakeResource> {
    const found = this.#resources.find(({ gvk }) =>
      gvk.group === group && gvk.version === version && gvk.kind === kind
    );
    if (found !== undefined) return ok(found);
    const groupVersion = group === "" ? version : `${group}/${version}`;
    return fail("NoMatch", `no matches for kind "${kind}" in version "${groupVersion}"`);
  }

  /** Serves one more kind. */
  define(resource: FakeResource): void {
    if (this.resourceOf(resource.gvk).ok) return;
    this.#resources.push(resource);
    for (const listener of [...this.kindListeners]) listener();
  }

  /** Stops serving a kind; its objects are gone. */
  undefine(gvk: GroupVersionKind): void {
    const resource = this.resourceOf(gvk);
    if (!resource.ok) return;
    this.#resources.splice(this.#resources.indexOf(resource.value), 1);
    this.#objects.delete(resource.value);
    for (const listener of [...this.kindListeners]) listener();
  }

  /** The stored object, frozen, or nothing. */
  find(resource: FakeResource, ref: { name: string; namespace?: string }): KubeObject | undefined {
    const namespace = namespaceOf(resource, ref);
    return this.#objects.get(resource)?.get(namespacedName({ namespace, name: ref.name }));
  }

  /** All objects of a kind, frozen, by name. */
  all(resource: FakeResource): KubeObject[] {
    const objects = [...this.#objects.get(resource)?.entries() ?? []];
    return objects.sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
  }

  /** Stores a new object. */
  create(resource: FakeResource, object: KubeObject, write: Write): Result<KubeObject> {
    const next = structuredClone(object);
    const { metadata } = next;
    if (metadata.generateName !== undefined && !metadata.name) {
      metadata.name = `${metadata.generateName}${String(this.#uid + 1).padStart(5, "0")}`;
    }
    if (resource.namespaced && !metadata.namespace) return this.#noNamespace(resource);
    if (this.find(resource, metadata) !== undefined) {
      return fail("AlreadyExists", `${nameIn(resource, metadata.name)} already exists`);
    }
    this.#uid++;
    metadata.uid = `00000000-0000-4000-8000-${String(this.#uid).padStart(12, "0")}`;
    metadata.creationTimestamp = formatTime(this.clock.now());
    if (resource.hasGeneration) metadata.generation = 1;
    if (resource.hasStatus) delete next.status;
    if (metadata.managedFields === undefined) ownUpdate(undefined, next, write);
    return ok(this.#store(resource, next));
  }

  /** Stores what a writer made of `live`, with the server's own rules applied. */
  replace(
    resource: FakeResource,
    live: KubeObject,
    wanted: KubeObject,
    write: Write,
    options: { owned?: boolean } = {},
  ): Result<KubeObject> {
    const { name, resourceVersion } = wanted.metadata;
    const liveMeta = live.metadata;
    if (resourceVersion && resourceVersion !== liveMeta.resourceVersion) {
      return this.#modified(resource, name);
    }
    if (wanted.metadata.uid !== undefined && wanted.metadata.uid !== liveMeta.uid) {
      const why =
        `Precondition failed: UID in precondition: ${wanted.metadata.uid}, UID in object meta: ${liveMeta.uid}`;
      return fail("Conflict", `Operation cannot be fulfilled on ${nameIn(resource, name)}: ${why}`);
    }
    const next = this.#visiblePart(resource, live, wanted, write.subresource);
    if (options.owned !== true) ownUpdate(live, next, write);
    if (resource.hasGeneration && isSpecChanged(live, next)) {
      next.metadata.generation = (liveMeta.generation ?? 0) + 1;
    }
    if (isDeepStrictEqual(next, live)) return ok(live);
    const isReleased = next.metadata.deletionTimestamp !== undefined &&
      (next.metadata.finalizers ?? []).length === 0;
    return ok(isReleased ? this.#drop(resource, next) : this.#store(resource, next));
  }

  /** Deletes, or marks as deleted while a finalizer holds it. */
  remove(resource: FakeResource, ref: ObjectRef, options: DeleteOptions): Result<void> {
    const live = this.find(resource, ref);
    if (live === undefined) return this.notFound(resource, ref.name);
    const { uid, resourceVersion, finalizers = [] } = live.metadata;
    // Here the server names the kind, not the resource.
    const refused = `Operation cannot be fulfilled on ${resource.gvk.kind} "${ref.name}": `;
    if (options.uid !== undefined && options.uid !== uid) {
      const why = `the UID in the precondition (${options.uid}) does not match the UID in record ` +
        `(${uid}). The object might have been deleted and then recreated`;
      return fail("Conflict", `${refused}${why}`);
    }
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
      const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not ` +
        `match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
      return fail("Conflict", `${refused}${why}`);
    }
    if (options.dryRun === true) return ok(undefined);
    if (finalizers.length === 0) this.#drop(resource, structuredClone(live));
    else if (live.metadata.deletionTimestamp === undefined) {
      const marked = structuredClone(live);
      marked.metadata.deletionTimestamp = formatTime(this.clock.now());
      marked.metadata.deletionGracePeriodSeconds = 0;
      if (resource.hasGeneration) marked.metadata.generation = (live.metadata.generation ?? 0) + 1;
      this.#store(resource, marked);
    }
    return ok(undefined);
  }

  /** The answer that `ask` would get; nothing is kept and nobody is told. */
  dryRun<T>(ask: (copy: FakeState) => T): T {
    const copy = new FakeState(this.clock, this.#resources);
    for (const [resource, objects] of this.#objects) {
      copy.#objects.set(resource, new Map(objects));
    }
    copy.#version = this.#version;
    copy.#uid = this.#uid;
    return ask(copy);
  }

  /** The server's words for an object that is not there. */
  notFound(resource: FakeResource, name: string): Failure {
    return fail("NotFound", `${nameIn(resource, name)} not found`);
  }

  #modified(resource: FakeResource, name: string): Failure {
    return fail(
      "Conflict",
      `Operation cannot be fulfilled on ${nameIn(resource, name)}: the object has been modified; ` +
        "please apply your changes to the latest version and try again",
    );
  }

  #noNamespace(resource: FakeResource): Failure {
    return fail(
      "BadRequest",
      `an empty namespace may not be set during creation of ${resource.plural}`,
    );
  }

  /** `wanted` as far as this way of writing reaches: spec and metadata, or status. */
  #visiblePart(
    resource: FakeResource,
    live: KubeObject,
    wanted: KubeObject,
    subresource: string | undefined,
  ): KubeObject {
    const toStatus = subresource === "status";
    const next: KubeObject = structuredClone(toStatus ? live : wanted);
    if (toStatus) {
      if (wanted.status === undefined) delete next.status;
      else next.status = structuredClone(wanted.status);
      if (wanted.metadata.managedFields !== undefined) {
        next.metadata.managedFields = structuredClone(wanted.metadata.managedFields);
      }
    } else if (resource.hasStatus) {
      if (live.status === undefined) delete next.status;
      else next.status = structuredClone(live.status);
    }
    keepServerFields(live, next);
    return next;
  }

  #store(resource: FakeResource, object: KubeObject): KubeObject {
    this.#version++;
    object.metadata.resourceVersion = String(this.#version);
    const frozen = deepFreeze(object);
    const objects = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, objects);
    objects.set(namespacedName(object.metadata), frozen);
    for (const defined of resourcesOfDefinition(frozen)) this.define(defined);
    for (const listener of [...this.listeners]) listener(resource, { type: "put", object: frozen });
    return frozen;
  }

  #drop(resource: FakeResource, object: KubeObject): KubeObject {
    this.#version++;
    object.metadata.resourceVersion = String(this.#version);
    const frozen = deepFreeze(object);
    this.#objects.get(resource)?.delete(namespacedName(object.metadata));
    for (const defined of resourcesOfDefinition(frozen)) this.undefine(defined.gvk);
    for (const listener of [...this.listeners]) {
      listener(resource, { type: "take", object: frozen });
    }
    return frozen;
  }
}

/** The resource's name as the server's messages write it: `deployments.apps "web"`. */
function nameIn({ plural, gvk }: FakeResource, name: string): string {
  return `${gvk.group === "" ? plural : `${plural}.${gvk.group}`} "${name}"`;
}

function namespaceOf(resource: FakeResource, ref: { namespace?: string }): string {
  return resource.namespaced ? ref.namespace ?? "" : "";
}

function keepServerFields(live: KubeObject, next: KubeObject): void {
  const from = live.metadata;
  const to = next.metadata;
  if (from.uid !== undefined) to.uid = from.uid;
  if (from.resourceVersion !== undefined) to.resourceVersion = from.resourceVersion;
  if (from.creationTimestamp !== undefined) to.creationTimestamp = from.creationTimestamp;
  if (from.generation !== undefined) to.generation = from.generation;
  if (from.deletionTimestamp !== undefined) to.deletionTimestamp = from.deletionTimestamp;
  if (from.deletionGracePeriodSeconds !== undefined) {
    to.deletionGracePeriodSeconds = from.deletionGracePeriodSeconds;
  }
  if (to.managedFields === undefined && from.managedFields !== undefined) {
    to.managedFields = structuredClone(from.managedFields);
  }
}

function isSpecChanged(before: KubeObject, after: KubeObject): boolean {
  const { metadata: _m, status: _s, ...old } = before;
  const { metadata: _n, status: _t, ...now } = after;
  return !isDeepStrictEqual(old, now);
}

/** Freezes all of `value`: whoever changes an object from a cache fails at once. */
function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
