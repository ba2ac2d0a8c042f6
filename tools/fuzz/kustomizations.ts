/**
 * Kustomizations: a base, a component and an overlay, over all fields.
 *
 * @module
 */
import fc from "fast-check";
import {
  asText,
  dictionary,
  inFile,
  isMap,
  type Json,
  listOf,
  type Make,
  mapOf,
  oneOf,
} from "./model.ts";
import { fitTogether } from "./fit_together.ts";
import {
  imageNames,
  keys,
  kinds,
  names,
  namespaces,
  objects,
  patchObjects,
  scalars,
  texts,
  values,
} from "./objects.ts";

const FOLDERS = ["base", "comp", "over"] as const;

/** The folder that is built. */
export const TOP = "over";

const flags = fc.constantFrom(true, false);
const labelMaps = dictionary(keys, oneOf("x", "y", "web", "1", "true", ""), 2);
const groups = fc.constantFrom("apps", "example.com", "");
const versions = fc.constantFrom("v1", "v2");

const selectors = mapOf({}, {
  group: groups,
  version: versions,
  kind: fc.oneof(kinds, kinds, fc.constantFrom("Deploy.*", ".*", "Service|Secret")),
  name: fc.oneof(names, names, fc.constantFrom("w.b", "web|db", ".*", "^web$", "we", "p-web")),
  namespace: fc.oneof(namespaces, fc.constantFrom("ns.", "")),
  labelSelector: oneOf(
    "app=x",
    "app",
    "!app",
    "app in (x,y)",
    "app notin (x), tier!=y",
    "app==web",
  ),
  annotationSelector: oneOf("app=x", "k1", "app!=x"),
}, 3);

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

function documents(make: Make, most = 2): Make {
  return listOf(make, most).map((it) => ({ $docs: it }));
}

/** Text given here or in a file. */
function eitherPlace(content: Make, many: Make = content): readonly [Make, Make] {
  return [asText(content), inFile(many)];
}

const [mergeText, mergeFile] = eitherPlace(patchObjects, documents(patchObjects));
const [operationText, operationFile] = eitherPlace(operations);
const mergeTexts = fc.oneof({ weight: 3, arbitrary: mergeText }, asText(documents(patchObjects)));

