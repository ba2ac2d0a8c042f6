/**
 * Built-in generators and transformers with a configuration file of their own.
 *
 * @module
 */
import { mapNode, setKey, stringNode } from "../yaml/mod.ts";
import { readJsonPatch, readMergePatch, readReplacements } from "./builtin_transformers.ts";
import { specsOf } from "./config.ts";
import type { BuildContext } from "./context.ts";
import {
  decodeDocument,
  type Decoder,
  fields,
  flag,
  integer,
  list,
  text,
  textMap,
  texts,
} from "./decode.ts";
import { type FieldSpec, fieldSpec, makeText, setText, visitField } from "./field_spec.ts";
import { splitPath } from "./field_path.ts";
import { generateObject } from "./generate/config_map.ts";
import {
  configMapShape,
  fieldSpecShape,
  imageShape,
  patchShape,
  replacementEntryShape,
  replicaShape,
  secretShape,
  selectorShape,
} from "./kustomization.ts";
import type { Folder } from "./loader.ts";
import { Refusal } from "./refusal.ts";
import {
  gvkOf,
  kindOf,
  nameOf,
  namespaceOf,
  newResource,
  type Origin,
  type Resource,
} from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import { parseFirst } from "./resources.ts";
import { compileSelector, selectResources } from "./selector.ts";
import type { Generator, Transformer } from "./steps.ts";
import { setImages } from "./transform/images.ts";
import { addPairs } from "./transform/labels.ts";
import { addHashes, addPrefix, addSuffix } from "./transform/names.ts";
import { namespaceResource, setNamespaces, type SubjectMode } from "./transform/namespace.ts";
import { applyPatch, parsePatch, readPatch } from "./transform/patches.ts";
import { applyReplacements } from "./transform/replacements.ts";
import { setReplicas } from "./transform/replicas.ts";

type Run = (resources: ResourceList) => void;

const metadata = fields({ name: text, namespace: text });
const specs = list(fieldSpecShape);

/** The generator that a configuration object asks for. */
export function generatorOf(config: Resource, folder: Folder, context: BuildContext): Generator {
  const kind = builtinKind(config);
  const origin = pluginOrigin(config);
  if (kind === "IAMPolicyGenerator") {
    return { kind, origin, run: () => [iamAccount(config, context)] };
  }
  if (kind !== "ConfigMapGenerator" && kind !== "SecretGenerator") {
    throw unknownPlugin(config, "a generator");
  }
  const object = kind === "SecretGenerator" ? "Secret" : "ConfigMap";
  const shape = object === "Secret" ? secretShape : configMapShape;
  const read = decode(config, shape, context);
  const { metadata: own } = decode(config, fields({ metadata }), context);
  const named = {
    ...read,
    name: read.name || own?.name || "",
    namespace: read.namespace || own?.namespace || "",
  };
  return {
    kind,
    origin,
    run: () => [generateObject(object, named, undefined, folder, context.loader)],
  };
}

/** The transformer that a configuration object asks for. */
export function transformerOf(
  config: Resource,
  folder: Folder,
  context: BuildContext,
): Transformer {
  const kind = builtinKind(config);
  const make = TRANSFORMERS[kind];
  if (make === undefined) throw unknownPlugin(config, "a transformer");
  return { kind, origin: pluginOrigin(config), run: make(config, folder, context) };
}

function builtinKind(config: Resource): string {
  const { group, version, kind } = gvkOf(config.node);
  if (group === "" && version === "builtin") return kind;
  throw new Refusal(
    `plugin ${kind} runs a program or a container, which is not supported; ` +
      "use a built-in one (apiVersion: builtin)",
    config.provenance,
    "Unsupported",
  );
}

function unknownPlugin(config: Resource, role: string): Refusal {
  const kind = kindOf(config.node);
  const isHelm = kind === "HelmChartInflationGenerator";
  return new Refusal(
    isHelm
      ? `${kind} is not supported; render the chart and list the result under resources`
      : `there is no built-in ${kind} that is ${role}`,
    config.provenance,
    isHelm ? "Unsupported" : "BuildFailed",
  );
}

