/**
 * The reconcile loop of one kind: cache, queue, run, status, events, next run (design D9, D10).
 *
 * @module
 */
import {
  type Clock,
  type Failure,
  messageOf,
  parseDuration,
  type Random,
  sleep,
  type Timer,
} from "../base/mod.ts";
import {
  type Change,
  type Cluster,
  type Informer,
  type InformerOptions,
  isNewerVersion,
  type KubeObject,
} from "../kube/mod.ts";
import type { Events } from "./events.ts";
import type { KindController, ReconciledObject, Run } from "./kind.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { FINALIZER, ObjectWriter } from "./object_writer.ts";
import { CheckpointFailed, openRun } from "./open_run.ts";
import { type Outcome, ready, retry, stalled, type WatchedObject } from "./outcome.ts";
import { Parking } from "./parking.ts";
import { type Moment, type Progress, summarize, summarizeSuspended } from "./summarize.ts";
import { WorkQueue } from "./work_queue.ts";

/** What every controller of a process shares. */
export interface ControllerDeps {
  /** The cluster whose objects are reconciled. */
  cluster: Cluster;
  /** Time. */
  clock: Clock;
  /** Chance: jitter of intervals and delays. */
  random: Random;
  /** Parent of each run's log. */
  log: Logger;
  /** Where events go. */
  events: Events;
  /** Where runs are counted. */
  metrics: Metrics;
  /** Only objects of these namespaces; all when absent. */
  namespaces?: readonly string[];
  /** Only objects whose labels match (`--watch-label-selector`). */
  labelSelector?: string;
  /** Indexes of the informer, by which other objects find those that refer to them. */
  indexes?: NonNullable<InformerOptions["indexes"]>;
  /** Back-off after failures; 750 ms to 15 minutes when absent. */
  backoff?: { minMs: number; maxMs: number };
  /** Whether this process may write now; always when absent. */
  mayWrite?: () => boolean;
}

/** A controller at work. */
export interface RunningController {
  /** The kind's local copy: raw objects, never to be changed. */
  readonly informer: Informer;
  /** Runs the object soon; `why` is for the log. */
  enqueue(namespace: string, name: string, why: string): void;
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

const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const GRACE_MS = 5_000;
const WATCHDOG_MS = 60_000;
/** While another process holds the lease. */
const STANDBY_MS = 1_000;

/** What is known of one object between its runs. */
interface KeyState {
  /** Why it was enqueued since its last run began; the end of its own wait is none of these. */
  readonly triggers: Set<string>;
  woken: boolean;
  /** Calls off what runs now. */
  running?: AbortController | undefined;
  /** The object as the API server confirmed our last write; the cache may lag behind it. */
  written?: KubeObject | undefined;
  /** Nothing is to come until somebody changes it: suspended, stalled. */
  resting: boolean;
}

class Controller<T extends ReconciledObject, Status> implements RunningController {
  readonly informer: Informer;
  readonly #kind: KindController<T, Status>;
  readonly #deps: ControllerDeps;
  readonly #queue: WorkQueue;
  readonly #parking: Parking;
  readonly #states = new Map<string, KeyState>();
  #watchdog: Timer | undefined;
  #isStopped = false;

  constructor(kind: KindController<T, Status>, deps: ControllerDeps) {
    this.#kind = kind;
    this.#deps = deps;
    const { cluster, clock, metrics } = deps;
    const name = kind.gvk.kind;
    this.#parking = new Parking(clock);
    this.#queue = new WorkQueue({
      clock,
      workers: kind.concurrency,
      work: (key) => this.#work(key),
      metrics: metrics.queue(name.toLowerCase()),
      onActive: (count) => metrics.activeRuns(name, count),
      ...(deps.backoff && { backoff: deps.backoff }),
    });
    metrics.maxRuns(name, kind.concurrency);
    const [namespace] = deps.namespaces ?? [];
    this.informer = cluster.informer(kind.gvk, {
      ...(deps.namespaces?.length === 1 && namespace !== undefined && { namespace }),
      ...(deps.labelSelector !== undefined && { labelSelector: deps.labelSelector }),
      ...(deps.indexes && { indexes: deps.indexes }),
    });
    this.informer.onChange((change) => this.#notice(change));
    this.#armWatchdog();
  }

  enqueue(namespace: string, name: string, why: string): void {
    this.#trigger(keyOf(namespace, name), why);
  }

