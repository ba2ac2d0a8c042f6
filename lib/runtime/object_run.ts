/**
 * One run of one object: finalizer, suspension, the kind's own function, status, events.
 *
 * @module
 */
import { type Failure, maskSecrets, messageOf, type Result } from "../base/mod.ts";
import { type KubeObject, refOf } from "../kube/mod.ts";
import type { ControllerDeps } from "./controller_deps.ts";
import type { KindController, ReconciledObject, Run } from "./kind.ts";
import type { Logger } from "./log.ts";
import { failing, halted, warning } from "./news.ts";
import { type NextRun, nextRun } from "./next_run.ts";
import { FINALIZER, ObjectWriter } from "./object_writer.ts";
import { CheckpointFailed, openRun } from "./open_run.ts";
import { type EventRecord, type Outcome, ready, retry } from "./outcome.ts";
import type { Turn } from "./schedule.ts";
import { type Moment, type Progress, summarize, summarizeSuspended } from "./summarize.ts";
import { REQUESTED_AT } from "./triggers.ts";

/** While another process holds the lease. */
const STANDBY_MS = 1_000;

/** An API server that is away is asked again about so often. */
const AWAY_MS = 3_000;
/** Failures that say nothing of the object, only that nobody looked. */
const AWAY = new Set([
  "Unreachable",
  "Timeout",
  "ServiceUnavailable",
  "InternalError",
  "TooManyRequests",
  "Unauthorized",
]);

/** What is remembered of one object between its runs. */
export interface ObjectMemory {
  /** The last run could not say how it ended, since the API server was away. */
  isUnsaid?: boolean;
  /** As the API server showed it last; the cache may lag behind it. */
  seen?: KubeObject | undefined;
  /** Calls off what runs now. */
  running?: AbortController | undefined;
}

/** What one run is made of. */
export interface Task<T extends ReconciledObject, Status> {
  readonly kind: KindController<T, Status>;
  readonly deps: ControllerDeps;
  readonly turn: Turn;
  /** As the run found it: what is written speaks of this generation and this request. */
  readonly object: KubeObject;
  readonly memory: ObjectMemory;
  /** Aborted when the run is called off; it writes nothing more then. */
  readonly signal: AbortSignal;
}

/** A task under way. */
interface Work<T extends ReconciledObject, Status> extends Task<T, Status> {
  readonly writer: ObjectWriter;
  readonly log: Logger;
}

/** Runs `task`; gives when the object runs next. */
export async function runObject<T extends ReconciledObject, Status>(
  found: Task<T, Status>,
): Promise<NextRun> {
  const { kind, deps } = found;
  if (deps.mayWrite?.() === false) return { kind: "after", delayMs: STANDBY_MS };
  const task = found.memory.isUnsaid === true ? await lookAgain(found) : found;
  if (task === undefined) return { kind: "after", delayMs: AWAY_MS * (0.5 + deps.random()) };
  const { object } = task;
  const fields = { ...fieldsOf(kind, object), reconcileID: crypto.randomUUID() };
  const work = { ...task, writer: openWriter(task), log: deps.log.with(fields) };
  work.log.debug("reconciliation started", { why: task.turn.triggers, woken: task.turn.woken });

  const decoded = kind.decode(object);
  if (object.metadata.deletionTimestamp !== undefined) return await release(work, decoded);
  const added = await work.writer.addFinalizer();
  if (!added.ok) return notWritten(work, added);
  if (!decoded.ok) return await settle(work, undefined, undecodable(decoded), undefined);
  if (decoded.value.spec.suspend === true) return await keepSuspended(work);
  const { outcome, progress } = await call(work, decoded.value, "reconcile");
  return await settle(work, decoded.value, outcome, progress);
}

/**
 * One question instead of a run whose end could not be written: nothing is fetched and built in vain, and an API
 * server that is back is noticed within seconds, however long it was away. Nothing when it still is.
 */
