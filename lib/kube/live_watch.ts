/**
 * What runs in a cluster of all that carries our label: one watch for each kind somebody asks for (design D12).
 *
 * A kind is watched by its metadata as long as nobody needs more, by full objects while somebody does, and
 * Secrets never but by their metadata. Kinds that cannot be watched are reported, not thrown.
 *
 * @module
 */
import { type Clock, systemClock, type Timer } from "../base/mod.ts";
import type { Change, Cluster, Informer } from "./cluster.ts";
import {
  apiVersionOf,
  type GroupVersionKind,
  gvkOf,
  type KubeObject,
  namespacedName,
  type ObjectRef,
  refOf,
} from "./object.ts";

/** Told of each change, whatever the kind. */
export type LiveHandler = (ref: ObjectRef, change: Change) => void;

/** See the module's description. */
export interface LiveWatch extends AsyncDisposable {
  /** Watches a kind until the returned function is called; as often as it was asked for. */
  ensure(gvk: GroupVersionKind, options: { full: boolean }): () => void;
  /** Resolves after the kind's first list; at once for one that is not watched. */
  synced(gvk: GroupVersionKind): Promise<void>;
  /** Resolves as soon as the kind is listed or {@linkcode LiveWatch.trouble} says why not. */
  answered(gvk: GroupVersionKind): Promise<void>;
  /** The object as last seen, perhaps its metadata only. Never to be changed. */
  get(ref: ObjectRef): KubeObject | undefined;
  /** Whether {@linkcode LiveWatch.get} gives full objects of the kind. */
  isFull(gvk: GroupVersionKind): boolean;
  /** Calls `handler` for each change from now on; becoming full counts as one. */
  onChange(handler: LiveHandler): () => void;
  /** Why a kind is not watched (`Forbidden`, `MethodNotAllowed`, `NoMatch`, `Unreachable`), or nothing. */
  trouble(gvk: GroupVersionKind): { code: string; message: string } | undefined;
}

/** How a live watch is opened. */
export interface LiveWatchOptions {
  /** Selects what is watched, such as the existence of the owner label. */
  labelSelector: string;
  /** Makes full objects smaller. */
  strip?: (object: KubeObject) => KubeObject;
  /** Time; the machine's when absent. */
  clock?: Clock;
  /** How long a watch outlives its last user: 30 s when absent, longer than the pause between two runs' waits. */
  lingerMs?: number;
  /** Told when a handler throws. */
  onError?: (thrown: unknown) => void;
}

/**
 * Opens a live watch; nothing is watched before {@linkcode LiveWatch.ensure}.
 *
 * @example
 * ```ts ignore
 * const live = openLiveWatch(cluster, { labelSelector: "kustomize.toolkit.fluxcd.io/name" });
 * const release = live.ensure({ group: "apps", version: "v1", kind: "Deployment" }, { full: true });
 * ```
 */
export function openLiveWatch(cluster: Cluster, options: LiveWatchOptions): LiveWatch {
  return new SharedWatch(cluster, options);
}

class SharedWatch implements LiveWatch {
  readonly #cluster: Cluster;
  readonly #options: LiveWatchOptions;
  readonly #kinds = new Map<string, WatchedKind>();
  readonly #handlers = new Set<LiveHandler>();
  #isClosed = false;

