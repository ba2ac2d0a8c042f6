/**
 * The transformers that the fields of a kustomization stand for, in the order in which they run.
 *
 * @module
 */
import { parseOne } from "../yaml/mod.ts";
import type { Config } from "./config.ts";
import type { BuildContext } from "./context.ts";
import { list } from "./decode.ts";
import {
  type Kustomization,
  type PatchFields,
  type ReplacementEntry,
  type ReplacementFields,
  replacementShape,
  type SelectorFields,
} from "./kustomization.ts";
import type { FieldSpec } from "./field_spec.ts";
import type { Folder } from "./loader.ts";
import { Refusal } from "./refusal.ts";
import type { ResourceList } from "./resource_list.ts";
import { parseFirst } from "./resources.ts";
import { compileSelector, selectResources } from "./selector.ts";
import type { Reach, Transformer } from "./steps.ts";
import { setImages } from "./transform/images.ts";
import { addPairs, labelSpecs } from "./transform/labels.ts";
import { addPrefix, addSuffix } from "./transform/names.ts";
import { setNamespaces } from "./transform/namespace.ts";
import { applyOperations, parseOperations } from "./transform/operations.ts";
import { applyPatch, findTarget, parsePatch, type Patch, readPatch } from "./transform/patches.ts";
import { applyReplacements } from "./transform/replacements.ts";
import { findReplicated, setReplicas } from "./transform/replicas.ts";

type Add = (kind: string, run: (resources: ResourceList) => void, reach?: Reach) => void;

/** The built-in transformers of a kustomization. */
export function builtinTransformers(
  kustomization: Kustomization,
  config: Config,
  folder: Folder,
  context: BuildContext,
): Transformer[] {
  const steps: Transformer[] = [];
  const add: Add = (kind, run, reach) => steps.push({ kind, run, reach });
  addPatches(kustomization, folder, context, add);
  addNaming(kustomization, config, add);
  addMetadata(kustomization, config, add);
  for (const entry of kustomization.patchesJson6902 ?? []) {
    const { run, key } = readJsonPatch(entry, folder, context);
    add("PatchJson6902Transformer", run, { kind: "each", key });
  }
  const { replicas } = config;
  for (const { name = "", count = 0 } of kustomization.replicas ?? []) {
    add("ReplicaCountTransformer", (resources) => setReplicas(resources, name, count, replicas), {
      kind: "some",
      key: keyText(name, count, replicas),
      touches: (resources) => findReplicated(resources, name, replicas),
    });
  }
  for (const image of kustomization.images ?? []) {
    add("ImageTagTransformer", (resources) => setImages(resources, image, config.images), {
      kind: "each",
      key: keyText(image, config.images),
    });
  }
  const { replacements = [] } = kustomization;
  if (replacements.length > 0) {
    const read = readReplacements(replacements, folder, context);
    add("ReplacementTransformer", (list) => applyReplacements(list, read, context.meter), {
      kind: "owning",
    });
  }
  return steps;
}

function addPatches(
  { patchesStrategicMerge = [], patches = [] }: Kustomization,
  folder: Folder,
  context: BuildContext,
  add: Add,
): void {
  if (patchesStrategicMerge.length > 0) {
    const read = patchesStrategicMerge.map((text) => readMergePatch(text, folder, context));
    if (read.every((patch) => patch.form === "merge" && patch.objects.length === 0)) {
      throw new Refusal("patchesStrategicMerge: the patches are empty", { path: context.file });
    }
    add(
      "PatchStrategicMergeTransformer",
      (resources) => {
        for (const patch of read) applyPatch(resources, patch, undefined, context);
      },
      patchesReach("PatchStrategicMergeTransformer", read, undefined, context),
    );
  }
  for (const [index, entry] of patches.entries()) {
    const patch = readPatch(entry, folder, context, `patches[${index}].patch`);
    add(
      "PatchTransformer",
      (resources) => applyPatch(resources, patch, entry.target, context),
      patchesReach("PatchTransformer", [patch], entry.target, context),
    );
  }
}

/** With a target, a patch goes to each resource that is like it; without, each of its objects to the one it names. */
function patchesReach(
  kind: string,
  patches: readonly Patch[],
  target: SelectorFields | undefined,
  context: BuildContext,
): Reach | undefined {
  if (target !== undefined) {
    return {
      kind: "each",
      key: keyText(target, patches.map(({ key }) => key)),
      isUnique: patches.some(mayRename),
    };
  }
  const parts: Transformer[] = [];
  for (const patch of patches) {
    if (patch.form !== "merge") return undefined;
    for (const [index, object] of patch.objects.entries()) {
      const part: Patch = { ...patch, objects: [object] };
      parts.push({
        kind,
        run: (resources) => applyPatch(resources, part, undefined, context),
        reach: {
          kind: "some",
          key: keyText(patch.key, index, patch.keepsMetadata),
          touches: (resources) => [findTarget(resources, object, patch.place)],
          isNaming: mayRename(patch),
        },
      });
    }
  }
  // What a transformer changes is noted once, however many of its objects change it.
  return parts.length > 1 && context.options.provenance
    ? undefined
    : { kind: "parts", steps: parts };
}

