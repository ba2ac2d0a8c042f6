/**
 * Notices by watch that someone changed an applied object, and has its Kustomization repair it (design D12).
 *
 * @module
 */
import type { Clock, Timer } from "../../lib/base/mod.ts";
import { KUSTOMIZE_MANAGER } from "../../lib/delivery/mod.ts";
import {
  type Cluster,
  isNewerVersion,
  type KubeObject,
  type LiveWatch,
  namespacedName,
  type ObjectRef,
} from "../../lib/kube/mod.ts";
import { type ForeignChange, inventoryId, planObject } from "../../lib/kube/ssa/mod.ts";
import type { Logger } from "../../lib/runtime/mod.ts";
import { ownerOf } from "./apply.ts";
import { type AppliedObject, type Contest, fingerprintOf, type Memory } from "./memory.ts";
import { RepairPace } from "./repair_pace.ts";

/** Events of one write come in bursts; this is short enough to repair within a second. */
const SETTLE_MS = 100;

/** The Kustomization that an object belongs to. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** What the watch needs to judge a change. */
export interface DriftParts {
  readonly live: LiveWatch;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly log: Logger;
  /** Further managers whose fields are taken over (`--override-manager`). */
  readonly overrideManagers: readonly string[];
  /** The identity that applies for the Kustomization; nothing while it is gone or suspended. */
  clusterOf(owner: Owner): Cluster | undefined;
  /** True while a run of the Kustomization goes on: its own writes are no drift. */
  isRunning(owner: Owner): boolean;
  /** Has the Kustomization run. */
  enqueue(owner: Owner, why: string): void;
}

interface Suspects {
  readonly owner: Owner;
  /** By inventory id. */
  readonly refs: Map<string, ObjectRef>;
  timer?: Timer;
}

/** Starts to listen; the answer stops it. */
export function watchDrift(parts: DriftParts): () => void {
  const suspects = new Map<string, Suspects>();
  const postponed = new Map<string, Timer>();
  const contests = new Map<string, Timer>();
  const pace = new RepairPace(parts.clock);
  const unsubscribe = parts.live.onChange((ref, change) => {
    // The object before counts too: removing our labels must not hide a change from us.
    for (const owner of ownersOf([change.previous, change.object])) {
      // What a run writes itself, and what others do to that meanwhile, is sorted out when it is over.
      if (parts.isRunning(owner) || isOff(owner, ref, parts)) notice(owner, ref);
    }
  });

  function notice(owner: Owner, ref: ObjectRef): void {
    const id = `${namespacedName(owner)} ${inventoryId(ref)}`;
    const pauseMs = pace.pauseMs(id);
    if (pauseMs === 0) return note(owner, ref);
    if (postponed.has(id)) return;
    parts.log.info("drift comes back again and again", { ...owner, object: id, pauseMs });
    const retry = () => {
      postponed.delete(id);
      note(owner, ref);
    };
    postponed.set(id, parts.clock.after(pauseMs, retry));
  }

  function note(owner: Owner, ref: ObjectRef): void {
    const key = namespacedName(owner);
    const noted = suspects.get(key) ?? { owner, refs: new Map<string, ObjectRef>() };
    noted.refs.set(inventoryId(ref), ref);
    suspects.set(key, noted);
    noted.timer ??= parts.clock.after(SETTLE_MS, () => settle(key));
  }

  function settle(key: string): void {
    const noted = suspects.get(key);
    if (noted === undefined) return;
    if (parts.isRunning(noted.owner)) {
      noted.timer = parts.clock.after(SETTLE_MS, () => settle(key));
      return;
    }
    suspects.delete(key);
    judge(noted, pace, { ...parts, notice, contest }).catch((error: unknown) => {
      parts.log.error("drift check failed", { error: String(error), kustomization: key });
    });
  }

  /** From now on the object is repaired less often; when nobody fights over it any more, the next run says so. */
  function contest(owner: Owner, contested: Contest): void {
    const id = inventoryId(contested.ref);
    const known = parts.memory.peek(namespacedName(owner));
    known?.contested.set(id, contested);
    const paceId = `${namespacedName(owner)} ${id}`;
    contests.get(paceId)?.cancel();
    const end = () => {
      contests.delete(paceId);
      if (known?.contested.delete(id)) parts.enqueue(owner, `peace over ${id}`);
    };
    contests.set(paceId, parts.clock.after(pace.calmMs(paceId), end));
  }

  return () => {
    unsubscribe();
    for (const timer of contests.values()) timer.cancel();
    for (const { timer } of suspects.values()) timer?.cancel();
    for (const timer of postponed.values()) timer.cancel();
    suspects.clear();
    postponed.clear();
  };
}

