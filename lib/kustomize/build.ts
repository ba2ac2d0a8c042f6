/**
 * From a folder with a kustomization file to the objects that it stands for.
 *
 * @module
 */
import { type FileTree, Meter, ok, type Result } from "../base/mod.ts";
import { newAccumulator } from "./accumulator.ts";
import { beginBuild, type Keeper } from "./cache.ts";
import { noteChanges } from "./changes.ts";
import type { BuildContext } from "./context.ts";
import type { Build, BuildOptions } from "./face.ts";
import { fieldSpec } from "./field_spec.ts";
import { finishBuild } from "./finish.ts";
import { Loader } from "./loader.ts";
import { builtinSchemas } from "./merge/schema.ts";
import { failureOf, Refusal } from "./refusal.ts";
import { currentId, isLocal, own } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import { useOpenApi } from "./settings.ts";
import { accumulateTarget, loadTarget } from "./target.ts";
import { inEntry, type Target } from "./target_file.ts";
import { addPairs } from "./transform/labels.ts";
import { updateNameReferences } from "./transform/name_references.ts";
import { addHashes } from "./transform/names.ts";
import { DEFAULT_LEGACY_ORDER, sortByOptions, sortLegacy } from "./transform/sort.ts";
import { resolveVars } from "./transform/vars.ts";

/** Names the release of kustomize whose output is matched. */
export const KUSTOMIZE_VERSION = "v5.8.2";

/**
 * Builds the folder `path` of `tree`, as `kustomize build` does.
 *
 * Failure codes: `BuildFailed` (the input is wrong), `Unsupported` (a field or plugin that is refused by name),
 * `RemoteNeeded` (`fetchRemote` had no answer), `BudgetExceeded`. The message names file, line and field, and holds
 * a line for each reason when there are several.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * const tree = treeOf({
 *   "app/kustomization.yaml": "namePrefix: my-\nresources: [cm.yaml]\n",
 *   "app/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n",
 * });
 * const build = buildKustomization(tree, "app", { budget: defaultBudget() });
 * assert.equal(build.ok && build.value.toYaml(), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: my-cm\n");
 * ```
 */
export function buildKustomization(
  tree: FileTree,
  path: string,
  options: BuildOptions,
): Result<Build> {
  const { cache } = options;
  if (cache !== undefined) {
    const built = tryBuild(tree, path, options, beginBuild(cache, scopeOf(options)));
    // What is looked up says of mistakes no more than the first; the whole build says all of them, in its own words.
    if (built.ok) return built;
  }
  return tryBuild(tree, path, options, undefined);
}

/** Options on which it depends what steps make of a resource. */
function scopeOf({ loadRestrictions, provenance, budget }: BuildOptions): string {
  const { bytes, entries, depth, resources } = budget;
  return JSON.stringify([loadRestrictions, provenance, bytes, entries, depth, resources]);
}

function tryBuild(
  tree: FileTree,
  path: string,
  options: BuildOptions,
  keeper: Keeper | undefined,
): Result<Build> {
  try {
    return ok(build(tree, path, options, keeper));
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure === undefined) throw thrown;
    return failure;
  }
}

function build(
  tree: FileTree,
  path: string,
  options: BuildOptions,
  keeper: Keeper | undefined,
): Build {
  const meter = new Meter(options.budget);
  const loader = new Loader(options, meter);
  loader.trackReads(tree);
  const folder = loader.openRoot(tree, path);
  const context: BuildContext = {
    options,
    meter,
    loader,
    keeper,
    schemas: builtinSchemas(),
    schemasKey: "",
    hasOwnSchemas: false,
    hasLoadedResources: false,
    file: path,
    tracksOrigin: false,
    warnings: [],
  };
  const target = loadTarget(folder, {}, context);
  useOpenApi(target, context);
  const wanted = target.kustomization.buildMetadata ?? [];
  const gathered = newAccumulator();
  context.tracksOrigin = wanted.length > 0;
  // Origins are noted in every resource by every step: nothing would stay as it was kept.
  if (context.tracksOrigin) context.keeper = undefined;
  accumulateTarget(target, gathered, context);

  const { resources } = gathered;
  const by = (kind: string) =>
    options.provenance === true ? { kind, path: target.file } : undefined;
  noteChanges(resources, by("HashTransformer"), () => addHashes(resources));
  noteChanges(
    resources,
    by("NameReferenceTransformer"),
    () => updateNameReferences(resources, gathered.config.nameReference, context),
  );
  noteChanges(resources, by("RefVarTransformer"), () => resolveVars(gathered, meter));
  dropLocal(resources);
  sort(resources, target, options);
  if (options.addManagedByLabel || wanted.includes("managedByLabel")) {
    addManagedBy(resources, meter);
  }
  return finishBuild(resources, wanted, context);
}

/** Objects that only configure tools do not leave the build. */
function dropLocal(resources: ResourceList): void {
  const kept = resources.items.filter((resource) => {
    const { kind, name } = currentId(resource);
    if (kind === "") {
      throw new Refusal(
        `"${name}" has lost its kind; let no patch take it away`,
        resource.provenance,
      );
    }
    if (name === "" && !kind.endsWith("List")) {
      throw new Refusal(
        `a ${kind} has lost its metadata.name`,
        resource.provenance,
      );
    }
    return !isLocal(resource);
  });
  if (kept.length < resources.items.length) resources.replaceAll(kept);
  resources.checkUnique();
}

function sort(resources: ResourceList, target: Target, options: BuildOptions): void {
  const { sortOptions } = target.kustomization;
  if (sortOptions !== undefined) {
    return inEntry(target, { field: "sortOptions" }, () => sortByOptions(resources, sortOptions));
  }
  if (options.reorder === "legacy" || options.reorder === "unspecified") {
    sortLegacy(resources, DEFAULT_LEGACY_ORDER);
  }
}

function addManagedBy(resources: ResourceList, meter: Meter): void {
  const pairs = new Map([["app.kubernetes.io/managed-by", `kustomize-${KUSTOMIZE_VERSION}`]]);
  for (const resource of resources.items) own(resource);
  addPairs(resources, pairs, [fieldSpec("metadata/labels", {}, true)], meter);
}
