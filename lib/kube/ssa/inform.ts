/**
 * Plans an object of which others' changes are told of and stay (`sluice.dev/drift: Inform`).
 *
 * @module
 */
import { isEqualJson, ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { KubeObject } from "../object.ts";
import { diffObjects, type DiffStep } from "./drift.ts";
import { describeForeign, foreignSteps, keepForeign, type ToldForeign } from "./foreign.ts";
import { leavePaths, withoutPaths } from "./ignored_paths.ts";
import { normalizeObject } from "./normalize.ts";
import type { ObjectPlan, PlanOptions } from "./plan.ts";

/** What is known of an object that is there. */
export interface Informed {
  /** As it is to be sent. */
  readonly object: KubeObject;
  readonly live: KubeObject;
  /** What would become of it. */
  readonly dryRun: KubeObject;
  /** What was applied last. */
  readonly last?: KubeObject | undefined;
  /** What was said of it before. */
  readonly told?: ToldForeign | undefined;
}

/**
 * What git changed is written, what others changed stays. No fields are taken over from other managers: the next
 * apply would take away what these have added.
 */
export async function planInformed(
  cluster: Cluster,
  informed: Informed,
  options: PlanOptions,
): Promise<Result<ObjectPlan>> {
  const { object, live, dryRun } = informed;
  const { fieldManager } = options;
  const ignored = options.ignoredPaths?.(object) ?? [];
  const compare = (other: KubeObject) =>
    diffObjects(withoutPaths(live, ignored), withoutPaths(other, ignored));
  const wanted = compare(dryRun);
  if (wanted.length === 0) return ok({ object, live, step: "keep", cleanup: [] });

  const undone = await findUndone(cluster, informed, { ...options, wanted, compare });
  const foreign = describeForeign(live, undone, fieldManager);
  const kept = new Set(undone.map(({ path }) => path));
  const step = wanted.every(({ path }) => kept.has(path)) ? "keep" : "configure";
  const left = ignored.length === 0 ? object : leavePaths(object, live, ignored, fieldManager);
  const sent = keepForeign(left, live, undone, fieldManager);
  const plan = { object: sent, live, step, cleanup: [] } as const;
  return ok(foreign === undefined ? plan : { ...plan, foreign });
}

/** What of the live object applying it would undo: all that differs from what was applied last. */
async function findUndone(
  cluster: Cluster,
  { object, live, last, told }: Informed,
  options: PlanOptions & {
    readonly wanted: readonly DiffStep[];
    readonly compare: (other: KubeObject) => DiffStep[];
  },
): Promise<DiffStep[]> {
  const { fieldManager, wanted, compare } = options;
  const normal = last === undefined ? undefined : normalizeObject(last);
  if (normal?.ok !== true) {
    return foreignSteps(live, wanted, { fieldManager, isBaseKnown: false, told });
  }
  if (isEqualJson(normal.value, object)) {
    return foreignSteps(live, wanted, { fieldManager, isBaseKnown: true });
  }
  const before = await cluster.apply(normal.value, { fieldManager, force: true, dryRun: true });
  return before.ok
    ? foreignSteps(live, compare(before.value), { fieldManager, isBaseKnown: true })
    : foreignSteps(live, wanted, { fieldManager, isBaseKnown: false, told });
}
