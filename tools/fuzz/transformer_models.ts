/**
 * Patches, images, labels, replacements, replica counts, variables; transformers that stand alone.
 *
 * @module
 */
import fc from "fast-check";
import { asText, inFile, listOf, type Make, mapOf, oneOf } from "./model.ts";
import { patchObjects } from "./objects.ts";
import {
  documents,
  fieldSpecs,
  flags,
  groups,
  labelMaps,
  plugin,
  plugins,
  selectors,
  versions,
} from "./shared_models.ts";
import { imageNames, kinds, names, namespaces, texts, values } from "./values.ts";

const pointers = oneOf(
  "/metadata/name",
  "/metadata/labels/app",
  "/metadata/annotations/a.b~1c",
  "/metadata/annotations",
  "/metadata/namespace",
  "/spec/replicas",
  "/spec/template/spec/containers/0/image",
  "/spec/template/spec/containers/-",
  "/spec/template/spec/containers/1",
  "/spec/ports/0/port",
  "/spec/ports/-",
  "/data/k1",
  "/data",
  "/spec",
  "/spec/new/deep",
  "",
  "/kind",
);

const operations = listOf(
  fc.oneof(
    mapOf({ op: oneOf("add", "replace", "add", "replace", "test"), path: pointers, value: values }),
    mapOf({ op: oneOf("remove", "frob"), path: pointers }),
    mapOf({ op: oneOf("move", "copy"), path: pointers, from: pointers }),
  ),
  3,
);

/** Text given here or in a file. */
function eitherPlace(content: Make, many: Make = content): readonly [Make, Make] {
  return [asText(content), inFile(many)];
}

/** Strategic merge patches, in place and in files. */
export const [mergeText, mergeFile] = eitherPlace(patchObjects, documents(patchObjects));
const [operationText, operationFile] = eitherPlace(operations);
const mergeTexts = fc.oneof({ weight: 3, arbitrary: mergeText }, asText(documents(patchObjects)));

const patchOptions = mapOf({}, { allowNameChange: flags, allowKindChange: flags });
/** Entries of `patches`. */
export const patches = fc.oneof(
  mapOf({ patch: mergeTexts }, { options: patchOptions }),
  mapOf({ path: mergeFile }, { options: patchOptions }),
  mapOf({ patch: mergeText, target: selectors }, { options: patchOptions }),
  mapOf({ path: mergeFile, target: selectors }, { options: patchOptions }),
  mapOf({ patch: operationText, target: selectors }, { options: patchOptions }),
  mapOf({ path: operationFile, target: selectors }),
);

const namedSelectors = mapOf({ name: names }, {
  kind: kinds,
  group: groups,
  version: versions,
  namespace: namespaces,
  labelSelector: oneOf("app=x"),
  annotationSelector: oneOf("app=x"),
}, 2);
/** Entries of `patchesJson6902`. */
export const jsonPatches = fc.oneof(
  mapOf({ target: namedSelectors, patch: operationText }),
  mapOf({ target: namedSelectors, path: operationFile }),
);

/** Entries of `images`. */
export const imageRules = mapOf({ name: imageNames }, {
  newName: oneOf("other", "reg.io:5000/other", "$(VAR)"),
  newTag: oneOf("v2", "1.5", ""),
  tagSuffix: oneOf("-x"),
  digest: oneOf("sha256:abcd"),
}, 2);

/** Entries of `labels`. */
export const labels = mapOf({ pairs: labelMaps }, {
  includeSelectors: flags,
  includeTemplates: flags,
  includeVolumeClaimTemplates: flags,
  fields: listOf(fieldSpecs),
}, 2);

