/**
 * What a kustomization.yaml may say.
 *
 * @module
 */
import {
  type DecodeContext,
  type Decoded,
  fields,
  flag,
  integer,
  isNull,
  list,
  text,
  textMap,
  texts,
} from "./decode.ts";
import type { MapNode, YamlNode } from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";

/** Names that a kustomization file may have; a folder holds exactly one of them. */
export const KUSTOMIZATION_FILES = [
  "kustomization.yaml",
  "kustomization.yml",
  "Kustomization",
] as const;

/** A place inside of resources of a kind. */
export const fieldSpecShape = fields({
  group: text,
  version: text,
  kind: text,
  path: text,
  create: flag,
});

/** Picks resources; every part is a regular expression. */
export const selectorShape = fields({
  group: text,
  version: text,
  kind: text,
  name: text,
  namespace: text,
  annotationSelector: text,
  labelSelector: text,
});
/** Decoded {@linkcode selectorShape}. */
export type SelectorFields = Decoded<typeof selectorShape>;

/** One patch. */
export const patchShape = fields({
  path: text,
  patch: text,
  target: selectorShape,
  options: fields({ allowNameChange: flag, allowKindChange: flag }),
});
/** Decoded {@linkcode patchShape}. */
export type PatchFields = Decoded<typeof patchShape>;

/** One image rule. */
export const imageShape = fields({
  name: text,
  newName: text,
  tagSuffix: text,
  newTag: text,
  digest: text,
});
/** Decoded {@linkcode imageShape}. */
export type ImageFields = Decoded<typeof imageShape>;

/** One replica count. */
export const replicaShape = fields({ name: text, count: integer });

/** One group of labels. */
export const labelShape = fields({
  pairs: textMap,
  includeSelectors: flag,
  includeTemplates: flag,
  includeVolumeClaimTemplates: flag,
  fields: list(fieldSpecShape),
});
/** Decoded {@linkcode labelShape}. */
export type LabelFields = Decoded<typeof labelShape>;

/** What generated objects get besides their data. */
export const generatorOptionsShape = fields({
  labels: textMap,
  annotations: textMap,
  disableNameSuffixHash: flag,
  immutable: flag,
});
/** Decoded {@linkcode generatorOptionsShape}. */
export type GeneratorOptionFields = Decoded<typeof generatorOptionsShape>;

const generatorFields = {
  namespace: text,
  name: text,
  behavior: text,
  literals: texts,
  files: texts,
  envs: texts,
  env: text,
  options: generatorOptionsShape,
} as const;

/** One ConfigMap to generate. */
export const configMapShape = fields(generatorFields);
/** One Secret to generate. */
export const secretShape = fields({ ...generatorFields, type: text });
/** Decoded {@linkcode secretShape}. */
export type GeneratorFields = Decoded<typeof secretShape>;

const fieldOptionsShape = fields({ delimiter: text, index: integer, encoding: text, create: flag });
/** How a replacement cuts a field. */
export type FieldOptionFields = Decoded<typeof fieldOptionsShape>;

const replacementFields = {
  source: fields({
    group: text,
    version: text,
    kind: text,
    name: text,
    namespace: text,
    fieldPath: text,
    options: fieldOptionsShape,
  }),
  targets: list(fields({
    select: selectorShape,
    reject: list(selectorShape),
    fieldPaths: texts,
    options: fieldOptionsShape,
  })),
  sourceValue: text,
} as const;

/** One replacement. */
export const replacementShape = fields(replacementFields);
/** Decoded {@linkcode replacementShape}. */
export type ReplacementFields = Decoded<typeof replacementShape>;

/** One replacement, or the file that holds some. */
export const replacementEntryShape = fields({ ...replacementFields, path: text });
/** Decoded {@linkcode replacementEntryShape}. */
export type ReplacementEntry = Decoded<typeof replacementEntryShape>;

const varShape = fields({
  name: text,
  objref: fields({
    apiVersion: text,
    group: text,
    version: text,
    kind: text,
    name: text,
    namespace: text,
  }),
  fieldref: fields({ fieldPath: text }),
});
/** One variable of the old style. */
export type VarFields = Decoded<typeof varShape>;

