/**
 * Which fields the transformers write to: the built-in tables, and what `configurations` and `crds` add.
 *
 * @module
 */
import {
  COMMON_ANNOTATIONS,
  COMMON_LABELS,
  IMAGES,
  NAMES,
  NAMESPACES,
  REPLICAS,
  TEMPLATE_LABELS,
  VARIABLES,
  VOLUME_CLAIM_LABELS,
} from "./data/field_specs.ts";
import { NAME_REFERENCES, type NameReference } from "./data/name_references.ts";
import { type Decoded, fields, list, text } from "./decode.ts";
import { type FieldSpec, fieldSpec, mergeSpecs } from "./field_spec.ts";
import { fieldSpecShape } from "./kustomization.ts";
import { compareKinds } from "./transform/sort.ts";

/** The fields of every transformer. */
export interface Config {
  /** For `namePrefix`. */
  readonly namePrefix: readonly FieldSpec[];
  /** For `nameSuffix`. */
  readonly nameSuffix: readonly FieldSpec[];
  /** For `namespace`. */
  readonly namespace: readonly FieldSpec[];
  /** For `commonLabels`, and `labels` with selectors. */
  readonly commonLabels: readonly FieldSpec[];
  /** For every entry of `labels`. */
  readonly labels: readonly FieldSpec[];
  /** For `labels` with templates. */
  readonly templateLabels: readonly FieldSpec[];
  /** For `labels` with volume claim templates. */
  readonly volumeClaimTemplateLabels: readonly FieldSpec[];
  /** For `commonAnnotations`. */
  readonly commonAnnotations: readonly FieldSpec[];
  /** Where `$(NAME)` is replaced. */
  readonly varReference: readonly FieldSpec[];
  /** For `images`. */
  readonly images: readonly FieldSpec[];
  /** For `replicas`. */
  readonly replicas: readonly FieldSpec[];
  /** Which fields hold names of other objects. */
  readonly nameReference: readonly NameReference[];
}

/** No fields at all. */
export const EMPTY_CONFIG: Config = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  volumeClaimTemplateLabels: [],
  commonAnnotations: [],
  varReference: [],
  images: [],
  replicas: [],
  nameReference: [],
};

/** The fields of the built-in kinds. */
export const DEFAULT_CONFIG: Config = {
  namePrefix: NAMES,
  nameSuffix: NAMES,
  namespace: NAMESPACES,
  commonLabels: COMMON_LABELS,
  labels: [],
  templateLabels: TEMPLATE_LABELS,
  volumeClaimTemplateLabels: VOLUME_CLAIM_LABELS,
  commonAnnotations: COMMON_ANNOTATIONS,
  varReference: VARIABLES,
  images: IMAGES,
  replicas: REPLICAS,
  nameReference: NAME_REFERENCES,
};

const specs = list(fieldSpecShape);

/** What a file of `configurations` may say. */
export const configShape = fields({
  namePrefix: specs,
  nameSuffix: specs,
  namespace: specs,
  commonLabels: specs,
  labels: specs,
  templateLabels: specs,
  volumeClaimTemplateLabels: specs,
  commonAnnotations: specs,
  varReference: specs,
  images: specs,
  replicas: specs,
  nameReference: list(fields({ group: text, version: text, kind: text, fieldSpecs: specs })),
});

/** A decoded file as a config. */
export function configOf(read: Decoded<typeof configShape>): Config {
  return {
    namePrefix: specsOf(read.namePrefix),
    nameSuffix: specsOf(read.nameSuffix),
    namespace: specsOf(read.namespace),
    commonLabels: specsOf(read.commonLabels),
    labels: specsOf(read.labels),
    templateLabels: specsOf(read.templateLabels),
    volumeClaimTemplateLabels: specsOf(read.volumeClaimTemplateLabels),
    commonAnnotations: specsOf(read.commonAnnotations),
    varReference: specsOf(read.varReference),
    images: specsOf(read.images),
    replicas: specsOf(read.replicas),
    nameReference: (read.nameReference ?? []).map((reference) => ({
      target: {
        group: reference.group ?? "",
        version: reference.version ?? "",
        kind: reference.kind ?? "",
      },
      fields: specsOf(reference.fieldSpecs),
    })),
  };
}

/** Decoded field specs as field specs. */
export function specsOf(
  read: readonly Decoded<typeof fieldSpecShape>[] | undefined,
): readonly FieldSpec[] {
  return (read ?? []).map(({ path, create, group = "", version = "", kind = "" }) =>
    fieldSpec(path ?? "", { group, version, kind }, create ?? false)
  );
}

/**
 * What both say.
 *
 * The lists are sorted by kind afterwards, and a spec that says no more than one before it is left out: so a
 * configuration for some kinds takes the place of the built-in spec for all kinds when it is merged once more.
 */
export function mergeConfig(first: Config, second: Config): Config {
  if (first === second || second === EMPTY_CONFIG) return first;
  if (first === EMPTY_CONFIG && second === DEFAULT_CONFIG) return second;
  return {
    namePrefix: mergeLists(first.namePrefix, second.namePrefix),
    nameSuffix: mergeLists(first.nameSuffix, second.nameSuffix),
    namespace: mergeLists(first.namespace, second.namespace),
    commonLabels: mergeLists(first.commonLabels, second.commonLabels),
    labels: mergeLists(first.labels, second.labels),
    templateLabels: mergeLists(first.templateLabels, second.templateLabels),
    volumeClaimTemplateLabels: mergeLists(
      first.volumeClaimTemplateLabels,
      second.volumeClaimTemplateLabels,
    ),
    commonAnnotations: mergeLists(first.commonAnnotations, second.commonAnnotations),
    varReference: mergeLists(first.varReference, second.varReference),
    images: mergeLists(first.images, second.images),
    replicas: mergeLists(first.replicas, second.replicas),
    nameReference: mergeReferences(first.nameReference, second.nameReference),
  };
}

function mergeLists(
  first: readonly FieldSpec[],
  second: readonly FieldSpec[],
): readonly FieldSpec[] {
  if (first === second || second.length === 0) return first;
  return mergeSpecs(first, second).toSorted(compareKinds);
}

function mergeReferences(
  first: readonly NameReference[],
  second: readonly NameReference[],
): readonly NameReference[] {
  if (first === second || second.length === 0) return first;
  const merged = [...first];
  for (const reference of second) {
    const { group, version, kind } = reference.target;
    const index = merged.findIndex(({ target }) =>
      target.group === group && target.version === version && target.kind === kind
    );
    const same = merged[index];
    if (same === undefined) merged.push(reference);
    else merged[index] = { ...same, fields: mergeSpecs(same.fields, reference.fields) };
  }
  return merged.toSorted((a, b) => compareKinds(a.target, b.target));
}
