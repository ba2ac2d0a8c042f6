/**
 * What has left a Kustomization for another one of the source that has not applied the revision yet: it stays as it is,
 * on record, until that one has taken it over. One that depends on this one can do so only when this one is ready.
 *
 * Who wants what, a build tells: the one that the other is about to make.
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import {
  type FileTree,
  firstLines,
  mapParallel,
  parseDuration,
  type Result,
  startDeadline,
} from "../../lib/base/mod.ts";
import { asApplied, sourceRefOf } from "../../lib/delivery/mod.ts";
import { displayName, isNewerVersion, type ObjectRef, refOf } from "../../lib/kube/mod.ts";
import { inventoryId, isExcludedFromApply, type PrunePlan } from "../../lib/kube/ssa/mod.ts";
import { NO_HANDLING } from "./annotations.ts";
import { buildRevision } from "./build.ts";
import type { KustomizeContext } from "./context.ts";
import { refusedAccount } from "./decrypt.ts";
import { memoryKey, type Moving, type Stay } from "./memory.ts";
import {
  type Attempt,
  eventMetadata,
  type KustomizationOutcome,
  startAttempt,
} from "./outcomes.ts";
import { isBehind } from "./siblings.ts";
import { denyForeign } from "./source.ts";

/** Others that are read and built at once. */
const CONCURRENCY = 4;
const MOST_NAMES = 20;

/** One that has not applied the revision. */
interface Taker {
  readonly kustomization: Kustomization;
  /** Inventory ids of what it wants; nothing where its build fails, or nobody could look. */
  readonly wants: ReadonlySet<string> | undefined;
}

/** Inventory ids of what `plan` deletes, and what is not to be deleted in this run as it moves, or may. */
export async function findMoving(
  attempt: Attempt,
  plan: PrunePlan,
  ctx: KustomizeContext,
): Promise<ReadonlySet<string>> {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const before = remembered.moving;
  const going = plan.steps.filter(({ verdict }) => verdict.kind === "delete");
  const takers = going.length === 0 ? [] : await findTakers(attempt, ctx);
  const ids = new Set<string>();
  const stays = new Map<string, Stay>();
  const nowMs = ctx.clock.monotonicMs();
  for (const { entry: { id } } of going) {
    const asked = takers.filter(({ wants }) => wants?.has(id) !== false);
    if (asked.length === 0) continue;
    if (asked.some((taker) => isSure(taker, attempt))) {
      ids.add(id);
      continue;
    }
    const stay = before?.stays.get(id) ?? { sinceMs: nowMs, isReady: false };
    stays.set(id, stay);
    if (nowMs < stay.sinceMs + attempt.timeoutMs) ids.add(id);
  }
  const awaited = takers
    .filter(({ wants }) => wants === undefined || !wants.isDisjointFrom(ids))
    .map(({ kustomization }) => kustomization);
  remembered.moving = { ids, stays, takers: awaited };
  tellMoving(attempt, { before, moving: remembered.moving, plan }, ctx);
  return ids;
}

/**
 * It is in git and somebody is about to have it: then it stays, however long that takes. What may come to nothing, and
 * what other namespaces want, holds a prune up for a while only.
 */
function isSure({ kustomization, wants }: Taker, attempt: Attempt): boolean {
  return wants !== undefined && kustomization.metadata.namespace === attempt.namespace;
}

/** The outcome of a run that leaves something to others; the next one begins when they have it. */
export function followMoving(
  attempt: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const { moving } = remembered;
  if (outcome.kind !== "ready") return outcome;
  if (moving === undefined || moving.ids.size === 0) {
    ctx.awaitTakers(attempt.kustomization, attempt.revision, []);
    return outcome;
  }
  const nowMs = ctx.clock.monotonicMs();
  const stays = new Map<string, Stay>();
  let firstMs = Infinity;
  for (const [id, before] of moving.stays) {
    const stay = before.isReady ? before : { sinceMs: nowMs, isReady: true };
    stays.set(id, stay);
    if (moving.ids.has(id)) firstMs = Math.min(firstMs, stay.sinceMs);
  }
  remembered.moving = { ...moving, stays };
  ctx.awaitTakers(attempt.kustomization, attempt.revision, moving.takers);

  const lookMs = Math.max(0, firstMs + attempt.timeoutMs - nowMs);
  const interval = parseDuration(attempt.kustomization.spec.interval);
  const regularMs = interval.ok && interval.value > 0 ? interval.value : Infinity;
  return lookMs < (outcome.afterMs ?? regularMs) ? { ...outcome, afterMs: lookMs } : outcome;
}