/** How the output is ordered. */
export const sortOptionsShape = fields({
  order: text,
  legacySortOptions: fields({ orderFirst: texts, orderLast: texts }),
});
/** Decoded {@linkcode sortOptionsShape}. */
export type SortOptionFields = Decoded<typeof sortOptionsShape>;

const kustomizationShape = fields({
  apiVersion: text,
  kind: text,
  metadata: fields({ name: text, namespace: text, labels: textMap, annotations: textMap }),
  openapi: textMap,
  namePrefix: text,
  nameSuffix: text,
  namespace: text,
  commonLabels: textMap,
  labels: list(labelShape),
  commonAnnotations: textMap,
  patchesStrategicMerge: texts,
  patchesJson6902: list(patchShape),
  patches: list(patchShape),
  images: list(imageShape),
  imageTags: list(imageShape),
  replacements: list(replacementEntryShape),
  replicas: list(replicaShape),
  vars: list(varShape),
  sortOptions: sortOptionsShape,
  resources: texts,
  components: texts,
  crds: texts,
  bases: texts,
  configMapGenerator: list(configMapShape),
  secretGenerator: list(secretShape),
  helmGlobals: (node: YamlNode) => node,
  helmCharts: list((node) => node),
  helmChartInflationGenerator: list((node) => node),
  generatorOptions: generatorOptionsShape,
  configurations: texts,
  generators: texts,
  transformers: texts,
  validators: texts,
  buildMetadata: texts,
});

/** A decoded kustomization file. */
export type Kustomization = Decoded<typeof kustomizationShape> & {
  /** `Kustomization` or `Component`. */
  readonly kind: string;
};

const REPLACED_BY = {
  bases: "resources",
  commonLabels: "labels",
  imageTags: "images",
  patchesJson6902: "patches",
  patchesStrategicMerge: "patches",
  vars: "replacements",
} as const;

const BUILD_METADATA = ["originAnnotations", "transformerAnnotations", "managedByLabel"];

/** Decodes a kustomization file and fills in what may be left out. */
export function decodeKustomization(
  node: MapNode,
  path: string,
  warn: (message: string) => void,
): Kustomization {
  const context: DecodeContext = { path, strict: true, coerce: false };
  const read = kustomizationShape(node, "", context);
  for (const [old, current] of Object.entries(REPLACED_BY)) {
    if (old in read) warn(`${path}: "${old}" is deprecated, use "${current}"`);
  }
  if (!node.entries.some(({ key, value }) => saysSomething(key.value, value))) {
    throw new Refusal("the kustomization file is empty; list at least one entry of resources", {
      path,
    });
  }
  const kind = read.kind || "Kustomization";
  checkHeader(kind, read.apiVersion, path);
  for (const option of read.buildMetadata ?? []) {
    if (!BUILD_METADATA.includes(option)) {
      warn(`${path}: buildMetadata "${option}" is none of ${BUILD_METADATA.join(", ")}`);
    }
  }
  return {
    ...read,
    kind,
    resources: [...read.resources ?? [], ...read.bases ?? []],
    images: [...read.images ?? [], ...read.imageTags ?? []],
  };
}

function saysSomething(key: string, value: YamlNode): boolean {
  if (/^(apiVersion|kind)$/i.test(key) || isNull(value)) return false;
  // Go cannot tell an empty text from an absent one, but it can tell an empty list or map.
  return value.kind !== "scalar" || value.value !== "";
}

function checkHeader(kind: string, apiVersion: string | undefined, path: string): void {
  if (kind !== "Kustomization" && kind !== "Component") {
    throw new Refusal(`kind must be Kustomization or Component, not "${kind}"`, { path });
  }
  const wanted = kind === "Component"
    ? "kustomize.config.k8s.io/v1alpha1"
    : "kustomize.config.k8s.io/v1beta1";
  if ((apiVersion ?? "") !== "" && apiVersion !== wanted) {
    throw new Refusal(`apiVersion of a ${kind} must be ${wanted}, not "${apiVersion}"`, { path });
  }
}
