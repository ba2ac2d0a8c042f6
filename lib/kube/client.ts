/**
 * The real {@linkcode Cluster}: one server, one identity. `openCluster` makes the first, `as` the others.
 *
 * @module
 */
import { type Clock, fail, isRecord, ok, type Random, type Result } from "../base/mod.ts";
import type {
  ApiResource,
  ApplyOptions,
  Cluster,
  DeleteOptions,
  Informer,
  InformerOptions,
  ObjectList,
  PatchOptions,
  Selection,
  WriteGuard,
} from "./cluster.ts";
import type { Discovery } from "./discovery.ts";
import { WatchedInformer } from "./informer.ts";
import { completeObject, fetchList, METADATA } from "./lists.ts";
import { type GroupVersionKind, gvkOf, type KubeObject, type ObjectRef } from "./object.ts";
import { collectionPath, objectPath, type Query, withQuery } from "./paths.ts";
import { isUnservedKind } from "./status.ts";
import type { ApiRequest, Transport } from "./transport.ts";

/** What all identities of one server share. */
export interface Connection {
  /** Requests. */
  readonly transport: Transport;
  /** Kinds. */
  readonly discovery: Discovery;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** Told of what nobody is told otherwise. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Longest silence of a watch. */
  readonly watchIdleMs: number;
  /** Informers list again after this time. */
  readonly relistMs: number;
  /** See {@linkcode OpenClusterOptions.maxListBytes}. */
  readonly maxListBytes?: number;
  /** Informers to end with the connection. */
  readonly informers: Set<AsyncDisposable>;
}

const APPLY = "application/apply-patch+yaml";
const PATCHES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
} as const;

const SERVICE_ACCOUNT: GroupVersionKind = { group: "", version: "v1", kind: "ServiceAccount" };
const TOKEN_REQUEST = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" };

/** As whom a cluster is used, and how. */
interface ClusterUse {
  /** Absent: as whom the credentials say. */
  readonly user?: string;
  readonly guard?: WriteGuard;
  /** Monotonic. */
  readonly deadlineMs?: number;
}

/** One identity at one server. */
export class ApiCluster implements Cluster {
  readonly #connection: Connection;
  readonly #use: ClusterUse;
  readonly #isOwner: boolean;

  /** The owner closes the connection; the others are made by `as` and `guardedBy`. */
  constructor(connection: Connection, use: ClusterUse = {}, isOwner = true) {
    this.#connection = connection;
    this.#use = use;
    this.#isOwner = isOwner;
  }

  get server(): string {
    return this.#connection.transport.server;
  }