async function findTakers(attempt: Attempt, ctx: KustomizeContext): Promise<Taker[]> {
  const candidates = findCandidates(attempt, ctx);
  if (candidates.length === 0) return [];
  // The time of one run for all of them together: what others build holds this one up no longer.
  using deadline = startDeadline(ctx.clock, attempt.timeoutMs, ctx.signal);
  // What there is to tell of them, their own runs tell.
  const theirs = { ...ctx, signal: deadline.signal, event() {} };
  const tree = await ctx.fetchArtifact(attempt.artifact, ctx.budget(deadline.signal));
  const takers = await mapParallel(
    candidates,
    CONCURRENCY,
    (candidate) => readTaker(attempt, candidate, tree, theirs),
  );
  return takers.flatMap((taker) => taker ?? []);
}

/** Those of the local copy that are behind, and those that this run has just written, which it may not show yet. */
function findCandidates(attempt: Attempt, ctx: KustomizeContext): Kustomization[] {
  const { kustomization, revision } = attempt;
  const siblings = ctx.claims.siblingsOf(kustomization);
  const candidates = new Map(
    siblings.filter((sibling) => isBehind(sibling, revision, ctx))
      .map((sibling) => [memoryKey(sibling), sibling]),
  );
  for (const { desired, version } of ctx.memory.of(memoryKey(kustomization)).applied.values()) {
    const decoded = desired.kind === Kustomization.kind ? Kustomization.decode(desired) : undefined;
    if (!decoded?.ok) continue;
    const known = ctx.knownKustomization(refOf(desired));
    const isUnseen = known === undefined ||
      isNewerVersion(version, known.metadata.resourceVersion);
    if (isUnseen) candidates.set(memoryKey(desired), decoded.value);
  }
  return [...candidates.values()];
}

/** Asks the API server: a copy may have the spec of before, too. */
async function readTaker(
  attempt: Attempt,
  candidate: Kustomization,
  tree: Result<FileTree>,
  ctx: KustomizeContext,
): Promise<Taker | undefined> {
  // The time is up: it may want everything.
  if (ctx.signal.aborted) return { kustomization: candidate, wants: undefined };
  const read = await ctx.readDependency(refOf(candidate));
  if (!read.ok) {
    return read.code === "NotFound" ? undefined : { kustomization: candidate, wants: undefined };
  }
  const kustomization = read.value;
  const isTaker = ctx.claims.isSibling(attempt.kustomization, kustomization) &&
    isBehind(kustomization, attempt.revision, ctx) &&
    denyForeign(sourceRefOf(kustomization), kustomization, ctx) === undefined;
  if (!isTaker) return undefined;
  const wants = tree.ok ? await readWants(attempt, kustomization, tree.value, ctx) : undefined;
  return { kustomization, wants };
}

/** What `taker` is going to apply of the same artifact. */
async function readWants(
  { artifact }: Attempt,
  taker: Kustomization,
  tree: FileTree,
  ctx: KustomizeContext,
): Promise<ReadonlySet<string> | undefined> {
  if (refusedAccount(taker, ctx.settings)) return undefined;
  const theirs = startAttempt(taker, { artifact, handling: NO_HANDLING }, ctx);
  const built = await buildRevision(theirs, tree, ctx);
  // Without the folder there is nothing that it could want.
  if (!built.ok) return built.outcome.reason === "ArtifactFailed" ? new Set() : undefined;
  const objects = built.value.objects.map((object) => asApplied(object, taker));
  return new Set(
    objects.filter((object) => !isExcludedFromApply(object, undefined))
      .flatMap((object) => wantedIds(refOf(object))),
  );
}

/** The namespace that an object is to be in goes nowhere, either. */
function wantedIds(ref: ObjectRef): string[] {
  const { namespace } = ref;
  if (namespace === undefined) return [inventoryId(ref)];
  return [inventoryId(ref), inventoryId({ apiVersion: "v1", kind: "Namespace", name: namespace })];
}

/** Says once of each object why it is still there. */
function tellMoving(
  attempt: Attempt,
  { before, moving, plan }: { before: Moving | undefined; moving: Moving; plan: PrunePlan },
  ctx: KustomizeContext,
): void {
  const news = plan.steps.filter(({ entry: { id } }) =>
    moving.ids.has(id) && before?.ids.has(id) !== true
  );
  if (news.length === 0) return;
  const who = firstLines(moving.takers.map((taker) => displayName(refOf(taker))), MOST_NAMES)
    .join(", ");
  const what = firstLines(news.map(({ ref }) => displayName(ref)), MOST_NAMES).join("\n");
  const message = `Not pruned before ${who} applied revision ${attempt.revision}:\n${what}`;
  const metadata = eventMetadata(attempt);
  ctx.event({ type: "Normal", reason: "Progressing", message, metadata });
}