  async stop(graceMs: number = GRACE_MS): Promise<void> {
    this.#isStopped = true;
    this.#watchdog?.cancel();
    this.#parking.clear();
    for (const { running } of this.#states.values()) running?.abort();
    const over = new AbortController();
    const ended = this.#queue.stop().finally(() => over.abort());
    await Promise.race([ended, sleep(this.#deps.clock, graceMs, over.signal)]);
    await this.informer[Symbol.asyncDispose]();
  }

  #stateOf(key: string): KeyState {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const fresh: KeyState = { triggers: new Set(), woken: false, resting: false };
    this.#states.set(key, fresh);
    return fresh;
  }

  #trigger(key: string, why: string): void {
    if (this.#isStopped) return;
    this.#stateOf(key).triggers.add(why);
    this.#parking.leave(key);
    this.#queue.add(key);
  }

  /** Only what a person or another controller asks for starts a run; our own status writes do not. */
  #notice({ type, object, previous }: Change): void {
    const { namespace = "", name } = object.metadata;
    const { namespaces } = this.#deps;
    if (namespaces !== undefined && !namespaces.includes(namespace)) return;
    const key = keyOf(namespace, name);
    if (type === "deleted") return this.#forget(key, object);
    const why = previous === undefined ? "added" : reasonToRun(previous, object);
    if (why === undefined) return;
    if (why === "deleted") this.#states.get(key)?.running?.abort();
    this.#trigger(key, why);
  }

  #forget(key: string, object: KubeObject): void {
    this.#states.get(key)?.running?.abort();
    this.#states.delete(key);
    this.#parking.leave(key);
    this.#queue.forget(key);
    const { namespace = "", name } = object.metadata;
    this.#deps.metrics.forgetObject({ kind: this.#kind.gvk.kind, namespace, name });
  }

  /** One run of one object; never throws. */
  async #work(key: string): Promise<void> {
    const state = this.#stateOf(key);
    const woken = state.woken && state.triggers.size === 0;
    const triggers = [...state.triggers];
    state.triggers.clear();
    state.woken = false;
    state.resting = false;
    this.#parking.leave(key);
    const object = this.#latest(key, state);
    if (object === undefined) {
      this.#states.delete(key);
      return;
    }
    if (this.#deps.mayWrite?.() === false) return this.#queue.addAfter(key, STANDBY_MS);
    const calledOff = new AbortController();
    state.running = calledOff;
    try {
      await this.#runOne({ key, object, state, woken, triggers, signal: calledOff.signal });
    } catch (error) {
      // Reconcile functions answer with outcomes; whatever arrives here is our own mistake.
      this.#deps.log.error("run failed unexpectedly", { ...this.#fieldsOf(object), error });
      this.#queue.addFailed(key);
    } finally {
      state.running = undefined;
    }
  }

  /** The newer one of the cached object and the one that our last write gave back. */
  #latest(key: string, state: KeyState): KubeObject | undefined {
    const { namespace, name } = splitKey(key);
    const cached = this.informer.get(name, namespace);
    const { written } = state;
    if (cached === undefined || written === undefined) return cached;
    const isSame = cached.metadata.uid === written.metadata.uid;
    const { resourceVersion } = cached.metadata;
    const isStale = isNewerVersion(written.metadata.resourceVersion, resourceVersion);
    if (isSame && isStale) return written;
    state.written = undefined;
    return cached;
  }

