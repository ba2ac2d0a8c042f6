/**
 * An informer over a fake cluster: events arrive in order, a moment after the write.
 *
 * @module
 */
import { parseLabelSelector } from "../base/mod.ts";
import {
  type Change,
  type GroupVersionKind,
  type Informer,
  type InformerOptions,
  type KubeObject,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  type Selection,
} from "../kube/mod.ts";
import { ObjectStore } from "../kube/object_store.ts";
import type { FakeEvent, FakeState } from "./fake_state.ts";

/** Whether `object` is in `selection`; a selector that does not parse throws. */
export function isSelected(object: KubeObject, selection: Selection): boolean {
  const { namespace, labelSelector, fieldSelector } = selection;
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  if (labelSelector !== undefined) {
    const selector = parseLabelSelector(labelSelector);
    if (!selector.ok) throw new TypeError(selector.message);
    if (!matchesLabels(selector.value, object.metadata.labels)) return false;
  }
  if (fieldSelector !== undefined) {
    const selector = parseFieldSelector(fieldSelector);
    if (!selector.ok) throw new TypeError(selector.message);
    if (!matchesFields(selector.value, object)) return false;
  }
  return true;
}

/** Local copy of a fake cluster's objects of one kind. */
export class FakeInformer implements Informer {
  readonly synced: Promise<void>;
  readonly answered: Promise<void>;
  readonly #state: FakeState;
  readonly #gvk: GroupVersionKind;
  readonly #options: InformerOptions;
  readonly #store: ObjectStore;
  readonly #queue: FakeEvent[] = [];
  readonly #stop: (() => void)[] = [];
  readonly #onClose: () => void;
  readonly #resolveSynced: () => void;
  readonly #resolveAnswered: () => void;
  #trouble: { code: string; message: string } | undefined;
  #isListed = false;
  #isClosed = false;
  #isPaused = false;

  /** Starts to list at once. */
  constructor(
    state: FakeState,
    gvk: GroupVersionKind,
    options: InformerOptions,
    hooks: { onError: (thrown: unknown) => void; onClose: () => void },
  ) {
    this.#state = state;
    this.#gvk = gvk;
    this.#options = options;
    this.#onClose = hooks.onClose;
    const indexes = options.indexes ?? {};
    this.#store = new ObjectStore({ indexes, onError: hooks.onError });
    const synced = Promise.withResolvers<void>();
    this.synced = synced.promise;
    this.#resolveSynced = synced.resolve;
    const answered = Promise.withResolvers<void>();
    this.answered = answered.promise;
    this.#resolveAnswered = answered.resolve;
    const onEvent = (resource: { gvk: GroupVersionKind }, event: FakeEvent) => {
      if (!isSameKind(resource.gvk, gvk)) return;
      this.#queue.push(event);
      this.#soon();
    };
    const onKinds = () => this.#soon();
    state.listeners.add(onEvent);
    state.kindListeners.add(onKinds);
    this.#stop.push(
      () => state.listeners.delete(onEvent),
      () => state.kindListeners.delete(onKinds),
    );
    this.#soon();
  }

  get trouble(): { code: string; message: string } | undefined {
    return this.#trouble;
  }

  /** Which kind. */
  get gvk(): GroupVersionKind {
    return this.#gvk;
  }

  /** What was asked for. */
  get options(): InformerOptions {
    return this.#options;
  }

  get(name: string, namespace?: string): KubeObject | undefined {
    return this.#store.get(name, namespace);
  }

  list(): readonly KubeObject[] {
    return this.#store.list();
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    return this.#store.byIndex(index, key);
  }

  onChange(handler: (change: Change) => void): () => void {
    return this.#store.onChange(handler);
  }

  /** Holds events back: the cache grows stale. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Lets held events through. */
  resume(): void {
    this.#isPaused = false;
    this.#soon();
  }

  /** Breaks the watch: nothing arrives, `trouble` says why. */
  breakOff(trouble: { code: string; message: string }): void {
    this.#trouble = trouble;
    this.#resolveAnswered();
    this.#isPaused = true;
    this.#isListed = false;
  }

  /** Ends {@linkcode breakOff}: lists again and goes on. */
  heal(): void {
    this.#trouble = undefined;
    this.resume();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stop) stop();
    this.#store.close();
    this.#onClose();
    return Promise.resolve();
  }

  #soon(): void {
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    if (this.#isClosed || this.#isPaused) return;
    const resource = this.#state.resourceOf(this.#gvk);
    if (!resource.ok) {
      this.#trouble = { code: resource.code, message: resource.message };
      this.#resolveAnswered();
      this.#isListed = false;
      this.#queue.length = 0;
      this.#store.replace([]);
      return;
    }
    if (this.#isListed) {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
        const shown = this.#shown(event.object);
        const isIn = event.type === "put" && isSelected(event.object, this.#options);
        if (isIn) this.#store.put(shown);
        else this.#store.take(shown);
      }
      return;
    }
    this.#queue.length = 0;
    this.#isListed = true;
    this.#trouble = undefined;
    const listed = this.#state.all(resource.value).filter((o) => isSelected(o, this.#options));
    this.#store.replace(listed.map((object) => this.#shown(object)));
    this.#resolveSynced();
    this.#resolveAnswered();
  }

  #shown(object: KubeObject): KubeObject {
    const { apiVersion, kind, metadata } = object;
    const kept = this.#options.metadataOnly === true ? { apiVersion, kind, metadata } : object;
    // A strip function may write to what it is given, as it may with the real informer.
    return this.#options.strip === undefined ? kept : this.#options.strip(structuredClone(kept));
  }
}

function isSameKind(a: GroupVersionKind, b: GroupVersionKind): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind;
}