const patchOptions = mapOf({}, { allowNameChange: flags, allowKindChange: flags });
const patches = fc.oneof(
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
const jsonPatches = fc.oneof(
  mapOf({ target: namedSelectors, patch: operationText }),
  mapOf({ target: namedSelectors, path: operationFile }),
);

const imageRules = mapOf({ name: imageNames }, {
  newName: oneOf("other", "reg.io:5000/other", "$(VAR)"),
  newTag: oneOf("v2", "1.5", ""),
  tagSuffix: oneOf("-x"),
  digest: oneOf("sha256:abcd"),
}, 2);

const fieldSpecs = mapOf(
  {
    path: oneOf(
      "metadata/labels",
      "metadata/annotations",
      "metadata/name",
      "metadata/namespace",
      "spec/text",
      "spec/image",
      "spec/replicas",
      "spec/list[]/value",
      "spec/list/value",
      "spec/containers[]/image",
      "spec/template/metadata/labels",
      "spec/new/deep",
      "data",
      "spec/any",
      "spec/configRef/name",
      "spec\\/x",
    ),
  },
  { create: flags, kind: kinds, group: groups, version: versions },
  2,
);

const labels = mapOf({ pairs: labelMaps }, {
  includeSelectors: flags,
  includeTemplates: flags,
  includeVolumeClaimTemplates: flags,
  fields: listOf(fieldSpecs),
}, 2);

const generatorOptions = mapOf({}, {
  labels: labelMaps,
  annotations: labelMaps,
  disableNameSuffixHash: flags,
  immutable: flags,
});

const literals = fc.oneof(
  fc.tuple(keys.filter((key) => !key.includes("/")), texts).map(([key, value]) =>
    `${key}=${String(value)}`
  ),
  fc.constantFrom("k1='q'", 'k1="q"', "k1=", "novalue", "true=x", "k 1=x", "a=b=c", "=x"),
);
const contents = fc.oneof(
  texts.map((it): Json => String(it)),
  asText(objects).map((it) => isMap(it) ? it.$text ?? "" : ""),
  oneOf("long ".repeat(40), "line\n".repeat(4), "\ufeffx", "a\r\nb\r\n"),
);
const fileSources = fc.oneof(
  contents.map((it): Json => ({ $file: it, extension: "txt" })),
  fc.tuple(keys, contents).map(([key, it]): Json => ({ $keyed: it, key })),
);
const envLines = listOf(
  oneOf("K=v", "K_2=a b ", " L=1", "# no", "", "EMPTY=", "BARE", "Q='q'", "M=true", "N=$(VAR)"),
  4,
);
const envFiles = inFile(envLines.map((it) => ({ $lines: it })), "env");
const behaviors = fc.constantFrom("create", "merge", "replace");

const sources = {
  namespace: namespaces,
  behavior: behaviors,
  literals: listOf(literals, 3),
  files: listOf(fileSources),
  envs: listOf(envFiles),
  env: envFiles,
  options: generatorOptions,
};
const configMaps = mapOf({ name: names }, sources, 3);
const secrets = mapOf({ name: names }, {
  ...sources,
  type: oneOf("Opaque", "kubernetes.io/tls", ""),
}, 3);

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
const replacementEntries = fc.oneof(
  { weight: 5, arbitrary: replacements },
  { weight: 2, arbitrary: mapOf({ sourceValue: texts, targets: replacementTargets }) },
  { weight: 1, arbitrary: mapOf({ path: inFile(fc.oneof(replacements, listOf(replacements))) }) },
);

const replicas = mapOf({ name: names }, { count: oneOf(0, 2, 5) });
const vars = mapOf({
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

function plugin(
  kind: string,
  body: Readonly<Record<string, Make>>,
  fixed: Readonly<Record<string, Make>> = {},
): Make {
  const header = {
    apiVersion: oneOf("builtin"),
    kind: oneOf(kind),
    metadata: mapOf({ name: names }, { namespace: namespaces }),
  };
  return mapOf({ ...header, ...fixed }, body);
}

/** Configuration of plugins: inline, in a file, in a folder of its own. */
function plugins(configs: Make): Make {
  return listOf(
    fc.oneof(
      { weight: 4, arbitrary: asText(configs) },
      { weight: 4, arbitrary: inFile(configs) },
      {
        weight: 1,
        arbitrary: inFile(configs).map((it): Json => ({ $folder: { resources: [it] } })),
      },
    ),
  );
}

const someSpecs = listOf(fieldSpecs, 2);
const transformers = plugins(fc.oneof(
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
  plugin("PatchTransformer", { patch: mergeTexts, target: selectors, options: patchOptions }),
  plugin("PatchTransformer", { path: operationFile, target: selectors }),
  plugin("PatchJson6902Transformer", { target: namedSelectors, jsonOp: operationText }),
  plugin("PatchStrategicMergeTransformer", { paths: listOf(mergeFile), patches: mergeText }),
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
const generators = plugins(fc.oneof(
  plugin("ConfigMapGenerator", sources),
  plugin("SecretGenerator", { ...sources, type: oneOf("Opaque") }),
));
const validators = plugins(fc.oneof(
  plugin("LabelTransformer", {
    labels: oneOf({ "validated-by": "me" }, { app: "x" }),
    fieldSpecs: oneOf([{ path: "metadata/labels", create: true }]),
  }),
  plugin("AnnotationsTransformer", {}),
));

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
    ...Array<Json>(120).fill({}),
    { nameprefix: "x-" },
    { unknown: 1 },
    {
      namePrefix: 1,
    },
    { helmCharts: [] },
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

/** Scalars for other generators. */
export { scalars };
