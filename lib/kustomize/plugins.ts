/**
 * Built-in generators and transformers with a configuration file of their own.
 *
 * @module
 */
import { specsOf } from "./config.ts";
import type { BuildContext } from "./context.ts";
import { fields, flag, list, text, textMap, texts } from "./decode.ts";
import type { FieldSpec } from "./field_spec.ts";
import { generateObject } from "./generate/config_map.ts";
import { iamAccount } from "./generate/iam_account.ts";
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
import { decodePlugin } from "./plugin_config.ts";
import { onlyMerge, readJsonPatch, readMergePatch, readReplacements } from "./read_entries.ts";
import { reasonsOf, Refusal, throwAll } from "./refusal.ts";
import { gvkOf, kindOf, nameOf, namespaceOf, type Origin, type Resource } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import type { Generator, Transformer } from "./steps.ts";
import { setImages } from "./transform/images.ts";
import { addPairs } from "./transform/labels.ts";
import { addHashes, addPrefix, addSuffix } from "./transform/names.ts";
import { setNamespaces, type SubjectMode } from "./transform/namespace.ts";
import { applyPatch, parsePatch, readPatch } from "./transform/patches.ts";
import { applyReplacements } from "./transform/replacements.ts";
import { setReplicas } from "./transform/replicas.ts";
import { valueAdd } from "./transform/value_add.ts";

type Run = (resources: ResourceList) => void;

const metadata = fields({ name: text, namespace: text });
const specs = list(fieldSpecShape);

/** The generator that a configuration object asks for. */
export function generatorOf(config: Resource, folder: Folder, context: BuildContext): Generator {
  const kind = builtinKind(config);
  const from = { kind, origin: pluginOrigin(config), provenance: config.provenance };
  if (kind === "IAMPolicyGenerator") {
    return { ...from, run: () => [iamAccount(config, context)] };
  }
  if (kind !== "ConfigMapGenerator" && kind !== "SecretGenerator") {
    throw unknownPlugin(config, "a generator");
  }
  const object = kind === "SecretGenerator" ? "Secret" : "ConfigMap";
  const shape = object === "Secret" ? secretShape : configMapShape;
  const read = decodePlugin(config, shape, context);
  const { metadata: own } = decodePlugin(config, fields({ metadata }), context);
  // Only in a kustomization file does the old field `env` mean anything.
  const { env: _ignored, ...known } = read;
  const named = {
    ...known,
    name: read.name || own?.name || "",
    namespace: read.namespace || own?.namespace || "",
  };
  const generate = () => [generateObject(object, named, undefined, folder, context.loader)];
  return { ...from, run: () => inConfig(config, generate) };
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
  const run = inConfig(config, () => make(config, folder, context));
  return { kind, origin: pluginOrigin(config), run: (list) => inConfig(config, () => run(list)) };
}

/** Names the configuration object where a reason names no place. */
function inConfig<T>(config: Resource, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    const reasons = reasonsOf(() => {
      throw thrown;
    });
    throwAll(reasons.map((reason) =>
      reason.isPlaced ? reason : new Refusal(
        `${kindOf(config.node)} "${nameOf(config.node)}": ${reason.message}`,
        config.provenance,
        reason.code,
      )
    ));
    throw thrown;
  }
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

/** A transformer for each kind; each reads its configuration and gives what to run. */
const TRANSFORMERS: Readonly<
  Record<string, (config: Resource, folder: Folder, context: BuildContext) => Run>
> = {
  AnnotationsTransformer(config, _folder, context) {
    const read = decodePlugin(config, fields({ annotations: textMap, fieldSpecs: specs }), context);
    return (list) =>
      addPairs(list, read.annotations ?? new Map(), specsOf(read.fieldSpecs), context.meter);
  },
  HashTransformer() {
    return addHashes;
  },
  ImageTagTransformer(config, _folder, context) {
    const read = decodePlugin(config, fields({ imageTag: imageShape, fieldSpecs: specs }), context);
    return (list) => setImages(list, read.imageTag ?? {}, specsOf(read.fieldSpecs));
  },
  LabelTransformer(config, _folder, context) {
    const read = decodePlugin(config, fields({ labels: textMap, fieldSpecs: specs }), context);
    return (list) =>
      addPairs(list, read.labels ?? new Map(), specsOf(read.fieldSpecs), context.meter);
  },
  NamespaceTransformer(config, _folder, context) {
    const shape = fields({
      metadata,
      fieldSpecs: specs,
      unsetOnly: flag,
      setRoleBindingSubjects: text,
    });
    const read = decodePlugin(config, shape, context);
    const options = {
      specs: specsOf(read.fieldSpecs),
      unsetOnly: read.unsetOnly ?? false,
      subjects: subjectMode(read.setRoleBindingSubjects ?? "", config),
    };
    return (list) => setNamespaces(list, read.metadata?.namespace ?? "", options);
  },
  PatchJson6902Transformer(config, folder, context) {
    const shape = fields({ target: selectorShape, path: text, jsonOp: text });
    const { jsonOp, ...read } = decodePlugin(config, shape, context);
    return readJsonPatch({ ...read, ...(jsonOp && { patch: jsonOp }) }, folder, context).run;
  },
  PatchStrategicMergeTransformer(config, folder, context) {
    const read = decodePlugin(config, fields({ paths: texts, patches: text }), context);
    const patches = (read.paths ?? []).map((path) => readMergePatch(path, folder, context));
    if (read.patches) {
      patches.push(onlyMerge(parsePatch(read.patches, context.file, {}, context)));
    }
    if (patches.every((patch) => patch.form === "merge" && patch.objects.length === 0)) {
      throw new Refusal("the transformer has no patches; give paths or patches", config.provenance);
    }
    return (list) => {
      for (const patch of patches) applyPatch(list, patch, undefined, context);
    };
  },
  PatchTransformer(config, folder, context) {
    const read = decodePlugin(config, patchShape, context);
    const patch = readPatch(read, folder, context);
    return (list) => applyPatch(list, patch, read.target, context);
  },
  PrefixTransformer(config, _folder, context) {
    const read = decodePlugin(config, fields({ prefix: text, fieldSpecs: specs }), context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => addPrefix(list, read.prefix ?? "", where);
  },
  SuffixTransformer(config, _folder, context) {
    const read = decodePlugin(config, fields({ suffix: text, fieldSpecs: specs }), context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => addSuffix(list, read.suffix ?? "", where);
  },
  PrefixSuffixTransformer(config, _folder, context) {
    const shape = fields({ prefix: text, suffix: text, fieldSpecs: specs });
    const read = decodePlugin(config, shape, context);
    const where = requiredSpecs(specsOf(read.fieldSpecs), config);
    return (list) => {
      addPrefix(list, read.prefix ?? "", where);
      addSuffix(list, read.suffix ?? "", where);
    };
  },
  ReplacementTransformer(config, folder, context) {
    const read = decodePlugin(
      config,
      fields({ replacements: list(replacementEntryShape) }),
      context,
    );
    const replacements = readReplacements(read.replacements ?? [], folder, context);
    return (list) => applyReplacements(list, replacements, context.meter);
  },
  ReplicaCountTransformer(config, _folder, context) {
    const read = decodePlugin(
      config,
      fields({ replica: replicaShape, fieldSpecs: specs }),
      context,
    );
    const { name = "", count = 0 } = read.replica ?? {};
    return (list) => setReplicas(list, name, count, specsOf(read.fieldSpecs));
  },
  ValueAddTransformer: valueAdd,
};

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
