/**
 * The reconcile loop of one kind: changes come in from its cache and start runs (design D9, D10).
 *
 * @module
 */
import { sleep } from "../base/mod.ts";
import {
  type Change,
  type Informer,
  isNewerVersion,
  type KubeObject,
  namespacedName,
} from "../kube/mod.ts";
import type { ControllerDeps } from "./controller_deps.ts";
import type { KindController, ReconciledObject } from "./kind.ts";
import type { NextRun } from "./next_run.ts";
import { type ObjectMemory, runObject } from "./object_run.ts";
import { Schedule, type Turn } from "./schedule.ts";
import { reasonToRun } from "./triggers.ts";

/** A controller at work. */
export interface RunningController {
  /** The kind's local copy: raw objects, never to be changed. */
  readonly informer: Informer;
  /** Runs the object soon; `why` is for the log. */
  enqueue(namespace: string, name: string, why: string): void;
  /** For a run that finds, on its way, that it does what it was asked for again since it began. */
  withdraw(namespace: string, name: string, why: string): void;
  /** Takes no new work, calls off what runs, waits up to `graceMs` (5 s when absent) for it to end. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts the reconcile loop of a kind. */
export function startController<T extends ReconciledObject, Status>(
  kind: KindController<T, Status>,
  deps: ControllerDeps,
): RunningController {
  return new Controller(kind, deps);
}

const GRACE_MS = 5_000;

class Controller<T extends ReconciledObject, Status> implements RunningController {
  readonly informer: Informer;
  readonly #kind: KindController<T, Status>;
  readonly #deps: ControllerDeps;
  readonly #schedule: Schedule;
  readonly #memories = new Map<string, ObjectMemory>();
  #isStopped = false;

  constructor(kind: KindController<T, Status>, deps: ControllerDeps) {
    this.#kind = kind;
    this.#deps = deps;
    this.#schedule = this.#openSchedule();
    const { cluster, namespaces, labelSelector, indexes } = deps;
    const [namespace] = namespaces ?? [];
    this.informer = cluster.informer(kind.gvk, {
      ...(namespaces?.length === 1 && namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(indexes && { indexes }),
    });
    this.informer.onChange((change) => this.#notice(change));
  }

  enqueue(namespace: string, name: string, why: string): void {
    if (!this.#isStopped) this.#schedule.trigger(namespacedName({ namespace, name }), why);
  }

  withdraw(namespace: string, name: string, why: string): void {
    this.#schedule.withdraw(namespacedName({ namespace, name }), why);
  }

  async stop(graceMs: number = GRACE_MS): Promise<void> {
    this.#isStopped = true;
    for (const { running } of this.#memories.values()) running?.abort();
    const over = new AbortController();
    const ended = this.#schedule.stop().finally(() => over.abort());
    await Promise.race([ended, sleep(this.#deps.clock, graceMs, over.signal)]);
    over.abort();
    await this.informer[Symbol.asyncDispose]();
  }

  #openSchedule(): Schedule {
    const { clock, metrics, log, backoff } = this.#deps;
    const { gvk: { kind }, concurrency } = this.#kind;
    metrics.maxRuns(kind, concurrency);
    return new Schedule({
      clock,
      workers: concurrency,
      work: (turn) => this.#work(turn),
      metrics: metrics.queue(kind.toLowerCase()),
      onActive: (count) => metrics.activeRuns(kind, count),
      onLost: () => metrics.countLostWakeup(kind),
      // Reconcile functions answer with outcomes; whatever arrives here is our own mistake.
      onThrown: (key, error) =>
        log.error("run failed unexpectedly", { controllerKind: kind, ...splitKey(key), error }),
      ...(backoff && { backoff }),
    });
  }

  #memoryOf(key: string): ObjectMemory {
    const known = this.#memories.get(key);
    if (known !== undefined) return known;
    const fresh: ObjectMemory = {};
    this.#memories.set(key, fresh);
    return fresh;
  }

  #notice({ type, object, previous }: Change): void {
    const { namespace = "", name } = object.metadata;
    const { namespaces } = this.#deps;
    if (namespaces !== undefined && !namespaces.includes(namespace)) return;
    const key = namespacedName({ namespace, name });
    if (type === "deleted") return this.#forget(key, object);
    const memory = this.#memories.get(key);
    // The cache has caught up: no need to keep the object twice.
    if (memory?.seen !== undefined && !isNewer(memory.seen, object)) memory.seen = undefined;
    const why = reasonToRun(previous, object);
    if (why === undefined) return;
    if (why === "deleted") memory?.running?.abort();
    this.enqueue(namespace, name, why);
  }

  #forget(key: string, { metadata: { name, namespace = "" } }: KubeObject): void {
    this.#memories.get(key)?.running?.abort();
    this.#memories.delete(key);
    this.#schedule.forget(key);
    this.#deps.metrics.forgetObject({ kind: this.#kind.gvk.kind, namespace, name });
  }

  async #work(turn: Turn): Promise<NextRun> {
    const memory = this.#memoryOf(turn.key);
    const object = this.#latest(turn.key, memory);
    if (object === undefined) {
      this.#memories.delete(turn.key);
      return { kind: "gone" };
    }
    const running = new AbortController();
    if (this.#isStopped) running.abort();
    memory.running = running;
    try {
      const { signal } = running;
      return await runObject({
        kind: this.#kind,
        deps: this.#deps,
        turn,
        object,
        memory,
        signal,
      });
    } finally {
      memory.running = undefined;
    }
  }

  /** The newer one of the cached object and the one that the API server showed us last. */
  #latest(key: string, memory: ObjectMemory): KubeObject | undefined {
    const { namespace, name } = splitKey(key);
    const cached = this.informer.get(name, namespace);
    const { seen } = memory;
    if (cached === undefined || seen === undefined) return cached;
    const isSame = cached.metadata.uid === seen.metadata.uid;
    if (isSame && isNewer(seen, cached)) return seen;
    memory.seen = undefined;
    return cached;
  }
}

function isNewer(a: KubeObject, b: KubeObject): boolean {
  return isNewerVersion(a.metadata.resourceVersion, b.metadata.resourceVersion);
}

/** What {@linkcode namespacedName} put together. */
function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
