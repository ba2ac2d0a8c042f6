/**
 * A Kubernetes API server in memory, for the unit tests of whatever talks to a {@linkcode Cluster}.
 *
 * It knows versions, generations, the status subresource, field ownership with conflicts, optimistic
 * locking, finalizers, uid preconditions, generated names, dry-runs and watches, and words its failures as
 * the real one does. Objects in its caches are frozen, so writing to one throws.
 *
 * It does not validate, default or prune; lists are owned as a whole; namespaces need not exist and their
 * deletion deletes nothing; owner references are not collected; nobody is refused unless a test says so
 * ({@linkcode FakeCluster.inject}).
 *
 * @module
 */
import { type Clock, fail, type Failure, formatTime, ok, type Result } from "../base/mod.ts";
import type {
  ApiResource,
  ApplyOptions,
  Cluster,
  DeleteOptions,
  GroupVersionKind,
  Informer,
  InformerOptions,
  KubeObject,
  ObjectList,
  ObjectRef,
  PatchOptions,
  Selection,
  WriteGuard,
} from "../kube/mod.ts";
import { gvkOf, isKubeObject, refOf } from "../kube/mod.ts";
import { FakeClock } from "./fake_clock.ts";
import { applyFields, type Write } from "./fake_fields.ts";
import { FakeInformer, isSelected } from "./fake_informer.ts";
import { jsonPatch, mergePatch } from "./fake_patches.ts";
import { FAKE_RESOURCES, type FakeResource } from "./fake_resources.ts";
import { FakeState } from "./fake_state.ts";

/** What can be asked. */
export type FakeVerb =
  | "get"
  | "list"
  | "create"
  | "update"
  | "apply"
  | "patch"
  | "remove"
  | "discover"
  | "watch"
  | "token"
  | "path";

/** One request, as the log keeps it. */
export interface FakeRequest {
  readonly verb: FakeVerb;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  /** Who asked: `system:serviceaccount:ns:name`; absent for the cluster's own identity. */
  readonly as?: string;
  /** What was sent: object or patch. */
  readonly body?: unknown;
}

/** Members of a request that must be the same. */
export type FakeMatch = Partial<Omit<FakeRequest, "body">>;

/** What a test does to requests that match. */
export interface FakeFault {
  /** Runs first: a foreign write in between, or a promise to hold the request. */
  before?: (request: FakeRequest) => void | Promise<void>;
  /** The answer instead of the server's. */
  failure?: Failure;
  /** The write happens all the same: only the answer is lost. */
  after?: boolean;
  /** How many requests; 1 when absent. */
  times?: number;
}

interface Shared {
  state: FakeState;
  requests: FakeRequest[];
  faults: { match: FakeMatch; fault: FakeFault; left: number }[];
  informers: Set<FakeInformer>;
  paths: Map<string, unknown>;
  errors: unknown[];
}

/** See the module's description. */
export class FakeCluster implements Cluster {
  readonly server = "https://fake.test";
  readonly #shared: Shared;
  readonly #user: string | undefined;
  readonly #guard: WriteGuard | undefined;

