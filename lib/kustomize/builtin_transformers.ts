/**
 * The transformers that the fields of a kustomization stand for, in the order in which they run.
 *
 * @module
 */
import type { Config } from "./config.ts";
import type { BuildContext } from "./context.ts";
import type { FieldSpec } from "./field_spec.ts";
import type { Kustomization, SelectorFields } from "./kustomization.ts";
import { keyText, readJsonPatch, readMergePatch, readReplacements } from "./read_entries.ts";
import { reasonsOf, Refusal, runAll } from "./refusal.ts";
import type { Reach, Transformer } from "./steps.ts";
import { countOf, type EntryPlace, inEntry, showEntry, type Target } from "./target_file.ts";
import { setImages } from "./transform/images.ts";
import { addPairs, labelSpecs } from "./transform/labels.ts";
import { addPrefix, addSuffix } from "./transform/names.ts";
import { setNamespaces } from "./transform/namespace.ts";
import { applyPatch, findTarget, type Patch, readPatch } from "./transform/patches.ts";
import { applyReplacements } from "./transform/replacements.ts";
import { findReplicated, setReplicas } from "./transform/replicas.ts";

/** Adds the transformer that an entry asks for; what `make` refuses is told of with the rest. */
type Add = (place: EntryPlace, make: () => Transformer) => void;

/** The built-in transformers of a kustomization, and why entries were refused that could not be read. */
export function builtinTransformers(
  target: Target,
  config: Config,
  context: BuildContext,
): { readonly steps: Transformer[]; readonly reasons: Refusal[] } {
  const { kustomization, folder } = target;
  const steps: Transformer[] = [];
  const reasons: Refusal[] = [];
  const add: Add = (place, make) => {
    const read = () => steps.push({ place, ...inEntry(target, place, make) });
    reasons.push(...reasonsOf(read));
  };
  addMergePatches(target, context, add);
  addPatches(target, context, add);
  addNaming(kustomization, config, add);
  addMetadata(kustomization, config, context, add);
  for (const [index, entry] of (kustomization.patchesJson6902 ?? []).entries()) {
    const place = { field: "patchesJson6902", index };
    add(place, () => {
      const field = `${showEntry(place)}.patch`;
      const { run, key } = readJsonPatch(entry, folder, context, field);
      return { kind: "PatchJson6902Transformer", run, reach: { kind: "each", key } };
    });
  }
  addReplicas(kustomization, config, add);
  addImages(target, config, add);
  const { replacements = [] } = kustomization;
  if (replacements.length > 0) {
    add({ field: "replacements" }, () => {
      const read = readReplacements(replacements, folder, context);
      return {
        kind: "ReplacementTransformer",
        run: (list) => applyReplacements(list, read, context.meter),
        reach: { kind: "owning" },
      };
    });
  }
  return { steps, reasons };
}

function addMergePatches(target: Target, context: BuildContext, add: Add): void {
  const { kustomization: { patchesStrategicMerge = [] }, folder } = target;
  const field = "patchesStrategicMerge";
  const kind = "PatchStrategicMergeTransformer";
  if (patchesStrategicMerge.length === 0) return;
  add({ field }, () => {
    const read: Patch[] = [];
    runAll([...patchesStrategicMerge.entries()].map(([index, text]) => () => {
      const place = { field, index };
      read.push(
        inEntry(target, place, () => readMergePatch(text, folder, context, showEntry(place))),
      );
    }));
    if (read.every((patch) => patch.form === "merge" && patch.objects.length === 0)) {
      throw new Refusal("the patches are empty; take the field out, or give an object to merge");
    }
    return {
      kind,
      run: (resources) =>
        runAll(read.map((patch) => () => applyPatch(resources, patch, undefined, context))),
      reach: patchesReach({ kind, place: { field } }, read, undefined, context),
    };
  });
}