const fieldPaths = oneOf(
  "metadata.name",
  "metadata.namespace",
  "metadata.labels.app",
  "metadata.labels",
  "metadata.annotations.[a.b/c]",
  "metadata.annotations.a\\.b/c",
  "data.k1",
  "data.k1.k1.app",
  "data.k1.l.0",
  "data",
  "spec.text",
  "spec.any",
  "spec.replicas",
  "spec.list.[name=web].value",
  "spec.list.*.value",
  "spec.list.0.value",
  "spec.template.spec.containers.[name=main].image",
  "spec.template.spec.containers.*.env.[name=A].value",
  "spec.template.spec.containers.0.command.1",
  "spec.template.spec.containers.-",
  "spec.ports.[name=http].port",
  "spec.selector",
);
const cuts = mapOf({}, {
  delimiter: oneOf("/", "-", ":", "."),
  index: oneOf(0, 1, 2, -1),
  create: flags,
});
const sourceCuts = mapOf({}, { delimiter: oneOf("/", "-", ":"), index: oneOf(0, 1, 5) });
const replacementTargets = listOf(mapOf({ select: selectors }, {
  reject: listOf(selectors),
  fieldPaths: listOf(fieldPaths),
  options: cuts,
}));
const replacements = mapOf({
  targets: replacementTargets,
  source: mapOf({ kind: kinds, name: names }, {
    group: groups,
    version: versions,
    namespace: namespaces,
    fieldPath: fieldPaths,
    options: sourceCuts,
  }, 4),
});
/** Entries of `replacements`. */
export const replacementEntries = fc.oneof(
  { weight: 5, arbitrary: replacements },
  { weight: 2, arbitrary: mapOf({ sourceValue: texts, targets: replacementTargets }) },
  { weight: 1, arbitrary: mapOf({ path: inFile(fc.oneof(replacements, listOf(replacements))) }) },
);

/** Entries of `replicas`. */
export const replicas = mapOf({ name: names }, { count: oneOf(0, 2, 5) });
/** Entries of `vars`. */
export const vars = mapOf({
  name: fc.constantFrom("VAR", "OTHER"),
  objref: mapOf({ kind: kinds, name: names }, {
    apiVersion: oneOf("v1", "apps/v1"),
    group: groups,
    version: versions,
    namespace: namespaces,
  }, 2),
}, {
  fieldref: mapOf({
    fieldPath: oneOf(
      "metadata.name",
      "data.k1",
      "spec.text",
      "spec.replicas",
      "metadata.labels.app",
    ),
  }),
});

const someSpecs = listOf(fieldSpecs, 2);
/** `transformers`: configurations that stand alone. */
export const transformers = plugins(fc.oneof(
  plugin("AnnotationsTransformer", { annotations: labelMaps, fieldSpecs: someSpecs }),
  plugin("LabelTransformer", { labels: labelMaps, fieldSpecs: someSpecs }),
  plugin("ImageTagTransformer", { imageTag: imageRules, fieldSpecs: someSpecs }),
  plugin("NamespaceTransformer", {
    fieldSpecs: someSpecs,
    unsetOnly: flags,
    setRoleBindingSubjects: oneOf("defaultOnly", "allServiceAccounts", "none"),
  }),
  plugin("PrefixTransformer", { fieldSpecs: someSpecs }, { prefix: oneOf("pt-") }),
  plugin("SuffixTransformer", { fieldSpecs: someSpecs }, { suffix: oneOf("-st") }),
  plugin("PrefixSuffixTransformer", { prefix: oneOf("b-"), suffix: oneOf("-b") }, {
    fieldSpecs: someSpecs,
  }),
  plugin("PatchTransformer", { patch: mergeTexts, target: selectors, options: patchOptions }),
  plugin("PatchTransformer", { path: operationFile, target: selectors }),
  plugin("PatchJson6902Transformer", { target: namedSelectors, jsonOp: operationText }),
  plugin("PatchStrategicMergeTransformer", { paths: listOf(mergeFile), patches: mergeText }),
  plugin("PatchStrategicMergeTransformer", {}, { paths: listOf(mergeFile) }),
  plugin("ReplacementTransformer", { replacements: listOf(replacementEntries) }),
  plugin("ReplicaCountTransformer", { replica: replicas, fieldSpecs: someSpecs }),
  plugin("ValueAddTransformer", {
    value: oneOf("val", ""),
    targets: listOf(
      mapOf({ fieldPath: oneOf("metadata/namespace", "spec/text", "metadata/annotations/k1") }, {
        selector: selectors,
        filePathPosition: oneOf(0, 1, 3),
      }),
    ),
  }),
  plugin("HashTransformer", {}),
));
/** `validators`: configurations that stand alone. */
export const validators = plugins(fc.oneof(
  plugin("LabelTransformer", {
    labels: oneOf({ "validated-by": "me" }, { app: "x" }),
    fieldSpecs: oneOf([{ path: "metadata/labels", create: true }]),
  }),
  plugin("AnnotationsTransformer", {}),
));