  /** All but `options` is for {@linkcode FakeCluster.as} and {@linkcode FakeCluster.guardedBy} only. */
  constructor(
    options?: { clock?: Clock; resources?: readonly FakeResource[] },
    shared?: Shared,
    user?: string,
    guard?: WriteGuard,
  ) {
    this.#shared = shared ?? {
      state: new FakeState(options?.clock ?? new FakeClock(), options?.resources ?? FAKE_RESOURCES),
      requests: [],
      faults: [],
      informers: new Set(),
      paths: new Map<string, unknown>([["/version", { gitVersion: "v1.36.0" }]]),
      errors: [],
    };
    this.#user = user;
    this.#guard = guard;
  }

  // What a test does.

  /** All requests so far, in order, whoever asked; a test may empty it. */
  get requests(): FakeRequest[] {
    return this.#shared.requests;
  }

  /** The requests that changed something. */
  get writes(): FakeRequest[] {
    return this.requests.filter(isWrite);
  }

  /** The informers that are open. */
  get informers(): readonly FakeInformer[] {
    return [...this.#shared.informers];
  }

  /** What {@linkcode getPath} answers. */
  get paths(): Map<string, unknown> {
    return this.#shared.paths;
  }

  /** What handlers of informers threw. */
  get errors(): readonly unknown[] {
    return this.#shared.errors;
  }

  /** Puts an object there, status included, as a foreign writer without a request; returns it as stored. */
  seed(object: KubeObject, manager = "seed"): KubeObject {
    const resource = this.#served(object);
    const { state } = this.#shared;
    const write = { manager, time: this.#time() };
    const live = state.find(resource, object.metadata);
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
    const wanted = { ...object, metadata };
    const spec = live === undefined
      ? state.create(resource, wanted, write)
      : state.replace(resource, live, wanted, write);
    if (!spec.ok) throw new TypeError(spec.message);
    if (!resource.hasStatus || object.status === undefined) return structuredClone(spec.value);
    const toStatus = { ...write, subresource: "status" };
    const both = { ...structuredClone(spec.value), status: object.status };
    const stored = state.replace(resource, spec.value, both, toStatus);
    if (!stored.ok) throw new TypeError(stored.message);
    return structuredClone(stored.value);
  }

  /** The stored object, without a request. */
  peek(ref: ObjectRef): KubeObject | undefined {
    return structuredClone(this.#shared.state.find(this.#served(ref), ref));
  }

  /** All stored objects of a kind, without a request. */
  peekAll(apiVersion: string, kind: string): KubeObject[] {
    return structuredClone(this.#shared.state.all(this.#served({ apiVersion, kind })));
  }

  /** Deletes as a foreign writer; finalizers hold as ever. */
  drop(ref: ObjectRef): void {
    this.#shared.state.remove(this.#served(ref), ref, {});
  }

  /** Serves one more kind. */
  define(resource: FakeResource): void {
    this.#shared.state.define(resource);
  }

  /** Does `fault` to the next requests that match; returns how to call it off. */
  inject(match: FakeMatch, fault: FakeFault): () => void {
    const entry = { match, fault, left: fault.times ?? 1 };
    this.#shared.faults.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  // What the code under test does.

  as(serviceAccount: { namespace: string; name: string }): FakeCluster {
    const user = `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
    return new FakeCluster({}, this.#shared, user, this.#guard);
  }

  guardedBy(guard: WriteGuard): FakeCluster {
    return new FakeCluster({}, this.#shared, this.#user, guard);
  }

  until(_deadlineMs: number): FakeCluster {
    return this;
  }

  get(ref: ObjectRef, options: { metadataOnly?: boolean } = {}): Promise<Result<KubeObject>> {
    return this.#serve({ verb: "get", ...target(ref) }, ref, (resource, state) => {
      const found = state.find(resource, ref);
      if (found === undefined) return state.notFound(resource, ref.name);
      const { apiVersion, kind, metadata } = found;
      return ok(options.metadataOnly === true ? { apiVersion, kind, metadata } : found);
    });
  }

  list(gvk: GroupVersionKind, selection: Selection = {}): Promise<Result<ObjectList>> {
    const { namespace } = selection;
    const request = { verb: "list", kind: gvk.kind, ...(namespace ? { namespace } : {}) } as const;
    return this.#serve(request, gvk, (resource, state) =>
      ok({
        resourceVersion: state.resourceVersion,
        items: state.all(resource).filter((object) => isSelected(object, selection)),
      }));
  }

  create(
    object: KubeObject,
    options: { fieldManager: string; dryRun?: boolean },
  ): Promise<Result<KubeObject>> {
    const request: FakeRequest = {
      verb: "create",
      ...target(refOf(object)),
      ...options,
      body: object,
    };
    return this.#write(
      request,
      object,
      (resource, state, write) => state.create(resource, object, write),
    );
  }

  update(
    object: KubeObject,
    options: { fieldManager: string; subresource?: string },
  ): Promise<Result<KubeObject>> {
    const request: FakeRequest = {
      verb: "update",
      ...target(refOf(object)),
      ...options,
      body: object,
    };
    return this.#write(request, object, (resource, state, write) => {
      const live = state.find(resource, object.metadata);
      if (live === undefined) return state.notFound(resource, object.metadata.name);
      return state.replace(resource, live, object, write);
    });
  }

  apply(object: KubeObject, options: ApplyOptions): Promise<Result<KubeObject>> {
    const request: FakeRequest = {
      verb: "apply",
      ...target(refOf(object)),
      ...options,
      body: object,
    };
    return this.#write(request, object, (resource, state, write) => {
      const live = state.find(resource, object.metadata);
      const merged = applyFields(live, visible(object, resource, write), {
        ...write,
        force: options.force === true,
      });
      if (!merged.ok) return merged;
      if (live === undefined) return state.create(resource, merged.value, write);
      const wanted = merged.value;
      // Preconditions travel in the intent, not in what was read.
      if (object.metadata.resourceVersion !== undefined) {
        wanted.metadata.resourceVersion = object.metadata.resourceVersion;
      }
      if (object.metadata.uid !== undefined) wanted.metadata.uid = object.metadata.uid;
      return state.replace(resource, live, wanted, write, { owned: true });
    });
  }

  patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<Result<KubeObject>> {
    const { type, ...logged } = options;
    const request: FakeRequest = { verb: "patch", ...target(ref), ...logged, body: patch };
    return this.#write(request, ref, (resource, state, write) => {
      const live = state.find(resource, ref);
      if (live === undefined) return state.notFound(resource, ref.name);
      const patched = type === "merge" ? ok(mergePatch(live, patch)) : jsonPatch(live, patch);
      if (!patched.ok) return patched;
      const { value } = patched;
      if (!isKubeObject(value)) return fail("Invalid", "the patched object has no name");
      return state.replace(resource, live, structuredClone(value), write);
    });
  }

  remove(ref: ObjectRef, options: DeleteOptions = {}): Promise<Result<void>> {
    const dryRun = options.dryRun === true;
    const request: FakeRequest = {
      verb: "remove",
      ...target(ref),
      ...(dryRun ? { dryRun } : {}),
      body: options,
    };
    return this.#serve(request, ref, (resource, state) => state.remove(resource, ref, options));
  }

  resourceOf(gvk: GroupVersionKind): Promise<Result<ApiResource>> {
    return this.#serve({ verb: "discover", kind: gvk.kind }, gvk, (resource) => {
      const { plural, namespaced, verbs } = resource;
      return ok({ gvk: resource.gvk, plural, namespaced, verbs });
    });
  }

  informer(gvk: GroupVersionKind, options: InformerOptions = {}): Informer {
    const { informers, errors, state } = this.#shared;
    const { namespace } = options;
    this.#log({ verb: "watch", kind: gvk.kind, ...(namespace ? { namespace } : {}) });
    const informer: FakeInformer = new FakeInformer(state, gvk, options, {
      onError: (thrown) => errors.push(thrown),
      onClose: () => informers.delete(informer),
    });
    informers.add(informer);
    return informer;
  }

  requestToken(
    account: { namespace: string; name: string },
    audience: string | readonly string[],
  ): Promise<Result<string>> {
    const { namespace, name } = account;
    const ref = { apiVersion: "v1", kind: "ServiceAccount", namespace, name };
    return this.#serve(
      { verb: "token", ...target(ref), body: audience },
      ref,
      (resource, state) =>
        state.find(resource, ref) === undefined
          ? state.notFound(resource, name)
          : ok(`token of ${namespace}/${name} for ${audience}`),
    );
  }

  getPath(path: string): Promise<Result<unknown>> {
    const found = this.#shared.paths.get(path);
    return this.#faulty(
      { verb: "path", name: path },
      () =>
        found === undefined
          ? fail("NotFound", "the server could not find the requested resource")
          : ok(structuredClone(found)),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #time(): string {
    return formatTime(this.#shared.state.clock.now());
  }

  #served(named: { apiVersion: string; kind: string }): FakeResource {
    const resource = this.#shared.state.resourceOf(gvkOf(named));
    if (!resource.ok) throw new TypeError(`${resource.message}; call define() first`);
    return resource.value;
  }

  #log(request: FakeRequest): FakeRequest {
    const logged = this.#user === undefined ? request : { ...request, as: this.#user };
    this.#shared.requests.push(structuredClone(logged));
    return logged;
  }

  async #faulty<T>(
    request: FakeRequest,
    answer: () => Result<T>,
  ): Promise<Result<T>> {
    const refused = isWrite(request) ? this.#guard?.() : undefined;
    if (refused !== undefined) return refused;
    const logged = this.#log(request);
    const entry = this.#shared.faults.find(({ match, left }) => left > 0 && matches(logged, match));
    if (entry === undefined) {
      await Promise.resolve();
      return structuredClone(answer());
    }
    entry.left--;
    await entry.fault.before?.(logged);
    if (entry.fault.failure === undefined) return structuredClone(answer());
    if (entry.fault.after === true) answer();
    return entry.fault.failure;
  }

  #serve<T>(
    request: FakeRequest,
    named: GroupVersionKind | ObjectRef,
    answer: (resource: FakeResource, state: FakeState) => Result<T>,
  ): Promise<Result<T>> {
    const gvk = "apiVersion" in named ? gvkOf(named) : named;
    return this.#faulty(request, () => {
      const { state } = this.#shared;
      const resource = state.resourceOf(gvk);
      return resource.ok ? answer(resource.value, state) : resource;
    });
  }

  #write(
    request: FakeRequest,
    named: ObjectRef | KubeObject,
    answer: (resource: FakeResource, state: FakeState, write: Write) => Result<KubeObject>,
  ): Promise<Result<KubeObject>> {
    const gvk = gvkOf({ apiVersion: String(named.apiVersion), kind: String(named.kind) });
    return this.#serve(request, gvk, (resource, state) => {
      const { fieldManager: manager = "", subresource } = request;
      const write: Write = { manager, time: this.#time(), subresource };
      return request.dryRun === true
        ? state.dryRun((copy) => answer(resource, copy, write))
        : answer(resource, state, write);
    });
  }
}

function target(ref: ObjectRef): { kind: string; namespace?: string; name: string } {
  const { kind, namespace, name } = ref;
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** Whether a request changes something. */
function isWrite({ verb, dryRun }: FakeRequest): boolean {
  return ["create", "update", "apply", "patch", "remove"].includes(verb) && dryRun !== true;
}

function matches(request: FakeRequest, match: FakeMatch): boolean {
  return Object.entries(match).every(([key, value]) => Reflect.get(request, key) === value);
}

/** The part of an intent that this way of writing reaches. */
function visible(object: KubeObject, resource: FakeResource, write: Write): KubeObject {
  if (write.subresource === "status") {
    const { apiVersion, kind, metadata: { name, namespace }, status } = object;
    const metadata = namespace === undefined ? { name } : { name, namespace };
    return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
  }
  if (!resource.hasStatus) return object;
  const { status: _, ...rest } = object;
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata };
}
