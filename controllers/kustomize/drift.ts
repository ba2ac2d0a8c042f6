/**
 * Notices by watch that someone changed an applied object, and has its Kustomization repair it (design D12).
 *
 * @module
 */
import type { Clock, Timer } from "../../lib/base/mod.ts";
import {
  type Change,
  type Cluster,
  type KubeObject,
  type LiveWatch,
  type ObjectRef,
  refOf,
} from "../../lib/kube/mod.ts";
import { inventoryId, planObject } from "../../lib/kube/ssa/mod.ts";
import type { Logger } from "../../lib/runtime/mod.ts";
import { FIELD_MANAGER, ownerOf } from "./apply.ts";
import { type AppliedObject, fingerprintOf, type Memory } from "./memory.ts";

/** Events of one write come in bursts; this is short enough to repair within a second. */
const SETTLE_MS = 100;

/** The Kustomization that an object belongs to. */
interface Owner {
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
  readonly ids: Set<string>;
  timer?: Timer;
}

/** Starts to listen; the answer stops it. */
export function watchDrift(parts: DriftParts): () => void {
  const suspects = new Map<string, Suspects>();
  const unsubscribe = parts.live.onChange((_ref, change) => {
    for (const object of [change.previous, change.object]) {
      // The object before counts too: removing our labels must not hide a change from us.
      const owner = object === undefined ? undefined : ownerOf(object);
      if (owner !== undefined && isSuspicious(owner, change, parts)) note(owner, change.object);
    }
  });

  function note(owner: Owner, object: KubeObject): void {
    const key = `${owner.namespace}/${owner.name}`;
    const noted = suspects.get(key) ?? { owner, ids: new Set<string>() };
    noted.ids.add(inventoryId(refOf(object)));
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
    judge(noted, parts).catch((error: unknown) => {
      parts.log.error("drift check failed", { error: String(error), kustomization: key });
    });
  }

  return () => {
    unsubscribe();
    for (const { timer } of suspects.values()) timer?.cancel();
    suspects.clear();
  };
}

/** A change that cannot be of our own making nor of the status alone. */
function isSuspicious(
  owner: Owner,
  change: Change,
  { memory }: DriftParts,
): boolean {
  const record = recordOf(memory, owner, refOf(change.object));
  if (record === undefined) return false;
  return change.type === "deleted" || record.fingerprint !== fingerprintOf(change.object.metadata);
}

function recordOf(
  memory: Memory,
  owner: Owner,
  ref: ObjectRef,
): AppliedObject | undefined {
  return memory.of(`${owner.namespace}/${owner.name}`).applied.get(inventoryId(ref));
}

/** Asks the API server about each suspect; a change that touches nothing of ours is remembered as fine. */
async function judge({ owner, ids }: Suspects, parts: DriftParts): Promise<void> {
  const cluster = parts.clusterOf(owner);
  if (cluster === undefined) return;
  const { applied } = parts.memory.of(`${owner.namespace}/${owner.name}`);
  for (const id of ids) {
    const record = applied.get(id);
    if (record === undefined) continue;
    const changed = await isChanged(record, owner, cluster, parts);
    if (!changed) continue;
    parts.log.info("drift noticed", { object: id, ...owner });
    return parts.enqueue(owner, `drift of ${id}`);
  }
}

async function isChanged(
  record: AppliedObject,
  owner: Owner,
  cluster: Cluster,
  { overrideManagers }: DriftParts,
): Promise<boolean> {
  const options = { fieldManager: FIELD_MANAGER, overrideManagers };
  const plan = await planObject(cluster, record.desired, options);
  if (!plan.ok || plan.value.live === undefined) return true;
  const { step, live } = plan.value;
  const claimant = ownerOf(live);
  // Another Kustomization took it over: two that answered each other's writes would never end.
  const isOurs = claimant === undefined ||
    (claimant.name === owner.name && claimant.namespace === owner.namespace);
  if (!isOurs) return false;
  if (step !== "keep" && step !== "skip") return true;
  record.fingerprint = fingerprintOf(live.metadata);
  return false;
}
