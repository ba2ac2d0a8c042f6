/**
 * How an object differs from what was applied.
 *
 * @module
 */
import { ok, type Result } from "../lib/base/mod.ts";
import { KUSTOMIZE_MANAGER } from "../lib/delivery/mod.ts";
import { type Cluster, type KubeObject, type ObjectRef, refOf } from "../lib/kube/mod.ts";
import {
  diffObjects,
  type DiffStep,
  dryRunFailure,
  foreignSteps,
  type IgnoredPaths,
  inventoryId,
  isCreateOnly,
  isExcludedFromApply,
  maskSecretDiff,
  normalizeObject,
  withoutPaths,
  writesOf,
} from "../lib/kube/ssa/mod.ts";

/** Who wrote what is there now. */
export interface Writer {
  readonly manager: string;
  /** RFC 3339. */
  readonly time: string;
}

/** One field that is not as it was applied; a Secret's values are masked. */
export interface FieldChange {
  /** JSON pointer. */
  readonly path: string;
  /** As it was applied. */
  readonly wanted: unknown;
  /** Absent where it was taken away. */
  readonly found?: unknown;
  /** As far as the server says. */
  readonly writers: readonly Writer[];
}

/** An object that is not as it was applied. */
export interface ObjectDrift {
  readonly ref: ObjectRef;
  /** Nothing where the object itself was deleted. */
  readonly changes?: readonly FieldChange[];
}

/** What is known of the apply. */
export interface Basis {
  /** Whether the objects compared with are those that were applied last. */
  readonly isApplied: boolean;
  /** Ids of what the Kustomization has on record. */
  readonly recorded: ReadonlySet<string>;
  readonly ignored: IgnoredPaths;
}

/** Asks the server, by a dry-run, what applying `desired` would undo; nothing where nobody changed anything. */
export async function compareObject(
  cluster: Cluster,
  desired: KubeObject,
  { isApplied, recorded, ignored }: Basis,
): Promise<Result<ObjectDrift | undefined>> {
  const normal = normalizeObject(desired);
  if (!normal.ok) return normal;
  const ref = refOf(normal.value);
  const read = await cluster.get(ref);
  if (!read.ok && (read.code === "NotFound" || read.code === "NoMatch")) {
    return ok(recorded.has(inventoryId(ref)) ? { ref } : undefined);
  }
  if (!read.ok) return read;
  const live = read.value;
  if (isExcludedFromApply(desired, live) || isCreateOnly(desired)) return ok(undefined);

  const options = { fieldManager: KUSTOMIZE_MANAGER, force: true, dryRun: true } as const;
  const dryRun = await cluster.apply(normal.value, options);
  if (!dryRun.ok) return dryRunFailure(normal.value, dryRun);
  const paths = ignored(desired);
  const steps = foreignSteps(
    live,
    diffObjects(withoutPaths(live, paths), withoutPaths(dryRun.value, paths)),
    { fieldManager: KUSTOMIZE_MANAGER, isBaseKnown: isApplied },
  );
  if (steps.length === 0) return ok(undefined);
  const made = steps.map(reversed);
  const shown = ref.kind === "Secret" && ref.apiVersion === "v1" ? maskSecretDiff(made) : made;
  return ok({ ref, changes: shown.map((step) => changeOf(step, live)) });
}

/** What others did, of what would undo it. */
function reversed({ op, path, value, oldValue }: DiffStep): DiffStep {
  return op === "add"
    ? { op: "remove", path, oldValue: value }
    : { op, path, value: oldValue, oldValue: value };
}

function changeOf({ op, path, value, oldValue }: DiffStep, live: KubeObject): FieldChange {
  // Nobody has written what is not there.
  if (op === "remove") return { path, wanted: oldValue, writers: [] };
  const writers = writesOf(live, path)
    .filter(({ manager }) => manager !== undefined && manager !== KUSTOMIZE_MANAGER)
    .map(({ manager = "", time = "" }) => ({ manager, time }));
  return { path, wanted: oldValue, found: value, writers };
}