async function lookAgain<T extends ReconciledObject, Status>(
  task: Task<T, Status>,
): Promise<Task<T, Status> | undefined> {
  const { deps, object, memory } = task;
  const live = await deps.cluster.get(refOf(object));
  if (!live.ok && AWAY.has(live.code)) return undefined;
  memory.isUnsaid = false;
  if (!live.ok || live.value.metadata.uid !== object.metadata.uid) return task;
  memory.seen = live.value;
  return { ...task, object: live.value };
}

function openWriter<T extends ReconciledObject, Status>(
  { kind, deps, object, memory, signal }: Task<T, Status>,
): ObjectWriter {
  return new ObjectWriter(object, {
    cluster: deps.cluster,
    clock: deps.clock,
    random: deps.random,
    fieldManager: kind.rules.fieldManager,
    mayWrite: () => !signal.aborted && deps.mayWrite?.() !== false,
    onSeen: (seen) => memory.seen = seen,
  });
}

/** Cleans up after a deleted object and lets it go. */
async function release<T extends ReconciledObject, Status>(
  work: Work<T, Status>,
  decoded: Result<T>,
): Promise<NextRun> {
  const { object, kind, writer, signal } = work;
  // Not ours, or let go before: others hold it.
  if (!object.metadata.finalizers?.includes(FINALIZER)) return { kind: "rest" };
  if (kind.finalize !== undefined && decoded.ok) {
    const { outcome } = await call(work, decoded.value, "finalize");
    if (signal.aborted) return { kind: "now" };
    if (outcome.kind !== "ready") return await settle(work, decoded.value, outcome, undefined);
    sendAll(work, outcome.events);
  }
  if (kind.finalize !== undefined && !decoded.ok) {
    // Nobody could ever clean up by a spec that cannot be read, and its namespace has to go too.
    const message = `Released without cleaning up: ${decoded.message}`;
    sendAll(work, [warning(decoded.code, { message })]);
  }
  const removed = await writer.removeFinalizer();
  return removed.ok ? { kind: "rest" } : notWritten(work, removed);
}

function undecodable<Status>(failure: Failure): Outcome<Status> {
  return halted(failure.code, failure);
}

async function keepSuspended<T extends ReconciledObject, Status>(
  work: Work<T, Status>,
): Promise<NextRun> {
  const moment = momentOf(work);
  const written = await work.writer.writeStatus((status) =>
    summarizeSuspended(work.kind.rules, status, moment)
  );
  return written.ok ? { kind: "rest" } : notWritten(work, written);
}

/** Calls the kind's own function; what it throws becomes an outcome. */
async function call<T extends ReconciledObject, Status>(
  work: Work<T, Status>,
  object: T,
  step: "reconcile" | "finalize",
): Promise<{ outcome: Outcome<Status>; progress: Progress | undefined }> {
  const { kind, deps, writer, turn, signal, log } = work;
  const opened = openRun<Status>({
    writer,
    rules: kind.rules,
    generation: object.metadata.generation ?? 0,
    signal,
    log,
    clock: deps.clock,
    random: deps.random,
    woken: turn.woken,
    triggers: turn.triggers,
    send: (event) => sendAll(work, [event]),
  });
  const beganMs = deps.clock.monotonicMs();
  const outcome = await callSafely(work, object, opened.run, step);
  opened.close();
  if (!signal.aborted) observe(work, outcome, deps.clock.monotonicMs() - beganMs);
  return { outcome, progress: opened.progress() };
}

async function callSafely<T extends ReconciledObject, Status>(
  { kind, turn, signal, log }: Work<T, Status>,
  object: T,
  run: Run<Status>,
  step: "reconcile" | "finalize",
): Promise<Outcome<Status>> {
  try {
    const isAnnounced = step === "finalize" || turn.woken ||
      kind.rules.working !== undefined;
    if (!isAnnounced) await announce(run, object);
    return await kind[step]?.(object, run) ?? ready<Status>("Succeeded", "nothing to clean up");
  } catch (error) {
    // What fails because it was called off is neither news nor a bug.
    if (signal.aborted) return retry<Status>("Failed", { message: "The run was called off" });
    if (error instanceof CheckpointFailed) {
      const message = `Cannot write the status: ${error.message}`;
      return retry<Status>("ReconciliationFailed", { message });
    }
    log.error("reconcile function threw", { error });
    const message = maskSecrets(`Internal error: ${messageOf(error)}`, []);
    return failing("Failed", { message });
  }
}

