/**
 * What happened in a cluster, write by write: the audit log, replayed.
 *
 * @module
 */
import { isRecord } from "../../../lib/base/mod.ts";
import { isKubeObject, type KubeObject, refOf } from "../../../lib/kube/mod.ts";
import { inventoryId } from "../../../lib/kube/ssa/mod.ts";
import { type AuditEntry, completeLines, isDryRun, readAuditEntry } from "../audit_entry.ts";

/** One write that the API server carried out. */
export interface Step {
  /** When it came; sorts as text. */
  readonly at: string;
  /** Who wrote. */
  readonly user: string;
  /** `create`, `update`, `patch` or `delete`. */
  readonly verb: string;
  /** `status`, or empty. */
  readonly subresource: string;
  /** Names the object, as an inventory does. */
  readonly id: string;
  /** What was sent. */
  readonly request: unknown;
  /** The object before; absent when there was none. */
  readonly before: KubeObject | undefined;
  /** The object afterwards; absent when it is gone. */
  readonly after: KubeObject | undefined;
  /**
   * Set where the server does not know what came of it, as when a client dies in the middle of its request: then
   * `after` is the object before, or what was sent where there was none.
   */
  readonly isUncertain?: boolean;
}

const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/**
 * Replays an audit log that keeps the bodies of writes. It must begin before the first object that matters:
 * what was there already is seen only once it is written.
 */
export function replaySteps(log: string): Step[] {
  const entries = completeLines(log)
    .flatMap((line) => readAuditEntry(line) ?? [])
    .filter((entry) => WRITES.has(entry.verb) && !isRefused(entry) && !isDryRun(entry))
    // A request that follows from an answer came after it; the order of the lines promises less.
    .sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : a.receivedAt > b.receivedAt ? 1 : 0));
  const world = new World();
  return entries.flatMap((entry) => world.take(entry));
}

/** Whether nothing came of a request. After 5xx something may have. */
function isRefused({ status }: AuditEntry): boolean {
  return status >= 300 && status < 500;
}

/** The objects as the log leaves them, by place: `group/resource/namespace/name`. */
class World {
  readonly #objects = new Map<string, KubeObject>();

  take(entry: AuditEntry): Step[] {
    const { target, response } = entry;
    if (entry.status >= 500) return this.#takeUncertain(entry);
    if (entry.verb === "deletecollection") return this.#takeCollection(entry);
    const written = isKubeObject(response) && response.kind !== "Status" ? response : undefined;
    const name = target.name || written?.metadata.name || "";
    const place = placeOf(target, target.namespace, name);
    const before = this.#objects.get(place);
    const known = before ?? written;
    // `scale`, `eviction`, tokens: answers of another kind say nothing of the object's state.
    const isOther = target.subresource !== "" && target.subresource !== "status";
    if (known === undefined || isOther) return [];
    const after = entry.verb === "delete" ? leftOf(written) : stillThere(written);
    return [this.#step(entry, place, known, after)];
  }

  #takeUncertain(entry: AuditEntry): Step[] {
    const { target, request } = entry;
    const place = placeOf(target, target.namespace, target.name);
    const known = this.#objects.get(place) ?? (isKubeObject(request) ? request : undefined);
    if (known === undefined || target.name === "") return [];
    return [{ ...this.#step(entry, place, known, known), isUncertain: true }];
  }

  /** Everything of the kind in the namespace: what a namespace that goes takes with it. */
  #takeCollection(entry: AuditEntry): Step[] {
    const prefix = placeOf(entry.target, entry.target.namespace, "");
    const places = [...this.#objects.keys()].filter((place) => place.startsWith(prefix));
    return places.flatMap((place) => {
      const object = this.#objects.get(place);
      return object === undefined ? [] : [this.#step(entry, place, object, leftOf(object))];
    });
  }

  #step(entry: AuditEntry, place: string, known: KubeObject, after: KubeObject | undefined): Step {
    const before = this.#objects.get(place);
    if (after === undefined) this.#objects.delete(place);
    else this.#objects.set(place, after);
    return {
      at: entry.receivedAt,
      user: entry.user,
      verb: entry.verb === "deletecollection" ? "delete" : entry.verb,
      subresource: entry.target.subresource,
      id: inventoryId(refOf(known)),
      request: entry.request,
      before,
      after,
    };
  }
}

function placeOf(
  { group, resource }: AuditEntry["target"],
  namespace: string,
  name: string,
): string {
  return `${group}/${resource}/${namespace}/${name}`;
}

/** What a delete leaves: an object that finalizers or its processes hold, or nothing. */
function leftOf(object: KubeObject | undefined): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  return finalizers.length > 0 || deletionGracePeriodSeconds > 0 ? object : undefined;
}

/** The last finalizer of a deleted object takes the object with it. */
function stillThere(object: KubeObject | undefined): KubeObject | undefined {
  return object?.metadata.deletionTimestamp === undefined ? object : leftOf(object);
}

/** The uid that a delete was bound to. */
export function preconditionOf({ request }: Step): string | undefined {
  const preconditions = isRecord(request) ? request.preconditions : undefined;
  const uid = isRecord(preconditions) ? preconditions.uid : undefined;
  return typeof uid === "string" ? uid : undefined;
}
