/**
 * Kustomizations: a base, a component and an overlay, over all fields.
 *
 * @module
 */
import fc from "fast-check";
import { inFile, isMap, type Json, listOf, type Make, mapOf, oneOf } from "./model.ts";
import { fitTogether } from "./fit_together.ts";
import { configMaps, generatorOptions, generators, secrets } from "./generator_models.ts";
import { objects } from "./objects.ts";
import { documents, fieldSpecs, groups, labelMaps, versions } from "./shared_models.ts";
import {
  imageRules,
  jsonPatches,
  labels,
  mergeFile,
  mergeText,
  patches,
  replacementEntries,
  replicas,
  transformers,
  validators,
  vars,
} from "./transformer_models.ts";
import { kinds, names, namespaces } from "./values.ts";

const FOLDERS = ["base", "comp", "over"] as const;

/** The folder that is built. */
export const TOP = "over";

const kindOrder = listOf(oneOf("ConfigMap", "Deployment", "Widget", "Service", "Secret"), 3, 0);
const sortOptions = mapOf({ order: oneOf("fifo", "legacy") }, {
  legacySortOptions: mapOf({}, { orderFirst: kindOrder, orderLast: kindOrder }),
});

const tables = mapOf({}, {
  namePrefix: listOf(fieldSpecs),
  nameSuffix: listOf(fieldSpecs),
  namespace: listOf(fieldSpecs),
  commonLabels: listOf(fieldSpecs),
  labels: listOf(fieldSpecs),
  templateLabels: listOf(fieldSpecs),
  commonAnnotations: listOf(fieldSpecs),
  varReference: listOf(fieldSpecs),
  images: listOf(fieldSpecs),
  replicas: listOf(fieldSpecs),
  nameReference: listOf(
    mapOf({ kind: kinds, fieldSpecs: listOf(fieldSpecs) }, { version: versions, group: groups }),
  ),
}, 3);

const definitions = oneOf({
  "github.com/example/v1.Widget": {
    Schema: {
      description: "w",
      properties: {
        kind: { type: "string" },
        apiVersion: { type: "string" },
        metadata: { $ref: "k8s.io/ObjectMeta" },
        spec: { $ref: "github.com/example/v1.WidgetSpec" },
      },
    },
    Dependencies: ["github.com/example/v1.WidgetSpec"],
  },
  "github.com/example/v1.WidgetSpec": {
    Schema: {
      properties: {
        configRef: {
          "x-kubernetes-object-ref-api-version": "v1",
          "x-kubernetes-object-ref-kind": "ConfigMap",
        },
        text: { "x-kubernetes-identity": "", type: "string" },
        any: { "x-kubernetes-label-selector": "", type: "object" },
        more: { "x-kubernetes-annotation": "", type: "object" },
      },
    },
  },
}, {});

const schema = oneOf({
  definitions: {
    "com.example.v1.Widget": {
      "x-kubernetes-group-version-kind": [{ group: "example.com", kind: "Widget", version: "v1" }],
      properties: {
        spec: {
          properties: {
            list: {
              type: "array",
              items: { type: "object" },
              "x-kubernetes-patch-merge-key": "name",
              "x-kubernetes-patch-strategy": "merge",
            },
          },
        },
      },
    },
  },
});

const affixes = oneOf("p-", "s-", "q.", "1");

/** Every field with what may stand in it. */
export const FIELDS: Readonly<Record<string, Make>> = {
  metadata: mapOf({ name: names }, {
    namespace: namespaces,
    labels: labelMaps,
    annotations: labelMaps,
  }),
  openapi: fc.oneof(mapOf({ path: inFile(schema, "json") }), oneOf({ version: "v1.21.2" })),
  namePrefix: affixes,
  nameSuffix: oneOf("-s", "-t"),
  namespace: fc.oneof(namespaces, fc.constant("ns3")),
  commonLabels: labelMaps,
  labels: listOf(labels),
  commonAnnotations: labelMaps,
  patchesStrategicMerge: listOf(fc.oneof(mergeText, mergeFile)),
  patchesJson6902: listOf(jsonPatches),
  patches: listOf(patches, 3),
  images: listOf(imageRules, 3),
  imageTags: listOf(imageRules),
  replacements: listOf(replacementEntries),
  replicas: listOf(replicas),
  vars: listOf(vars),
  sortOptions,
  crds: listOf(inFile(definitions, "json"), 1),
  configMapGenerator: listOf(configMaps),
  secretGenerator: listOf(secrets),
  generatorOptions,
  configurations: listOf(inFile(tables), 1),
  generators,
  transformers,
  validators,
  buildMetadata: fc.subarray(["originAnnotations", "transformerAnnotations", "managedByLabel"], {
    minLength: 1,
  }),
};

const resourceFiles = listOf(
  fc.oneof(
    { weight: 3, arbitrary: inFile(documents(objects, 3)) },
    { weight: 1, arbitrary: inFile(objects) },
  ),
  3,
);

function layer(most: number): Make {
  return mapOf({}, FIELDS, most);
}

const headers = fc.constantFrom(true, false);

function withHeader(kind: string, version: string, fields: Json): Json {
  return {
    apiVersion: `kustomize.config.k8s.io/${version}`,
    kind,
    ...(isMap(fields) ? fields : {}),
  };
}

function put(into: Json, more: Readonly<Record<string, Json>>): Json {
  return isMap(into) ? { ...more, ...into } : into;
}

/** An input: kustomizations by folder. Most have two layers, every third a component. */
export const kustomizations: Make = fc.record({
  base: layer(4),
  baseFiles: resourceFiles,
  overFiles: fc.option(resourceFiles, { freq: 2 }),
  over: layer(5),
  comp: fc.option(layer(3), { freq: 3 }),
  compFiles: fc.option(resourceFiles, { freq: 6 }),
  isDeep: fc.constantFrom(true, true, false),
  hasHeader: headers,
  viaBases: fc.constantFrom(true, false, false, false, false),
  odd: fc.constantFrom(
    ...Array<Json>(60).fill({}),
    { nameprefix: "x-" },
    { unknown: 1 },
    { namePrefix: 1 },
    { helmCharts: [] },
    { helmChartInflationGenerator: [] },
    { helmGlobals: {} },
    { resources: null },
    { kind: "Odd" },
  ),
}).map((made): Json => fitTogether(assemble(made)));

interface Made {
  readonly base: Json;
  readonly baseFiles: Json;
  readonly overFiles: Json;
  readonly over: Json;
  readonly comp: Json;
  readonly compFiles: Json;
  readonly isDeep: boolean;
  readonly hasHeader: boolean;
  readonly viaBases: boolean;
  readonly odd: Json;
}

function assemble(made: Made): Json {
  const { base, over, comp, isDeep } = made;
  const own = made.overFiles ?? [];
  const listed = isDeep
    ? made.viaBases
      ? { bases: ["../base"], resources: own }
      : { resources: ["../base", ...asList(own)] }
    : { resources: asList(made.baseFiles) };
  const components = comp === null ? {} : { components: ["../comp"] };
  const top = put(over, { ...listed, ...components, ...(isMap(made.odd) ? made.odd : {}) });
  return {
    ...(isDeep && { [FOLDERS[0]]: put(base, { resources: made.baseFiles }) }),
    ...(comp !== null && {
      [FOLDERS[1]]: withHeader(
        "Component",
        "v1alpha1",
        put(comp, made.compFiles === null ? {} : { resources: made.compFiles }),
      ),
    }),
    [TOP]: made.hasHeader ? withHeader("Kustomization", "v1beta1", top) : top,
  };
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
