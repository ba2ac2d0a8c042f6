/**
 * From a folder with a kustomization file to the objects that it stands for.
 *
 * @module
 */
import { type FileTree, Meter, ok, type Result } from "../base/mod.ts";
import { cloneNode, emitDocuments, type MapNode, toPlain, type YamlNode } from "../yaml/mod.ts";
import { newAccumulator } from "./accumulator.ts";
import { noteChanges } from "./changes.ts";
import type { BuildContext } from "./context.ts";
import type { Build, BuildOptions, BuiltResource, Provenance } from "./face.ts";
import { fieldSpec } from "./field_spec.ts";
import { Loader } from "./loader.ts";
import { builtinSchemas } from "./merge/schema.ts";
import { finishAnnotations } from "./origin.ts";
import { failureOf, Refusal, runAll } from "./refusal.ts";
import {
  apiVersionOf,
  currentId,
  kindOf,
  metadataMap,
  nameOf,
  namespaceOf,
  type Resource,
} from "./resource.ts";
import { showId } from "./resource_id.ts";
import type { ResourceList } from "./resource_list.ts";
import { useOpenApi } from "./settings.ts";
import { accumulateTarget, loadTarget } from "./target.ts";
import type { Target } from "./target_file.ts";
import { addPairs } from "./transform/labels.ts";
import { updateNameReferences } from "./transform/name_references.ts";
import { addHashes } from "./transform/names.ts";
import { DEFAULT_LEGACY_ORDER, sortByOptions, sortLegacy } from "./transform/sort.ts";
import { resolveVars } from "./transform/vars.ts";

/** Names the release of kustomize whose output is matched. */
export const KUSTOMIZE_VERSION = "v5.8.2";

const LOCAL_CONFIG = "config.kubernetes.io/local-config";

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
  try {
    return ok(build(tree, path, options));
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure === undefined) throw thrown;
    return failure;
  }
}

function build(tree: FileTree, path: string, options: BuildOptions): Build {
  const meter = new Meter(options.budget);
  const loader = new Loader(options, meter);
  loader.trackReads(tree);
  const folder = loader.openRoot(tree, path);
  const context: BuildContext = {
    options,
    meter,
    loader,
    schemas: builtinSchemas(),
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
  accumulateTarget(target, gathered, context);

  const { resources } = gathered;
  const by = (kind: string) => options.provenance ? { kind, path: target.file } : undefined;
  noteChanges(resources, by("HashTransformer"), () => addHashes(resources));
  noteChanges(
    resources,
    by("NameReferenceTransformer"),
    () => updateNameReferences(resources, gathered.config.nameReference),
  );
  noteChanges(resources, by("RefVarTransformer"), () => resolveVars(gathered, meter));
  dropLocal(resources);
  sort(resources, target, options);
  if (options.addManagedByLabel || wanted.includes("managedByLabel")) addManagedBy(resources);
  const annotations = {
    origin: wanted.includes("originAnnotations"),
    transformations: wanted.includes("transformerAnnotations"),
  };
  runAll(resources.items.map((resource) => () => {
    finishAnnotations(resource, annotations);
    if (resource.isTied) resource.node = cloneNode(resource.node);
    context.meter.spendBytes(checkWritable(resource), showId(currentId(resource)));
  }));
  return result(resources, context);
}

/** Objects that only configure tools do not leave the build. */
function dropLocal(resources: ResourceList): void {
  const kept = resources.items.filter((resource) => {
    if (kindOf(resource.node) === "") {
      throw new Refusal(
        `"${nameOf(resource.node)}" has lost its kind; let no patch take it away`,
        resource.provenance,
      );
    }
    if (nameOf(resource.node) === "" && !kindOf(resource.node).endsWith("List")) {
      throw new Refusal(
        `a ${kindOf(resource.node)} has lost its metadata.name`,
        resource.provenance,
      );
    }
    const mark = metadataMap(resource.node, "annotations").get(LOCAL_CONFIG);
    return mark === undefined || mark === "false";
  });
  if (kept.length < resources.items.length) resources.replaceAll(kept);
  resources.checkUnique();
}

/** JSON, through which every object goes, has text for keys and no endless numbers. Gives the length of all texts. */
function checkWritable({ node, provenance }: Resource): number {
  let length = 0;
  const pending: YamlNode[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "seq") { for (const item of next.items) pending.push(item); }
    else if (next.kind === "map") {
      for (const { key, value } of next.entries) {
        if (key.tag !== "str" && key.tag !== "merge") {
          throw new Refusal(
            `key ${key.value} of ${kindOf(node)} "${nameOf(node)}" must be text; put it in quotes`,
            {
              path: provenance?.path ?? "",
              line: key.at?.line ?? provenance?.line,
            },
          );
        }
        checkCharacters(key.value, next, node, provenance);
        length += key.value.length;
        pending.push(value);
      }
    } else if (next.tag === "float" && /^[-+]?\.(inf|nan)$/i.test(next.value)) {
      throw new Refusal(
        `${next.value} in ${kindOf(node)} "${nameOf(node)}" is no number that JSON has`,
        {
          path: provenance?.path ?? "",
          line: next.at?.line ?? provenance?.line,
        },
      );
    } else {
      const text = next.tag === "binary" ? String(toPlain(next)) : next.value;
      checkCharacters(text, next, node, provenance);
      length += next.value.length;
    }
  }
  return length;
}

/** An escape may hold them, but the JSON through which every object goes has them bare, and YAML has not. */
const UNREADABLE = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function checkCharacters(
  text: string,
  at: YamlNode,
  node: MapNode,
  provenance: Provenance | undefined,
): void {
  if (!UNREADABLE.test(text)) return;
  throw new Refusal(
    `a text of ${kindOf(node)} "${nameOf(node)}" has a control character, which is not allowed; ` +
      "put it into binaryData, or leave it out",
    { path: provenance?.path ?? "", line: at.at?.line ?? provenance?.line },
  );
}

function sort(resources: ResourceList, target: Target, options: BuildOptions): void {
  const { sortOptions } = target.kustomization;
  if (sortOptions !== undefined) return sortByOptions(resources, sortOptions);
  if (options.reorder === "legacy" || options.reorder === "unspecified") {
    sortLegacy(resources, DEFAULT_LEGACY_ORDER);
  }
}

function addManagedBy(resources: ResourceList): void {
  const pairs = new Map([["app.kubernetes.io/managed-by", `kustomize-${KUSTOMIZE_VERSION}`]]);
  addPairs(resources, pairs, [fieldSpec("metadata/labels", {}, true)]);
}

function result(resources: ResourceList, context: BuildContext): Build {
  const { options, loader, warnings } = context;
  const built = resources.items.map((resource) => builtResource(resource, options));
  return {
    resources: built,
    filesRead: loader.filesRead,
    warnings,
    toYaml: () => emitDocuments(built.map(({ node }) => node)),
  };
}

function builtResource(resource: Resource, options: BuildOptions): BuiltResource {
  const { node, provenance } = resource;
  const namespace = namespaceOf(node);
  return {
    node,
    apiVersion: apiVersionOf(node),
    kind: kindOf(node),
    name: nameOf(node),
    ...(namespace !== "" && { namespace }),
    ...(options.provenance && provenance !== undefined && { origin: provenance }),
    ...(options.provenance && { changedBy: resource.changedBy }),
  };
}