  async #runOne(task: Task): Promise<void> {
    const { key, object, state } = task;
    const writer = new ObjectWriter(object, {
      cluster: this.#deps.cluster,
      clock: this.#deps.clock,
      random: this.#deps.random,
      fieldManager: this.#kind.rules.fieldManager,
      mayWrite: this.#deps.mayWrite ?? (() => true),
      onWritten: (written) => state.written = written,
    });
    const decoded = this.#kind.decode(object);
    if (object.metadata.deletionTimestamp !== undefined) {
      return await this.#finalize(task, writer, decoded.ok ? decoded.value : undefined);
    }
    const added = await writer.addFinalizer();
    if (!added.ok) return this.#writeFailed(key, added);
    if (!decoded.ok) {
      const outcome = stalled<Status>(decoded.code, decoded, {
        events: [{ type: "Warning", reason: decoded.code, message: decoded.message }],
      });
      return await this.#settle(task, writer, undefined, outcome, undefined);
    }
    if (decoded.value.spec.suspend === true) return await this.#rest(task, writer);
    const { outcome, progress } = await this.#call(task, writer, decoded.value, "reconcile");
    if (task.signal.aborted) return this.#comeBack(key);
    await this.#settle(task, writer, decoded.value, outcome, progress);
  }

  /** A run that was called off says nothing: what called it off starts the next one. */
  #comeBack(key: string): void {
    if (!this.#isStopped && this.#states.has(key)) this.#queue.add(key);
  }

  async #call(
    task: Task,
    writer: ObjectWriter,
    object: T,
    step: "reconcile" | "finalize",
  ): Promise<{ outcome: Outcome<Status>; progress: Progress | undefined }> {
    const { clock, random, log } = this.#deps;
    const fields = { ...this.#fieldsOf(object), reconcileID: crypto.randomUUID() };
    const opened = openRun<Status>({
      writer,
      rules: this.#kind.rules,
      generation: object.metadata.generation ?? 0,
      signal: task.signal,
      log: log.with(fields),
      clock,
      random,
      woken: task.woken,
      send: (event) => this.#deps.events.send(this.#kind.controller, writer.object, event),
    });
    const beganMs = clock.monotonicMs();
    try {
      if (step === "reconcile" && !task.woken) await this.#announce(opened.run, object);
      const outcome = await this.#kind[step]?.(object, opened.run) ??
        ready<Status>("Succeeded", "nothing to clean up");
      this.#observe(object, outcome, clock.monotonicMs() - beganMs, opened.run.log);
      return { outcome, progress: opened.progress() };
    } catch (error) {
      const outcome = this.#failedBy(error, opened.run.log);
      this.#observe(object, outcome, clock.monotonicMs() - beganMs, opened.run.log);
      return { outcome, progress: opened.progress() };
    } finally {
      opened.close();
    }
  }

  /** A write-ahead that was not confirmed is the cluster's trouble; anything else thrown is a bug of ours. */
  #failedBy(error: unknown, log: Logger): Outcome<Status> {
    if (error instanceof CheckpointFailed) {
      const message = `Cannot write the status: ${error.message}`;
      return retry<Status>("ReconciliationFailed", { message });
    }
    log.error("reconcile function threw", { error });
    return retry<Status>("Failed", { message: `Internal error: ${messageOf(error)}` });
  }

  /** How Flux opens a run of the kinds that do not announce theirs themselves (contract/common.md §2). */
  async #announce(run: Run<Status>, object: T): Promise<void> {
    if (this.#kind.rules.working !== undefined) return;
    const { generation } = object.metadata;
    const observed = object.status?.observedGeneration ?? -1;
    const isNew = observed !== generation;
    await run.progress(
      isNew
        ? `processing object: new generation ${observed} -> ${generation}`
        : "reconciliation in progress",
      { drift: isNew },
    );
  }

  #observe(object: T, outcome: Outcome<Status>, tookMs: number, log: Logger): void {
    const { name, namespace = "" } = object.metadata;
    const result = RUN_RESULTS[outcome.kind];
    const kind = this.#kind.gvk.kind;
    this.#deps.metrics.observeRun({ kind, namespace, name, result, seconds: tookMs / 1000 });
    const durationMs = Math.round(tookMs);
    const { reason, message } = outcome;
    log.info("reconciliation finished", { outcome: outcome.kind, reason, message, durationMs });
  }

  async #rest(task: Task, writer: ObjectWriter): Promise<void> {
    const moment = this.#momentOf(task.object);
    const written = await writer.writeStatus((status) =>
      summarizeSuspended(this.#kind.rules, status, moment)
    );
    if (!written.ok) return this.#writeFailed(task.key, written);
    task.state.resting = true;
    this.#queue.forgive(task.key);
  }

  /** Writes the status, sends the events, sets the next run. */
  async #settle(
    task: Task,
    writer: ObjectWriter,
    object: T | undefined,
    outcome: Outcome<Status>,
    progress: Progress | undefined,
  ): Promise<void> {
    const moment = { ...this.#momentOf(task.object), progress };
    let isReady = false;
    const written = await writer.writeStatus((status) => {
      const summary = summarize(this.#kind.rules, status, outcome, moment);
      isReady = summary.isReady;
      return summary.status;
    });
    if (!written.ok) return this.#writeFailed(task.key, written);
    this.#sendAll(writer.object, outcome);
    this.#schedule(task, object, outcome, isReady);
  }

  #sendAll(object: KubeObject, { events }: Outcome<Status>): void {
    for (const event of events ?? []) this.#deps.events.send(this.#kind.controller, object, event);
  }

  #schedule(
    { key, state }: Task,
    object: T | undefined,
    outcome: Outcome<Status>,
    isReady: boolean,
  ): void {
    switch (outcome.kind) {
      case "stalled":
        state.resting = true;
        return this.#queue.forgive(key);
      case "wait":
        this.#queue.forgive(key);
        return this.#park(key, object, outcome);
      case "retry":
        if (outcome.afterMs !== undefined) return this.#queue.addAfter(key, outcome.afterMs);
        this.#queue.addFailed(key);
        return;
      case "ready":
        if (!isReady) {
          this.#queue.addFailed(key);
          return;
        }
        this.#queue.forgive(key);
        return this.#queue.addAfter(key, outcome.afterMs ?? this.#intervalMs(object));
    }
  }

  #park(key: string, object: T | undefined, { until }: Outcome<Status>): void {
    const { watch } = this.#kind;
    const subscribe = object && watch &&
      ((objects: readonly WatchedObject[], wake: () => void) => watch(object, objects, wake));
    this.#parking.park(key, until ?? { kind: "time", delayMs: 0 }, subscribe, () => {
      this.#stateOf(key).woken = true;
      this.#queue.add(key);
    });
  }

  #intervalMs(object: T | undefined): number {
    if (object === undefined) return WATCHDOG_MS;
    const parsed = parseDuration(object.spec.interval ?? "");
    const interval = this.#kind.intervalMs?.(object) ?? (parsed.ok ? parsed.value : WATCHDOG_MS);
    const spread = this.#kind.jitterPercent / 100;
    return interval * (1 + spread * (2 * this.#deps.random() - 1));
  }

  async #finalize(task: Task, writer: ObjectWriter, object: T | undefined): Promise<void> {
    if (!task.object.metadata.finalizers?.includes(FINALIZER)) return;
    if (object !== undefined && this.#kind.finalize !== undefined) {
      const { outcome } = await this.#call(task, writer, object, "finalize");
      if (this.#isStopped) return;
      if (outcome.kind !== "ready") {
        return await this.#settle(task, writer, object, outcome, undefined);
      }
      this.#sendAll(writer.object, outcome);
    }
    const removed = await writer.removeFinalizer();
    if (!removed.ok) this.#writeFailed(task.key, removed);
  }

  /** Conflicts and objects that went away are no news; for the rest the API server is asked again. */
  #writeFailed(key: string, { code, message }: Failure): void {
    if (code === "NotFound") return;
    if (code !== "Conflict") this.#deps.log.info("status not written", { key, error: message });
    this.#queue.addFailed(key);
  }

  #momentOf(object: KubeObject): Moment {
    return {
      generation: object.metadata.generation ?? 0,
      nowMs: this.#deps.clock.now(),
      requestedAt: object.metadata.annotations?.[REQUESTED_AT],
    };
  }

  #fieldsOf({ metadata: { name, namespace = "" } }: { metadata: ReconciledObject["metadata"] }) {
    const { group, kind } = this.#kind.gvk;
    return {
      controller: kind.toLowerCase(),
      controllerGroup: group,
      controllerKind: kind,
      [kind]: { name, namespace },
      namespace,
      name,
    };
  }

  /** Finds objects whose next run nobody has set: a bug, but not one that may stop an object for good. */
  #armWatchdog(): void {
    this.#watchdog = this.#deps.clock.after(WATCHDOG_MS, () => {
      for (const [key, state] of this.#states) {
        if (state.resting || this.#queue.has(key) || this.#parking.has(key)) continue;
        this.#deps.metrics.countLostWakeup(this.#kind.gvk.kind);
        this.#trigger(key, "watchdog");
      }
      this.#armWatchdog();
    });
  }
}

/** One run of one object. */
interface Task {
  readonly key: string;
  readonly object: KubeObject;
  readonly state: KeyState;
  readonly woken: boolean;
  readonly triggers: readonly string[];
  readonly signal: AbortSignal;
}

const RUN_RESULTS = {
  ready: "requeue_after",
  retry: "error",
  wait: "requeue_after",
  stalled: "success",
} as const;

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Why the change asks for a run, if it does (contract/common.md §4, event filter). */
function reasonToRun(previous: KubeObject, object: KubeObject): string | undefined {
  const [before, after] = [previous.metadata, object.metadata];
  if (before.uid !== after.uid) return "created again";
  if (after.deletionTimestamp !== undefined && before.deletionTimestamp === undefined) {
    return "deleted";
  }
  if (before.generation !== after.generation) return "new generation";
  const requested = after.annotations?.[REQUESTED_AT];
  const isRequest = requested !== undefined && requested !== before.annotations?.[REQUESTED_AT];
  return isRequest ? "requested" : undefined;
}
