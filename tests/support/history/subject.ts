/**
 * What a history is held against: one Kustomization, its source, and what each revision builds to.
 *
 * @module
 */
import { isRecord } from "../../../lib/base/mod.ts";
import { type KubeObject, refOf } from "../../../lib/kube/mod.ts";
import { inventoryId } from "../../../lib/kube/ssa/mod.ts";

/** What a test knows beforehand. */
export interface Subject {
  /** The Kustomization. */
  readonly kustomization: { readonly namespace: string; readonly name: string };
  /** Its GitRepository. */
  readonly source: { readonly namespace: string; readonly name: string };
  /** In the order in which they were committed. */
  readonly revisions: readonly BuiltRevision[];
  /** Whether the Kustomization is deleted in the end. */
  readonly isDeleted?: boolean;
}

/** What a revision builds to. */
export interface BuiltRevision {
  /** As in a status: `main@sha1:…`. */
  readonly revision: string;
  /**
   * With their namespaces, without what the API server adds: every field named here must be in the cluster.
   * Absent where the build fails.
   */
  readonly objects?: readonly KubeObject[];
}

const known = new WeakMap<BuiltRevision, ReadonlyMap<string, KubeObject>>();

/** What a revision builds to, by inventory id. Kept: it is asked for at every write, and there may be thousands. */
export function wantedOf(built: BuiltRevision): ReadonlyMap<string, KubeObject> {
  const found = known.get(built) ?? new Map(
    (built.objects ?? []).map((object) => [inventoryId(refOf(object)), object]),
  );
  known.set(built, found);
  return found;
}

/** How writes are judged. */
export interface Judgement {
  /** Whether a user of the log is the controllers. */
  isOurs(user: string): boolean;
  /** Whether an object is healthy, for `wait: true`; every object is when absent. */
  isHealthy?(object: KubeObject): boolean;
  /**
   * How long a controller may not have taken in that the source moved on, once it was told; 2 s when absent. Longer
   * where a test holds back its watches.
   */
  readonly lagMs?: number;
  /**
   * When the controllers were told that the source serves a revision; as soon as it does when absent. For tests in
   * which watches break, and come back when they can.
   */
  toldMs?(revision: string, servedMs: number): number;
  /** False where the history stops in the middle of things: then nothing is asked of its end. */
  readonly isSettled?: boolean;
}

/** An invariant that a history breaks (`I1` to `I7`, as the tests' documents number them). */
export interface Violation {
  readonly invariant: "I1" | "I2" | "I3" | "I4" | "I6" | "I7";
  /** When; sorts as text. Empty where it is about the end. */
  readonly at: string;
  readonly message: string;
}

/** One thing wrong with a step; the walk adds when. */
export type Finding = Omit<Violation, "at">;

/** Whether every field of `wanted` is in `found`; lists must match entry by entry. */
export function hasFields(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && found.length === wanted.length &&
      wanted.every((entry, index) => hasFields(found[index], entry));
  }
  if (!isRecord(wanted)) return found === wanted;
  return isRecord(found) &&
    Object.entries(wanted).every(([key, value]) => hasFields(found[key], value));
}