  as({ namespace, name }: { namespace: string; name: string }): Cluster {
    const user = `system:serviceaccount:${namespace}:${name}`;
    return new ApiCluster(this.#connection, { ...this.#use, user }, false);
  }

  guardedBy(guard: WriteGuard): Cluster {
    return new ApiCluster(this.#connection, { ...this.#use, guard }, false);
  }

  until(deadlineMs: number): Cluster {
    return new ApiCluster(this.#connection, { ...this.#use, deadlineMs }, false);
  }

  get(ref: ObjectRef, options: { metadataOnly?: boolean } = {}): Promise<Result<KubeObject>> {
    return this.#withResource(gvkOf(ref), (resource) => {
      const path = objectPath(resource, ref);
      const accept = options.metadataOnly === true ? { accept: METADATA } : {};
      return this.#object(resource, path, { method: "GET", ...accept });
    });
  }

  list(gvk: GroupVersionKind, selection: Selection = {}): Promise<Result<ObjectList>> {
    return this.#withResource(
      gvk,
      (resource) =>
        fetchList(this.#connection.transport, resource, {
          ...selection,
          ...this.#user(),
          maxBytes: this.#connection.maxListBytes,
        }),
    );
  }

  create(
    object: KubeObject,
    options: { fieldManager: string; dryRun?: boolean },
  ): Promise<Result<KubeObject>> {
    return this.#withResource(gvkOf(object), (resource) => {
      const path = collectionPath(resource, object.metadata.namespace);
      const request = { method: "POST", body: object, ...this.#guard(options) } as const;
      return this.#object(resource, path, request, writeQuery(options));
    });
  }

  update(
    object: KubeObject,
    options: { fieldManager: string; subresource?: string },
  ): Promise<Result<KubeObject>> {
    return this.#withResource(gvkOf(object), (resource) => {
      const path = objectPath(resource, object.metadata, options.subresource);
      const request = { method: "PUT", body: object, ...this.#guard() } as const;
      return this.#object(resource, path, request, writeQuery(options));
    });
  }

  apply(object: KubeObject, options: ApplyOptions): Promise<Result<KubeObject>> {
    return this.#withResource(gvkOf(object), (resource) => {
      const path = objectPath(resource, object.metadata, options.subresource);
      const how = { method: "PATCH", contentType: APPLY } as const;
      const request = { ...how, body: object, ...this.#guard(options) };
      const query = { ...writeQuery(options), force: options.force };
      return this.#object(resource, path, request, query);
    });
  }

  patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<Result<KubeObject>> {
    return this.#withResource(gvkOf(ref), (resource) => {
      const path = objectPath(resource, ref, options.subresource);
      const how = { method: "PATCH", contentType: PATCHES[options.type] } as const;
      const request = { ...how, body: patch, ...this.#guard(options) };
      return this.#object(resource, path, request, writeQuery(options));
    });
  }

  async remove(ref: ObjectRef, options: DeleteOptions = {}): Promise<Result<void>> {
    const { uid, resourceVersion, propagation = "Background", dryRun } = options;
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: propagation,
      ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
      ...(dryRun === true ? { dryRun: ["All"] } : {}),
    };
    return await this.#withResource(gvkOf(ref), async (resource) => {
      const path = objectPath(resource, ref);
      if (!path.ok) return path;
      const request = { method: "DELETE", path: path.value, body } as const;
      const sent = await this.#send({ ...request, ...this.#guard(options) });
      return sent.ok ? ok(undefined) : sent;
    });
  }

  resourceOf(gvk: GroupVersionKind): Promise<Result<ApiResource>> {
    return this.#connection.discovery.resourceOf(gvk);
  }

  informer(gvk: GroupVersionKind, options: InformerOptions = {}): Informer {
    const { informers } = this.#connection;
    const informer: WatchedInformer = new WatchedInformer(this.#connection, gvk, {
      ...options,
      ...this.#user(),
      onClose: () => informers.delete(informer),
    });
    informers.add(informer);
    return informer;
  }

  async requestToken(
    account: { namespace: string; name: string },
    audience: string | readonly string[],
  ): Promise<Result<string>> {
    return await this.#withResource(SERVICE_ACCOUNT, async (resource) => {
      const path = objectPath(resource, account, "token");
      if (!path.ok) return path;
      const body = { ...TOKEN_REQUEST, spec: { audiences: [audience].flat() } };
      const sent = await this.#send({ method: "POST", path: path.value, body });
      if (!sent.ok) return sent;
      const { status } = isRecord(sent.value.body) ? sent.value.body : {};
      const token = isRecord(status) ? status["token"] : undefined;
      return typeof token === "string" && token !== ""
        ? ok(token)
        : fail("InternalError", `${path.value} did not answer with a token`);
    });
  }

  async getPath(path: string): Promise<Result<unknown>> {
    const sent = await this.#send({ method: "GET", path });
    return sent.ok ? ok(sent.value.body) : sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOwner) return;
    const { informers, transport } = this.#connection;
    // First, so that an informer that lists does not wait for an answer.
    transport.close();
    await Promise.all([...informers].map((informer) => informer[Symbol.asyncDispose]()));
  }

  #send(request: ApiRequest): ReturnType<Transport["send"]> {
    return this.#connection.transport.send({ ...request, ...this.#user() });
  }

  #user(): { user?: string } {
    const { user } = this.#use;
    return user === undefined ? {} : { user };
  }

  #guard({ dryRun }: { dryRun?: boolean } = {}): { guard?: WriteGuard } {
    const { guard } = this.#use;
    return guard === undefined || dryRun === true ? {} : { guard };
  }

  async #object(
    resource: ApiResource,
    path: Result<string>,
    request: Omit<ApiRequest, "path">,
    query: Query = {},
  ): Promise<Result<KubeObject>> {
    if (!path.ok) return path;
    const sent = await this.#send({ ...request, path: withQuery(path.value, query) });
    if (!sent.ok) return sent;
    const object = completeObject(sent.value.body, resource);
    return object === undefined
      ? fail("InternalError", `${path.value} did not answer with an object`)
      : ok(object);
  }

  /** Runs `step` with how the kind is served; once more when it turns out to be served otherwise by now. */
  async #withResource<T>(
    gvk: GroupVersionKind,
    step: (resource: ApiResource) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const { discovery, clock } = this.#connection;
    const { deadlineMs = Infinity } = this.#use;
    if (clock.monotonicMs() >= deadlineMs) {
      return fail("Timeout", `The time for what was to be done at ${this.server} is up`);
    }
    const resource = await discovery.resourceOf(gvk);
    if (!resource.ok) return resource;
    const first = await step(resource.value);
    if (first.ok || !isUnservedKind(first)) return first;
    const again = await discovery.askFor(gvk);
    if (!again.ok) return again;
    const result = await step(again.value);
    if (result.ok || !isUnservedKind(result)) return result;
    // Somebody on the way, or a server that is just starting: nobody has looked for the object.
    return { ...result, code: "ServiceUnavailable" };
  }
}

function writeQuery(options: { fieldManager: string; dryRun?: boolean }): Query {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? "All" : undefined,
  };
}