/** How Flux opens a run of the kinds that do not announce theirs themselves (contract/common.md §2). */
async function announce<Status>(run: Run<Status>, object: ReconciledObject): Promise<void> {
  const { generation } = object.metadata;
  const observed = object.status?.observedGeneration ?? -1;
  await run.progress(
    observed === generation
      ? "reconciliation in progress"
      : `processing object: new generation ${observed} -> ${generation}`,
  );
}

function observe<T extends ReconciledObject, Status>(
  { kind, deps, object, log }: Work<T, Status>,
  outcome: Outcome<Status>,
  tookMs: number,
): void {
  const { name, namespace = "" } = object.metadata;
  const result = RUN_RESULTS[outcome.kind];
  deps.metrics.observeRun({
    kind: kind.gvk.kind,
    namespace,
    name,
    result,
    seconds: tookMs / 1000,
  });
  const { reason, message } = outcome;
  const durationMs = Math.round(tookMs);
  log.info("reconciliation finished", { outcome: outcome.kind, reason, message, durationMs });
}

/** Writes the status, sends the events, says what follows. */
async function settle<T extends ReconciledObject, Status>(
  work: Work<T, Status>,
  object: T | undefined,
  outcome: Outcome<Status>,
  progress: Progress | undefined,
): Promise<NextRun> {
  const { kind, deps, writer } = work;
  // A run that was called off says nothing: what called it off starts the next one.
  if (work.signal.aborted) return { kind: "now" };
  // What it came to was true of something else.
  if (writer.isOutdated) return { kind: "backoff" };
  const moment = { ...momentOf(work), progress };
  let isReady = false;
  const written = await writer.writeStatus((status) => {
    const summary = summarize(kind.rules, status, outcome, moment);
    isReady = summary.isReady;
    return summary.status;
  });
  if (!written.ok) return notWritten(work, written);
  sendAll(work, outcome.events);
  return nextRun(kind, object, outcome, { isReady, random: deps.random });
}

function sendAll<T extends ReconciledObject, Status>(
  { deps, kind, writer }: Work<T, Status>,
  events: readonly EventRecord[] = [],
): void {
  for (const event of events) deps.events.send(kind.controller, writer.object, event);
}

/** Conflicts and objects that went away are no news; for the rest the API server is asked again. */
function notWritten<T extends ReconciledObject, Status>(
  { signal, log, memory }: Work<T, Status>,
  { code, message }: Failure,
): NextRun {
  if (signal.aborted) return { kind: "now" };
  if (code === "NotLeader") return { kind: "after", delayMs: STANDBY_MS };
  memory.isUnsaid = AWAY.has(code);
  if (code !== "Conflict" && code !== "NotFound") log.info("object not written", { code, message });
  return { kind: "backoff" };
}

function momentOf<T extends ReconciledObject, Status>(
  { object, deps }: Task<T, Status>,
): Moment {
  return {
    generation: object.metadata.generation ?? 0,
    nowMs: deps.clock.now(),
    requestedAt: object.metadata.annotations?.[REQUESTED_AT],
  };
}

function fieldsOf(
  { gvk: { group, kind } }: Pick<KindController<ReconciledObject, unknown>, "gvk">,
  { metadata: { name, namespace = "" } }: KubeObject,
): Record<string, unknown> {
  return {
    controller: kind.toLowerCase(),
    controllerGroup: group,
    controllerKind: kind,
    [kind]: { name, namespace },
    namespace,
    name,
  };
}

const RUN_RESULTS = {
  ready: "requeue_after",
  retry: "error",
  wait: "requeue_after",
  stalled: "success",
} as const;
