/**
 * What the rest of Sluice knows of a cluster (design D3, D20). `openCluster` makes a real one.
 *
 * Failures carry the API server's own reason as `code` (`NotFound`, `Forbidden`, `Conflict`, `Invalid`,
 * `AlreadyExists`, `Gone`, `TooManyRequests`, …) and its message letter for letter; besides these
 * `NoMatch` (no such kind), `Unreachable` (no answer) and `Timeout`.
 *
 * @module
 */
import type { Failure, Result } from "../base/mod.ts";
import type { GroupVersionKind, KubeObject, ObjectRef } from "./object.ts";

/** One served resource. */
export interface ApiResource {
  /** Group, version and kind. */
  readonly gvk: GroupVersionKind;
  /** Plural name in URLs: `deployments`. */
  readonly plural: string;
  /** Whether objects live in namespaces. */
  readonly namespaced: boolean;
  /** `get`, `list`, `watch`, `patch`, … */
  readonly verbs: readonly string[];
}

/** Which objects of a kind. */
export interface Selection {
  /** One namespace; all of them when absent. */
  namespace?: string;
  /** Label selector in the query syntax. */
  labelSelector?: string;
  /** Field selector in the query syntax. */
  fieldSelector?: string;
}

/** For server-side apply. */
export interface ApplyOptions {
  /** Field manager. */
  fieldManager: string;
  /** Take fields from other managers. */
  force?: boolean;
  /** Ask only. */
  dryRun?: boolean;
  /** For example `status`. */
  subresource?: string;
}

/** For other patches. */
export interface PatchOptions {
  /** Field manager. */
  fieldManager: string;
  /** `merge` (RFC 7396) or `json` (RFC 6902). */
  type: "merge" | "json";
  /** Ask only. */
  dryRun?: boolean;
  /** For example `status`. */
  subresource?: string;
}

/** For deletes. */
export interface DeleteOptions {
  /** Delete only the object of this uid: the precondition of every prune (design D11). */
  uid?: string;
  /** Delete only at this version. */
  resourceVersion?: string;
  /** What becomes of dependents; `Background` when absent. */
  propagation?: "Background" | "Foreground" | "Orphan";
  /** Ask only. */
  dryRun?: boolean;
}

/** A page-free list. */
export interface ObjectList {
  /** Version to watch from. */
  readonly resourceVersion: string;
  /** The objects, with `apiVersion` and `kind` filled in. */
  readonly items: KubeObject[];
}

/** One change that an informer saw. */
export interface Change {
  /** What happened. */
  readonly type: "added" | "updated" | "deleted";
  /** The object now; for `deleted` its last known state. Never to be changed. */
  readonly object: KubeObject;
  /** The object before, where there was one. */
  readonly previous?: KubeObject;
}

/** A local copy of the objects of one kind, kept up to date by a watch. */
export interface Informer extends AsyncDisposable {
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>;
  /** Resolves with `synced`, or as soon as `trouble` says why there is no list yet. */
  readonly answered: Promise<void>;
  /** The object, or nothing. Objects are shared: never change one. */
  get(name: string, namespace?: string): KubeObject | undefined;
  /** All objects. */
  list(): readonly KubeObject[];
  /** The objects that the named index files under `key`. */
  byIndex(index: string, key: string): readonly KubeObject[];
  /** Calls `handler` for each change, and at once with `added` for each object that is already here. */
  onChange(handler: (change: Change) => void): () => void;
  /** Why the watch does not run now (`Forbidden`, `NoMatch`, `Unreachable`), or nothing. */
  readonly trouble: { code: string; message: string } | undefined;
}

/** How to keep a local copy. */
export interface InformerOptions extends Selection {
  /** Names of indexes and the keys each gives an object. */
  indexes?: Readonly<Record<string, (object: KubeObject) => readonly string[]>>;
  /** Only `metadata` is fetched and kept. */
  metadataOnly?: boolean;
  /** Makes what is kept smaller; runs on each object that arrives. */
  strip?: (object: KubeObject) => KubeObject;
}

/**
 * Says why a write may not be made now. Asked in the moment of sending, after every wait for a place or for
 * a repetition, under every identity; dry-runs change nothing and are not asked about.
 */
export type WriteGuard = () => Failure | undefined;

/** A Kubernetes API server, as one identity. */
export interface Cluster extends AsyncDisposable {
  /** Base address. */
  readonly server: string;
  /** The same cluster as a service account: `Impersonate-User: system:serviceaccount:NS:NAME`. */
  as(serviceAccount: { namespace: string; name: string }): Cluster;
  /** The same cluster under a guard of its writes. */
  guardedBy(guard: WriteGuard): Cluster;
  /** The same cluster for so long: requests that would begin after `deadlineMs` (monotonic) fail with `Timeout`. */
  until(deadlineMs: number): Cluster;
  /** Reads one object. */
  get(ref: ObjectRef, options?: { metadataOnly?: boolean }): Promise<Result<KubeObject>>;
  /** Lists a kind, all pages. */
  list(gvk: GroupVersionKind, selection?: Selection): Promise<Result<ObjectList>>;
  /** Creates. */
  create(
    object: KubeObject,
    options: { fieldManager: string; dryRun?: boolean },
  ): Promise<Result<KubeObject>>;
  /** Replaces (PUT); `metadata.resourceVersion` in `object` makes it conditional. */
  update(
    object: KubeObject,
    options: { fieldManager: string; subresource?: string },
  ): Promise<Result<KubeObject>>;
  /** Server-side apply. */
  apply(object: KubeObject, options: ApplyOptions): Promise<Result<KubeObject>>;
  /** Merge or JSON patch. */
  patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<Result<KubeObject>>;
  /** Deletes; `ok` also when a finalizer keeps it for now. */
  remove(ref: ObjectRef, options?: DeleteOptions): Promise<Result<void>>;
  /** Finds out how a kind is served; `NoMatch` after asking the server afresh (at most once a second). */
  resourceOf(gvk: GroupVersionKind): Promise<Result<ApiResource>>;
  /** Opens a local copy. */
  informer(gvk: GroupVersionKind, options?: InformerOptions): Informer;
  /** A token by which `audience`, one or several, knows a service account (TokenRequest); the server decides how long. */
  requestToken(
    account: { namespace: string; name: string },
    audience: string | readonly string[],
  ): Promise<Result<string>>;
  /** GET of any path as JSON: `/version`, `/openapi/v3`. */
  getPath(path: string): Promise<Result<unknown>>;
}
