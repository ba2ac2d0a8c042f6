/**
 * What applying and pruning take and give back.
 *
 * @module
 */
import type { Clock, Failure, Result } from "../../base/mod.ts";
import type { GroupVersionKind, KubeObject, ObjectMeta, ObjectRef } from "../object.ts";
import type { ForeignChange, ToldForeign } from "./foreign.ts";
import type { IgnoredPaths } from "./ignored_paths.ts";

/** One entry of `status.inventory.entries`. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<kind>`. */
  readonly id: string;
  /** API version without its group. */
  readonly v: string;
}

/** What happened to one object. */
export type Action = "created" | "configured" | "unchanged" | "skipped" | "deleted";

/** One object of a change set. */
export interface ObjectChange {
  /** Which object. */
  readonly ref: ObjectRef;
  /** Its entry in the inventory. */
  readonly entry: InventoryEntry;
  /** What was done. */
  readonly action: Action;
  /** The live object's uid, where one was seen. */
  readonly uid?: string;
  /** The live object's version after the action, where one was seen. */
  readonly resourceVersion?: string;
  /** The live object's metadata after the action, where it was seen. */
  readonly metadata?: ObjectMeta;
  /** What others changed, and what stays (`informOf`). */
  readonly foreign?: ForeignChange;
  /** True where the object was deleted and made anew. */
  readonly recreated?: boolean;
}

/** How to apply. */
export interface StagedApplyOptions {
  /** Field manager of every write: `kustomize-controller`. */
  readonly fieldManager: string;
  /** Recreate objects whose immutable fields changed (`spec.force`). */
  readonly force?: boolean;
  /** Most dry-runs, and most writes of one kind, at once; 4 when absent. */
  readonly concurrency?: number;
  /** `group/Kind` of the stage between classes and the rest (`--custom-apply-stage-kinds`). */
  readonly customStageKinds?: readonly string[];
  /** Further managers whose fields are taken over (`--override-manager`). */
  readonly overrideManagers?: readonly string[];
  /** Parts of an object that are left to others, once it is there (`spec.ignore`). */
  readonly ignoredPaths?: IgnoredPaths;
  /** True where the caller knows that `object` is applied as it is: no request is made for it. */
  readonly unchanged?: (object: KubeObject) => boolean;
  /** Where an object is written: `apps/web.yaml:12`. Failures name it. */
  readonly placeOf?: (object: KubeObject) => string | undefined;
  /** What passes its dry-run is applied although others are refused (`sluice.dev/apply: Partial`). */
  readonly isPartial?: boolean;
  /**
   * Where others' changes of an object are to stay: what is known to have been applied last, or nothing of it, and
   * what was said of it before. Absent, or without an answer: they are undone.
   */
  readonly informOf?: (
    object: KubeObject,
  ) =>
    | { readonly last?: KubeObject | undefined; readonly told?: ToldForeign | undefined }
    | undefined;
  /** Waits until the objects of a stage are ready; a poll every 2 s for at most 60 s when absent. */
  readonly waitReady?: (objects: readonly ObjectRef[]) => Promise<Result<void>>;
  /**
   * Runs once, after the first stage that has changes passed its dry-runs and before the first write of
   * the run: the write-ahead inventory (design D11). A throw ends the run with nothing written.
   */
  readonly beforeFirstWrite?: () => Promise<void>;
  /** Paces the waiting. */
  readonly clock: Clock;
  /** Ends the run before its next request. */
  readonly signal: AbortSignal;
}

/** What applying came to; `changes` holds what was done before a failure, too. */
export interface ApplyReport {
  /** In apply order. */
  readonly changes: readonly ObjectChange[];
  /** Why the run stopped; the message is Flux's, without the change log. */
  readonly failure?: Failure;
  /** Kinds of the failed stage that the server does not serve. */
  readonly missing?: readonly GroupVersionKind[];
  /** How many objects were refused while all others were applied; only with {@linkcode StagedApplyOptions.isPartial}. */
  readonly refused?: number;
}

/** Whose objects may be deleted. */
export interface PruneOptions {
  /** Labels that the live object must carry; another value means that it was handed over. */
  readonly ownerLabels: Readonly<Record<string, string>>;
  /** Namespace that Sluice itself runs in: never deleted. */
  readonly runtimeNamespace?: string;
  /** Who applied: an owner reference that it set itself does not make an object another's child. */
  readonly fieldManager: string;
  /** Labels of another owner that wants the object of this inventory id too. */
  readonly claimantOf?: (id: string) => Readonly<Record<string, string>> | undefined;
  /** What a namespace holds that its deletion would take along though it belongs to others. */
  readonly occupantOf?: (namespace: string) => Promise<string | undefined>;
  /** Ends the run before its next request. */
  readonly signal: AbortSignal;
}

/** What pruning came to. */
export interface PruneReport {
  /** Deleted and skipped objects, in the order they were taken up. */
  readonly changes: readonly ObjectChange[];
  /** Entries that stay in the inventory: their delete is not confirmed. */
  readonly survivors: readonly InventoryEntry[];
  /** All errors in one message: `delete failed, errors: …`. */
  readonly failure?: Failure;
}