function pluginOrigin({ node, origin }: Resource): Origin | undefined {
  if (origin === undefined) return undefined;
  const { group, version, kind } = gvkOf(node);
  return {
    ...(origin.repo && { repo: origin.repo }),
    ...(origin.ref && { ref: origin.ref }),
    configuredIn: origin.path ?? "",
    configuredBy: {
      apiVersion: group === "" ? version : `${group}/${version}`,
      kind,
      name: nameOf(node),
      namespace: namespaceOf(node),
    },
  };
}

function decode<T>(config: Resource, shape: Decoder<T>, context: BuildContext): T {
  const path = config.provenance?.path ?? context.file;
  return decodeDocument(config.node, shape, { path, strict: false, coerce: true });
}

/** A transformer for each kind; each reads its configuration and gives what to run. */
const TRANSFORMERS: Readonly<
  Record<string, (config: Resource, folder: Folder, context: BuildContext) => Run>
> = {
  AnnotationsTransformer(config, _folder, context) {
    const read = decode(config, fields({ annotations: textMap, fieldSpecs: specs }), context);
    return (list) => addPairs(list, read.annotations ?? new Map(), specsOf(read.fieldSpecs));
  },
  HashTransformer() {
    return addHashes;
  },
  ImageTagTransformer(config, _folder, context) {
    const read = decode(config, fields({ imageTag: imageShape, fieldSpecs: specs }), context);
    return (list) => setImages(list, read.imageTag ?? {}, specsOf(read.fieldSpecs));
  },
  LabelTransformer(config, _folder, context) {
    const read = decode(config, fields({ labels: textMap, fieldSpecs: specs }), context);
    return (list) => addPairs(list, read.labels ?? new Map(), specsOf(read.fieldSpecs));
  },
  NamespaceTransformer(config, _folder, context) {
    const shape = fields({
      metadata,
      fieldSpecs: specs,
      unsetOnly: flag,
      setRoleBindingSubjects: text,
    });
    const read = decode(config, shape, context);
    const options = {
      specs: specsOf(read.fieldSpecs),
      unsetOnly: read.unsetOnly ?? false,
      subjects: subjectMode(read.setRoleBindingSubjects ?? "", config),
    };
    return (list) => setNamespaces(list, read.metadata?.namespace ?? "", options);
  },
  PatchJson6902Transformer(config, folder, context) {
    const shape = fields({ target: selectorShape, path: text, jsonOp: text });
    const { jsonOp, ...read } = decode(config, shape, context);
    return readJsonPatch({ ...read, ...(jsonOp && { patch: jsonOp }) }, folder, context);
  },
  PatchStrategicMergeTransformer(config, folder, context) {
    const read = decode(config, fields({ paths: texts, patches: text }), context);
    const patches = (read.paths ?? []).map((path) => readMergePatch(path, folder, context));
    if (read.patches) patches.push(parsePatch(read.patches, context.file, {}, context));
    if (patches.every((patch) => patch.form === "merge" && patch.objects.length === 0)) {
      throw new Refusal("the transformer has no patches; give paths or patches", config.provenance);
    }
    return (list) => {
      for (const patch of patches) applyPatch(list, patch, undefined, context);
    };
  },
  PatchTransformer(config, folder, context) {
    const read = decode(config, patchShape, context);
    const patch = readPatch(read, folder, context);
    return (list) => applyPatch(list, patch, read.target, context);
  },
  PrefixTransformer(config, _folder, context) {
    const read = decode(config, fields({ prefix: text, fieldSpecs: specs }), context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => addPrefix(list, read.prefix ?? "", where);
  },
  SuffixTransformer(config, _folder, context) {
    const read = decode(config, fields({ suffix: text, fieldSpecs: specs }), context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => addSuffix(list, read.suffix ?? "", where);
  },
  PrefixSuffixTransformer(config, _folder, context) {
    const shape = fields({ prefix: text, suffix: text, fieldSpecs: specs });
    const read = decode(config, shape, context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => {
      addPrefix(list, read.prefix ?? "", where);
      addSuffix(list, read.suffix ?? "", where);
    };
  },
  ReplacementTransformer(config, folder, context) {
    const read = decode(config, fields({ replacements: list(replacementEntryShape) }), context);
    const replacements = readReplacements(read.replacements ?? [], folder, context);
    return (list) => applyReplacements(list, replacements);
  },
  ReplicaCountTransformer(config, _folder, context) {
    const read = decode(config, fields({ replica: replicaShape, fieldSpecs: specs }), context);
    const { name = "", count = 0 } = read.replica ?? {};
    return (list) => setReplicas(list, name, count, specsOf(read.fieldSpecs));
  },
  ValueAddTransformer: valueAdd,
};

/** The ServiceAccount that stands for an account of Google's cloud. */
function iamAccount(config: Resource, context: BuildContext): Resource {
  const shape = fields({
    cloud: text,
    kubernetesService: fields({ name: text, namespace: text }),
    serviceAccount: fields({ name: text, projectId: text }),
  });
  const { cloud = "", kubernetesService = {}, serviceAccount = {} } = decode(
    config,
    shape,
    context,
  );
  if (cloud !== "gke") {
    throw new Refusal(`cloud "${cloud}" is not known; use gke`, config.provenance);
  }
  const { name = "", namespace = "" } = kubernetesService;
  const account = `${serviceAccount.name ?? ""}@${
    serviceAccount.projectId ?? ""
  }.iam.gserviceaccount.com`;
  const metadata = mapNode([["name", stringNode(name)]]);
  if (namespace !== "") setKey(metadata, "namespace", stringNode(namespace));
  setKey(
    metadata,
    "annotations",
    mapNode([["iam.gke.io/gcp-service-account", stringNode(account)]]),
  );
  return newResource(
    mapNode([
      ["apiVersion", stringNode("v1")],
      ["kind", stringNode("ServiceAccount")],
      ["metadata", metadata],
    ]),
  );
}

function requiredSpecs(specs: readonly FieldSpec[], config: Resource): readonly FieldSpec[] {
  if (specs.length > 0) return specs;
  throw new Refusal("the transformer needs fieldSpecs", config.provenance);
}

function subjectMode(mode: string, config: Resource): SubjectMode {
  if (mode === "" || mode === "defaultOnly") return "defaultOnly";
  if (mode === "allServiceAccounts" || mode === "none") return mode;
  throw new Refusal(
    `setRoleBindingSubjects must be defaultOnly, allServiceAccounts or none, not "${mode}"`,
    config.provenance,
  );
}

const valueTargets = list(
  fields({ selector: selectorShape, fieldPath: text, filePathPosition: integer }),
);

/** Puts a value, by default the name of the folder, into fields or into paths that fields hold. */
function valueAdd(config: Resource, folder: Folder, context: BuildContext): Run {
  const shape = fields({ value: text, targets: valueTargets, targetFilePath: text });
  const read = decode(config, shape, context);
  const value = read.value?.trim() || folder.path.slice(folder.path.lastIndexOf("/") + 1);
  const targets = [...read.targets ?? []];
  if (read.targetFilePath) {
    const loaded = context.loader.readText(folder, read.targetFilePath);
    const path = context.loader.show(loaded.path);
    const node = parseFirst(loaded.text, path, context.options.budget);
    const more = node === undefined
      ? {}
      : fields({ targets: valueTargets })(node, "", { path, strict: false, coerce: true });
    targets.push(...more.targets ?? []);
  }
  if (targets.length === 0) throw new Refusal("the transformer needs targets", config.provenance);
  return (list) => {
    for (const { selector, fieldPath = "", filePathPosition = 0 } of targets) {
      if (fieldPath === "") throw new Refusal("a target needs a fieldPath", config.provenance);
      const chosen = selector === undefined
        ? list.items
        : selectResources(list, compileSelector(selector));
      for (const resource of chosen) addValue(resource, fieldPath, value, filePathPosition);
    }
    list.renamed();
  };
}

function addValue(resource: Resource, path: string, value: string, position: number): void {
  if (path === "metadata/namespace") return namespaceResource(resource, value, { specs: [] });
  const spec = fieldSpec(splitPath(path, "/").join("/"), {}, true);
  visitField(resource, spec, {
    make: makeText,
    visit(node) {
      const old = node.kind === "scalar" ? node.value : "";
      setText(node, position > 0 ? insertPart(old, position - 1, value) : value);
    },
  });
}

/** Inserts a part into a path; a position behind its end means the end. */
function insertPart(path: string, position: number, part: string): string {
  const isAbsolute = path.startsWith("/");
  const parts = path.split("/").filter((text) => text !== "");
  parts.splice(Math.min(position, parts.length), 0, part);
  return (isAbsolute ? "/" : "") + parts.join("/");
}