/** The Kustomizations that the labels of `objects` name, each once. */
function ownersOf(objects: readonly (KubeObject | undefined)[]): Iterable<Owner> {
  const owners = new Map<string, Owner>();
  for (const object of objects) {
    const owner = object && ownerOf(object);
    if (owner !== undefined) owners.set(namespacedName(owner), owner);
  }
  return owners.values();
}

/** Whether the watch shows something that is neither of our own making nor a change of the status alone. */
function isOff(owner: Owner, ref: ObjectRef, { live, memory }: DriftParts): boolean {
  const known = memory.peek(namespacedName(owner));
  if (known === undefined) return false;
  const id = inventoryId(ref);
  const seen = live.get(ref);
  const record = known.applied.get(id);
  if (record === undefined) return known.leaving.has(id) && seen === undefined;
  if (seen === undefined) return true;
  // The watch has not come to our own write yet; what it shows then is judged then.
  if (isNewerVersion(record.version, seen.metadata.resourceVersion)) return false;
  return record.fingerprint !== fingerprintOf(seen.metadata);
}

/** Asks the API server about each suspect; a change that touches nothing of ours is remembered as fine. */
async function judge(
  { owner, refs }: Suspects,
  pace: RepairPace,
  parts: DriftParts & {
    notice(owner: Owner, ref: ObjectRef): void;
    contest(owner: Owner, contested: Contest): void;
  },
): Promise<void> {
  const cluster = parts.clusterOf(owner);
  if (cluster === undefined) return;
  for (const [id, ref] of refs) {
    if (!isOff(owner, ref, parts)) continue;
    const record = parts.memory.peek(namespacedName(owner))?.applied.get(id);
    // Pruned, and now gone: the run takes it off the record.
    if (record === undefined) return parts.enqueue(owner, `end of ${id}`);
    const informs = parts.memory.peek(namespacedName(owner))?.informs === true;
    if (!await isChanged(record, owner, cluster, { ...parts, informs })) continue;
    // A run that was asked for meanwhile repairs it, or has done so.
    if (parts.isRunning(owner)) {
      parts.notice(owner, ref);
      continue;
    }
    if (!isOff(owner, ref, parts)) continue;
    parts.log.info("drift noticed", { object: id, ...owner });
    const paceId = `${namespacedName(owner)} ${id}`;
    pace.count(paceId);
    if (!informs && pace.pauseMs(paceId) > 0) {
      const foreign = await findForeign(record, cluster, parts);
      if (foreign !== undefined) parts.contest(owner, { ref, foreign });
    }
    return parts.enqueue(owner, `drift of ${id}`);
  }
}

/** What others changed of an object since it was applied. */
async function findForeign(
  record: AppliedObject,
  cluster: Cluster,
  { overrideManagers }: DriftParts,
): Promise<ForeignChange | undefined> {
  const plan = await planObject(cluster, record.desired, {
    fieldManager: KUSTOMIZE_MANAGER,
    ignoredPaths: () => record.ignored,
    overrideManagers,
    informOf: () => ({ last: record.desired }),
  });
  return plan.ok ? plan.value.foreign : undefined;
}

async function isChanged(
  record: AppliedObject,
  owner: Owner,
  cluster: Cluster,
  { overrideManagers, informs }: DriftParts & { readonly informs: boolean },
): Promise<boolean> {
  const options = {
    fieldManager: KUSTOMIZE_MANAGER,
    ignoredPaths: () => record.ignored,
    overrideManagers,
    ...(informs && { informOf: () => ({ last: record.desired }) }),
  };
  const plan = await planObject(cluster, record.desired, options);
  // Told of, and as it was when it was told of.
  const isTold = plan.ok && plan.value.foreign?.digest === record.foreign?.digest;
  if (!plan.ok || plan.value.live === undefined) return !(informs && isTold);
  const { step, live } = plan.value;
  const claimant = ownerOf(live);
  // Another Kustomization took it over: two that answered each other's writes would never end.
  const isOurs = claimant === undefined ||
    (claimant.name === owner.name && claimant.namespace === owner.namespace);
  if (!isOurs) return false;
  if (!isTold || (step !== "keep" && step !== "skip")) return true;
  record.fingerprint = fingerprintOf(live.metadata);
  return false;
}