  constructor(cluster: Cluster, options: LiveWatchOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  ensure(gvk: GroupVersionKind, { full }: { full: boolean }): () => void {
    // A run may end later than the connection that it was made over; nobody would close what it opens now.
    if (this.#isClosed) return () => {};
    const id = idOf(gvk);
    let kind = this.#kinds.get(id);
    if (kind === undefined) {
      kind = new WatchedKind(this.#cluster, gvk, this.#options, {
        onChange: (change) => this.#tell(change),
        onIdle: () => this.#kinds.delete(id),
      }, full);
      this.#kinds.set(id, kind);
    }
    return kind.use(full);
  }

  synced(gvk: GroupVersionKind): Promise<void> {
    return this.#kinds.get(idOf(gvk))?.synced ?? Promise.resolve();
  }

  answered(gvk: GroupVersionKind): Promise<void> {
    return this.#kinds.get(idOf(gvk))?.answered ?? Promise.resolve();
  }

  get(ref: ObjectRef): KubeObject | undefined {
    return this.#kinds.get(idOf(gvkOf(ref)))?.get(ref);
  }

  isFull(gvk: GroupVersionKind): boolean {
    return this.#kinds.get(idOf(gvk))?.isFull ?? false;
  }

  onChange(handler: LiveHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  trouble(gvk: GroupVersionKind): { code: string; message: string } | undefined {
    return this.#kinds.get(idOf(gvk))?.trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#handlers.clear();
    await Promise.all([...this.#kinds.values()].map((kind) => kind.close()));
    this.#kinds.clear();
  }

  #tell(change: Change): void {
    const ref = refOf(change.object);
    for (const handler of [...this.#handlers]) {
      try {
        handler(ref, change);
      } catch (thrown) {
        this.#options.onError?.(thrown);
      }
    }
  }
}

/** One informer, with its stop. */
interface Source {
  informer: Informer;
  isFull: boolean;
  stop: () => void;
}

/**
 * One kind and its users. What it knows outlives the informer that told it, so that a change from metadata to
 * full objects or back neither loses a delete nor repeats an add.
 */
class WatchedKind {
  readonly #cluster: Cluster;
  readonly #gvk: GroupVersionKind;
  readonly #options: LiveWatchOptions;
  readonly #hooks: { onChange: (change: Change) => void; onIdle: () => void };
  readonly #objects = new Map<string, KubeObject>();
  #users = 0;
  #fullUsers = 0;
  /** Where changes come from now. */
  #source: Source;
  /** Takes over from `#source` when it is complete. */
  #next: Source | undefined;
  #linger: Timer | undefined;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    gvk: GroupVersionKind,
    options: LiveWatchOptions,
    hooks: { onChange: (change: Change) => void; onIdle: () => void },
    full: boolean,
  ) {
    this.#cluster = cluster;
    this.#gvk = gvk;
    this.#options = options;
    this.#hooks = hooks;
    this.#source = this.#open(full && !isSecret(gvk));
    this.#attach(this.#source);
  }

  get synced(): Promise<void> {
    return (this.#next ?? this.#source).informer.synced;
  }

  get answered(): Promise<void> {
    return (this.#next ?? this.#source).informer.answered;
  }

  get isFull(): boolean {
    return this.#source.isFull;
  }

  get trouble(): { code: string; message: string } | undefined {
    return (this.#next ?? this.#source).informer.trouble;
  }

  get(ref: ObjectRef): KubeObject | undefined {
    return this.#objects.get(namespacedName(ref));
  }

  use(full: boolean): () => void {
    this.#users++;
    if (full) this.#fullUsers++;
    this.#settle();
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#users--;
      if (full) this.#fullUsers--;
      this.#settle();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#linger?.cancel();
    const open = this.#next === undefined ? [this.#source] : [this.#source, this.#next];
    await Promise.all(open.map(closeSource));
  }

  /** More is given at once; less only after a while, since the next run may want it again. */
  #settle(): void {
    this.#linger?.cancel();
    this.#linger = undefined;
    if (this.#isClosed) return;
    const wantsFull = this.#fullUsers > 0 && !isSecret(this.#gvk);
    const hasFull = (this.#next ?? this.#source).isFull;
    if (wantsFull && !hasFull) this.#change(true);
    else if (this.#users === 0 || (hasFull && !wantsFull)) {
      const clock = this.#options.clock ?? systemClock;
      this.#linger = clock.after(this.#options.lingerMs ?? 30_000, () => this.#shrink());
    }
  }

  #shrink(): void {
    this.#linger = undefined;
    if (this.#users > 0) return this.#change(false);
    this.#hooks.onIdle();
    void this.close();
  }

  #change(toFull: boolean): void {
    if (this.#next !== undefined) void closeSource(this.#next);
    this.#next = undefined;
    if (this.#source.isFull === toFull) return;
    const next = this.#open(toFull);
    this.#next = next;
    void next.informer.synced.then(() => {
      if (this.#next !== next || this.#isClosed) return;
      const before = this.#source;
      this.#source = next;
      this.#next = undefined;
      void closeSource(before);
      this.#attach(next);
    });
  }

  #open(full: boolean): Source {
    const { labelSelector, strip } = this.#options;
    const informer = this.#cluster.informer(this.#gvk, {
      labelSelector,
      metadataOnly: !full,
      ...(full && strip !== undefined ? { strip } : {}),
    });
    return { informer, isFull: full, stop: () => {} };
  }

  /** Listens to a source, after what was deleted while nobody listened is made up for. */
  #attach(source: Source): void {
    for (const [key, known] of [...this.#objects]) {
      const { name, namespace } = known.metadata;
      if (source.informer.get(name, namespace) !== undefined) continue;
      this.#objects.delete(key);
      this.#hooks.onChange({ type: "deleted", object: known, previous: known });
    }
    source.stop = source.informer.onChange((change) => this.#take(change, source.isFull));
  }

  #take(change: Change, isFull: boolean): void {
    const { object } = change;
    const key = namespacedName(object.metadata);
    const previous = this.#objects.get(key);
    if (change.type === "deleted") {
      this.#objects.delete(key);
      if (previous !== undefined) this.#hooks.onChange({ type: "deleted", object, previous });
      return;
    }
    this.#objects.set(key, object);
    if (previous === undefined) return this.#hooks.onChange({ type: "added", object });
    const isKnown = previous.metadata.uid === object.metadata.uid &&
      previous.metadata.resourceVersion === object.metadata.resourceVersion;
    // The same version from metadata is no news; with the rest of the object it is.
    if (isKnown && !isFull) return;
    this.#hooks.onChange({ type: "updated", object, previous });
  }
}

async function closeSource(source: Source): Promise<void> {
  source.stop();
  await source.informer[Symbol.asyncDispose]();
}

function isSecret({ group, kind }: GroupVersionKind): boolean {
  return group === "" && kind === "Secret";
}

function idOf(gvk: GroupVersionKind): string {
  return `${apiVersionOf(gvk)}/${gvk.kind}`;
}