function addPatches({ kustomization, folder }: Target, context: BuildContext, add: Add): void {
  const kind = "PatchTransformer";
  for (const [index, entry] of (kustomization.patches ?? []).entries()) {
    const place = { field: "patches", index };
    add(place, () => {
      const patch = readPatch(entry, folder, context, `${showEntry(place)}.patch`);
      return {
        kind,
        run: (resources) => applyPatch(resources, patch, entry.target, context),
        reach: patchesReach({ kind, place }, [patch], entry.target, context),
      };
    });
  }
}

/** With a target, a patch goes to each resource that is like it; without, each of its objects to the one it names. */
function patchesReach(
  step: Pick<Transformer, "kind" | "place">,
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
        ...step,
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
  return parts.length > 1 && context.options.provenance === true
    ? undefined
    : { kind: "parts", steps: parts };
}

function addNaming(
  { namespace = "", namePrefix = "", nameSuffix = "" }: Kustomization,
  config: Config,
  add: Add,
): void {
  if (namespace !== "") {
    add({ field: "namespace" }, () => ({
      kind: "NamespaceTransformer",
      run: (resources) => setNamespaces(resources, namespace, { specs: config.namespace }),
      reach: { kind: "each", key: keyText(namespace, config.namespace), isUnique: true },
    }));
  }
  if (namePrefix !== "") {
    add({ field: "namePrefix" }, () => ({
      kind: "PrefixTransformer",
      run: (resources) => addPrefix(resources, namePrefix, config.namePrefix),
      reach: { kind: "each", key: keyText(namePrefix, config.namePrefix) },
    }));
  }
  if (nameSuffix !== "") {
    add({ field: "nameSuffix" }, () => ({
      kind: "SuffixTransformer",
      run: (resources) => addSuffix(resources, nameSuffix, config.nameSuffix),
      reach: { kind: "each", key: keyText(nameSuffix, config.nameSuffix) },
    }));
  }
}

function addMetadata(
  { labels = [], commonLabels = new Map(), commonAnnotations = new Map() }: Kustomization,
  config: Config,
  context: BuildContext,
  add: Add,
): void {
  function pairsStep(
    kind: string,
    pairs: ReadonlyMap<string, string>,
    specs: readonly FieldSpec[],
  ): Transformer {
    return {
      kind,
      run: (resources) => addPairs(resources, pairs, specs, context.meter),
      reach: { kind: "each", key: keyText([...pairs], specs) },
    };
  }
  for (const [index, label] of labels.entries()) {
    add(
      { field: "labels", index },
      () => pairsStep("LabelTransformer", label.pairs ?? new Map(), labelSpecs(label, config)),
    );
  }
  // It is noted among the transformations even where there is nothing for it to do.
  if (labels.length > 0 || commonLabels.size > 0) {
    const field = commonLabels.size > 0 ? "commonLabels" : "labels";
    add({ field }, () => pairsStep("LabelTransformer", commonLabels, config.commonLabels));
  }
  if (commonAnnotations.size > 0) {
    const specs = config.commonAnnotations;
    add(
      { field: "commonAnnotations" },
      () => pairsStep("AnnotationsTransformer", commonAnnotations, specs),
    );
  }
}

function addReplicas({ replicas = [] }: Kustomization, config: Config, add: Add): void {
  const specs = config.replicas;
  for (const [index, { name = "", count = 0 }] of replicas.entries()) {
    add({ field: "replicas", index }, () => ({
      kind: "ReplicaCountTransformer",
      run: (resources) => setReplicas(resources, name, count, specs),
      reach: {
        kind: "some",
        key: keyText(name, count, specs),
        touches: (resources) => findReplicated(resources, name, specs),
      },
    }));
  }
}

/** Those of the old field `imageTags` come last. */
function addImages(target: Target, config: Config, add: Add): void {
  const own = countOf(target, "images");
  for (const [at, image] of (target.kustomization.images ?? []).entries()) {
    const place = at < own
      ? { field: "images", index: at }
      : { field: "imageTags", index: at - own };
    add(place, () => ({
      kind: "ImageTagTransformer",
      run: (resources) => setImages(resources, image, config.images),
      reach: { kind: "each", key: keyText(image, config.images) },
    }));
  }
}

function mayRename({ options }: Patch): boolean {
  return options.allowNameChange === true || options.allowKindChange === true;
}
