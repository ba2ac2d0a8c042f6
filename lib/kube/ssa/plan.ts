/**
 * Finds out what applying an object would do, without writing anything.
 *
 * @module
 */
import { ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { type KubeObject, refOf } from "../object.ts";
import { cleanupPatch, type PatchOperation } from "./cleanup.ts";
import { hasDrifted } from "./drift.ts";
import { dryRunFailure, isImmutableError } from "./errors.ts";
import { type ForeignChange, GONE } from "./foreign.ts";
import { leavePaths, withoutPaths } from "./ignored_paths.ts";
import { planInformed } from "./inform.ts";
import { normalizeObject } from "./normalize.ts";
import { refuseRecreate } from "./recreate.ts";
import { refuseSealed } from "./secrets.ts";
import { isCreateOnly, isExcludedFromApply, keepsOtherManagers, mayRecreate } from "./selectors.ts";
import { refuseTerminating } from "./terminating.ts";
import type { StagedApplyOptions } from "./types.ts";

/** What is to be done with one object. */
export interface ObjectPlan {
  /** As it is sent. */
  readonly object: KubeObject;
  /** As it was found. */
  readonly live?: KubeObject;
  /** `configure` and `create` write; `recreate` deletes first. */
  readonly step: "skip" | "keep" | "create" | "configure" | "recreate";
  /** What to take over before the write. */
  readonly cleanup: readonly PatchOperation[];
  /** What others changed, and what stays. */
  readonly foreign?: ForeignChange;
}

/** Which of the options a plan depends on. */
export type PlanOptions = Pick<
  StagedApplyOptions,
  "fieldManager" | "force" | "ignoredPaths" | "informOf" | "overrideManagers" | "unchanged"
>;

/** Plans one object: reads it, asks for a dry-run, compares. */
export async function planObject(
  cluster: Cluster,
  desired: KubeObject,
  options: PlanOptions,
): Promise<Result<ObjectPlan>> {
  if (options.unchanged?.(desired)) return ok({ object: desired, step: "keep", cleanup: [] });
  const sealed = refuseSealed(desired);
  if (sealed) return sealed;
  const normal = normalizeObject(desired);
  if (!normal.ok) return normal;
  const object = normal.value;

  const read = await cluster.get(refOf(object));
  // A kind that is not served has no live object, and what may not be read may not be applied either,
  // mostly: the dry-run says both in the words people know.
  const isUnknown = !read.ok &&
    ["NotFound", "NoMatch", "Forbidden", "BadRequest"].includes(read.code);
  if (!read.ok && !isUnknown) return dryRunFailure(object, read);
  const live = read.ok ? read.value : undefined;
  const found = live === undefined ? {} : { live };
  if (isExcludedFromApply(object, live) || (live !== undefined && isCreateOnly(object))) {
    return ok({ object, ...found, step: "skip", cleanup: [] });
  }

  const inform = options.informOf?.(object);
  const wasThere = inform?.last !== undefined || inform?.told?.isGone === true;
  if (!read.ok && read.code === "NotFound" && wasThere) {
    return ok({ object, step: "skip", cleanup: [], foreign: GONE });
  }
  const ending = refuseTerminating(live);
  if (ending) return ending;

  const { fieldManager } = options;
  const dryRun = await cluster.apply(object, { fieldManager, force: true, dryRun: true });
  if (!dryRun.ok) {
    const forced = options.force === true || mayRecreate(object, live);
    if (live === undefined || !forced || !isImmutableError(dryRun)) {
      return dryRunFailure(object, dryRun);
    }
    const refused = await refuseRecreate(cluster, { object, live }, dryRun, options);
    return refused ?? ok({ object, live, step: "recreate", cleanup: [] });
  }
  // Who may apply but not read would have every object written anew at each run.
  if (!read.ok && read.code === "Forbidden") return dryRunFailure(object, read);
  if (live === undefined) return ok({ object, step: "create", cleanup: [] });

  if (inform !== undefined) {
    return await planInformed(cluster, { object, live, dryRun: dryRun.value, ...inform }, options);
  }
  const cleanup = keepsOtherManagers(object, live)
    ? []
    : cleanupPatch(live, fieldManager, options.overrideManagers);
  const ignored = options.ignoredPaths?.(object) ?? [];
  const drifted = hasDrifted(withoutPaths(live, ignored), withoutPaths(dryRun.value, ignored));
  if (cleanup.length === 0 && !drifted) {
    return ok({ object, live, step: "keep", cleanup });
  }
  const sent = ignored.length === 0 ? object : leavePaths(object, live, ignored, fieldManager);
  return ok({ object: sent, live, step: "configure", cleanup });
}