function addNaming(
  { namespace = "", namePrefix = "", nameSuffix = "" }: Kustomization,
  config: Config,
  add: Add,
): void {
  if (namespace !== "") {
    add(
      "NamespaceTransformer",
      (resources) => setNamespaces(resources, namespace, { specs: config.namespace }),
      { kind: "each", key: keyText(namespace, config.namespace), isUnique: true },
    );
  }
  if (namePrefix !== "") {
    add("PrefixTransformer", (resources) => addPrefix(resources, namePrefix, config.namePrefix), {
      kind: "each",
      key: keyText(namePrefix, config.namePrefix),
    });
  }
  if (nameSuffix !== "") {
    add("SuffixTransformer", (resources) => addSuffix(resources, nameSuffix, config.nameSuffix), {
      kind: "each",
      key: keyText(nameSuffix, config.nameSuffix),
    });
  }
}

function addMetadata(
  { labels = [], commonLabels = new Map(), commonAnnotations = new Map() }: Kustomization,
  config: Config,
  add: Add,
): void {
  function addPairsStep(
    kind: string,
    pairs: ReadonlyMap<string, string>,
    specs: readonly FieldSpec[],
  ): void {
    add(kind, (resources) => addPairs(resources, pairs, specs), {
      kind: "each",
      key: keyText([...pairs], specs),
    });
  }
  for (const label of labels) {
    const specs = labelSpecs(label, config);
    addPairsStep("LabelTransformer", label.pairs ?? new Map(), specs);
  }
  // It is noted among the transformations even where there is nothing for it to do.
  if (labels.length > 0 || commonLabels.size > 0) {
    addPairsStep("LabelTransformer", commonLabels, config.commonLabels);
  }
  if (commonAnnotations.size > 0) {
    addPairsStep("AnnotationsTransformer", commonAnnotations, config.commonAnnotations);
  }
}

function mayRename({ options }: Patch): boolean {
  return options.allowNameChange === true || options.allowKindChange === true;
}

/** An entry of `patchesStrategicMerge`: the patch itself, or the file that holds it. */
export function readMergePatch(text: string, folder: Folder, context: BuildContext): Patch {
  if (parseOne(text).ok && /^\s*(---|\w+\s*:)/m.test(text)) {
    return onlyMerge(parsePatch(text, context.file, {}, context));
  }
  const loaded = context.loader.readText(folder, text);
  return onlyMerge(parsePatch(loaded.text, context.loader.show(loaded.path), {}, context));
}

/** A patch of the old field `patchesStrategicMerge`. */
export function onlyMerge(patch: Patch): Patch {
  if (patch.form === "merge") return { ...patch, keepsMetadata: true };
  throw new Refusal("a JSON 6902 patch belongs into patches, with a target", patch.place);
}

/** An entry of `patchesJson6902`. */
export function readJsonPatch(
  entry: PatchFields,
  folder: Folder,
  context: BuildContext,
): { run: (resources: ResourceList) => void; key: string } {
  const { target, path = "", patch: inline = "" } = entry;
  const place = { path: context.file };
  if ((target?.name ?? "") === "") {
    throw new Refusal("an entry of patchesJson6902 needs target.name", place);
  }
  if ((path === "") === (inline === "")) {
    throw new Refusal("an entry of patchesJson6902 needs one of patch and path", place);
  }
  const loaded = path === "" ? undefined : context.loader.readText(folder, path);
  const found = { path: loaded === undefined ? context.file : context.loader.show(loaded.path) };
  const operations = parseOperations(loaded?.text ?? inline, found.path, context);
  return {
    key: keyText(target, loaded?.text ?? inline, found.path),
    run(resources) {
      for (
        const resource of selectResources(resources, compileSelector(target ?? {}), context.meter)
      ) {
        applyOperations(resource, operations, found, context.meter);
      }
      resources.renamed();
    },
  };
}

/** Entries of `replacements`, those in files of their own read. */
export function readReplacements(
  entries: readonly ReplacementEntry[],
  folder: Folder,
  context: BuildContext,
): ReplacementFields[] {
  return entries.flatMap((entry) => {
    const { path = "" } = entry;
    if (path === "") return [entry];
    if (entry.source !== undefined || (entry.targets?.length ?? 0) > 0) {
      throw new Refusal("an entry of replacements has either path or source and targets", {
        path: context.file,
      });
    }
    const loaded = context.loader.readText(folder, path);
    const shown = context.loader.show(loaded.path);
    const node = parseFirst(loaded.text, shown, context.options.budget);
    const decoding = { path: shown, strict: false, coerce: true };
    if (node?.kind === "seq") return list(replacementShape)(node, "", decoding);
    if (node?.kind === "map") return [replacementShape(node, "", decoding)];
    throw new Refusal("a file of replacements must hold one, or a list of them", { path: shown });
  });
}

/** Values as one text that is another for others. */
function keyText(...values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value) => (value instanceof Map ? [...value] : value));
}
