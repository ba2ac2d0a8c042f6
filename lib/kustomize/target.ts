/**
 * Gathers what one kustomization asks for: its bases first, then what it generates, then what it changes.
 *
 * @module
 */
import { getKey } from "../yaml/mod.ts";
import { absorb, type Accumulator, mergeAccumulator, newAccumulator } from "./accumulator.ts";
import { builtinTransformers } from "./builtin_transformers.ts";
import { EMPTY_CONFIG, mergeConfig } from "./config.ts";
import type { BuildContext } from "./context.ts";
import { generateObject } from "./generate/config_map.ts";
import { decodeKustomization, KUSTOMIZATION_FILES } from "./kustomization.ts";
import { decodeText, type Folder } from "./loader.ts";
import { extendOrigin, joinOrigin } from "./origin.ts";
import { generatorOf, transformerOf } from "./plugins.ts";
import { Refusal, Refusals, runAll } from "./refusal.ts";
import { apiVersionOf, kindOf, type Origin, own, type Resource, resourceOf } from "./resource.ts";
import { parseFirst, parseResources } from "./resources.ts";
import { readConfigurations, readCrds, useOpenApi } from "./settings.ts";
import { runKept } from "./run_kept.ts";
import { runAllSteps, stepOrigin } from "./run_steps.ts";
import type { Generator } from "./steps.ts";
import { checkUnchanged } from "./validate.ts";
import { inFile, type Target } from "./target_file.ts";
import { declareVars } from "./transform/vars.ts";

/** What a folder costs of the budget's entries: far more than a file of YAML of the same size. */
const FOLDER_COST = 100;

/** Reads the kustomization file of a folder. */
export function loadTarget(folder: Folder, origin: Origin, context: BuildContext): Target {
  const { loader } = context;
  const names = KUSTOMIZATION_FILES.filter((name) => loader.isFile(folder, name));
  const [fileName, second] = names;
  if (fileName === undefined) {
    throw new Refusal(
      `"${loader.showFolder(folder)}" is neither a file nor a folder with a ${
        KUSTOMIZATION_FILES.join(", ")
      }; check the path`,
    );
  }
  if (second !== undefined) {
    throw new Refusal(
      `"${loader.showFolder(folder)}" holds ${names.join(" and ")}; keep one of them`,
    );
  }
  const { path, text } = loader.readText(folder, fileName);
  const file = loader.show(path);
  // Bases that are named twice on every level double with each; that has to end before memory does.
  context.meter.spendEntries(FOLDER_COST, file);
  const node = parseFirst(text, file, context.options.budget);
  if (node !== undefined && node.kind !== "map") {
    throw new Refusal("a kustomization file must be a map", { path: file });
  }
  const kustomization = decodeKustomization(
    node ?? { kind: "map", entries: [] },
    file,
    (message) => context.warnings.push(message),
  );
  return { folder, file, fileName, kustomization, origin, node };
}

/** Adds everything that `target` asks for to `into`; a component finds what its parent gathered there. */
export function accumulateTarget(target: Target, into: Accumulator, context: BuildContext): void {
  const { kustomization } = target;
  const outerFile = context.file;
  context.file = target.file;
  try {
    refuseUnsupported(target);
    accumulateResources(target, kustomization.resources ?? [], into, context);
    into.config = mergeConfig(into.config, readConfigurations(target, context));
    into.config = mergeConfig(into.config, readCrds(target, context));
    runGenerators(target, into, context);
    for (const path of kustomization.components ?? []) {
      accumulateComponent(target, path, into, context);
      context.file = target.file;
    }
    runTransformers(target, into, context);
    runValidators(target, into, context);
    inFile(target, () => declareVars(into, kustomization.vars ?? []));
  } finally {
    context.file = outerFile;
  }
}

function refuseUnsupported({ kustomization, file }: Target): void {
  for (const field of ["helmCharts", "helmChartInflationGenerator"] as const) {
    if ((kustomization[field] ?? []).length === 0) continue;
    throw new Refusal(
      `field ${field} is not supported; render the chart and list the result under resources`,
      { path: file },
      "Unsupported",
    );
  }
}

/** Files and folders, in the order of the list; what is wrong with one does not keep the others from being told. */
function accumulateResources(
  target: Target,
  paths: readonly string[],
  into: Accumulator,
  context: BuildContext,
): void {
  runAll(
    paths.map((path) => () =>
      inFile(target, () => accumulateEntry(target, path, into, context), path)
    ),
  );
}

function accumulateEntry(
  target: Target,
  path: string,
  into: Accumulator,
  context: BuildContext,
): void {
  const { folder } = target;
  const { loader } = context;
  if (!loader.isFile(folder, path)) return accumulateFolder(target, path, into, context);
  const { path: found, bytes } = loader.read(folder, path);
  const resources = readResources(bytes, loader.show(found), context);
  context.meter.spendResources(resources.length, loader.show(found));
  context.hasLoadedResources ||= resources.some(({ node }) =>
    context.schemas.forKind(apiVersionOf(node), kindOf(node)) === undefined
  );
  const origin = extendOrigin(target.origin, path);
  runAll(resources.map((resource) => () => {
    if (context.tracksOrigin) resource.origin = origin;
    into.resources.append(resource);
  }));
}

function readResources(bytes: Uint8Array, shown: string, context: BuildContext): Resource[] {
  const parse = () => parseResources(decodeText(bytes), shown, context.options.budget);
  return context.keeper?.readFile(bytes, shown, parse).map(resourceOf) ?? parse();
}

function accumulateFolder(
  target: Target,
  path: string,
  into: Accumulator,
  context: BuildContext,
): void {
  const base = openBase(target, path, context);
  if (base.kustomization.kind === "Component") {
    throw new Refusal(`"${path}" is a Component; list it under components`, { path: target.file });
  }
  const gathered = newAccumulator();
  context.meter.nest(base.file, () => accumulateTarget(base, gathered, context));
  mergeAccumulator(into, gathered);
}

function accumulateComponent(
  target: Target,
  path: string,
  into: Accumulator,
  context: BuildContext,
): void {
  const component = inFile(target, () => openBase(target, path, context), path);
  if (component.kustomization.kind !== "Component") {
    throw new Refusal(`"${path}" is no Component; list it under resources`, { path: target.file });
  }
  context.meter.nest(component.file, () => accumulateTarget(component, into, context));
  // Its parent takes the fields over as from a base, which may find them at odds with each other.
  into.config = mergeConfig(EMPTY_CONFIG, into.config);
}

function openBase(target: Target, path: string, context: BuildContext): Target {
  const folder = context.loader.openFolder(target.folder, path);
  const base = loadTarget(folder, extendOrigin(target.origin, path), context);
  useOpenApi(base, context);
  return base;
}

function runGenerators(target: Target, into: Accumulator, context: BuildContext): void {
  const { kustomization, folder } = target;
  const { generatorOptions, configMapGenerator = [], secretGenerator = [] } = kustomization;
  const generators: Generator[] = [
    ...configMapGenerator.map((entry, index) => ({
      kind: "ConfigMapGenerator",
      line: lineOf(target, "configMapGenerator", index),
      run: () => [generateObject("ConfigMap", entry, generatorOptions, folder, context.loader)],
    })),
    ...secretGenerator.map((entry, index) => ({
      kind: "SecretGenerator",
      line: lineOf(target, "secretGenerator", index),
      run: () => [generateObject("Secret", entry, generatorOptions, folder, context.loader)],
    })),
    ...pluginConfigs(target, kustomization.generators ?? [], context)
      .map((config) => generatorOf(config, folder, context)),
  ];
  runAll(generators.map((generator) => () =>
    inFile(target, () => {
      for (const resource of generator.run()) {
        context.meter.spendResources(1, target.file);
        resource.provenance ??= { path: target.file, line: generator.line ?? 1 };
        if (context.tracksOrigin) resource.origin = stepOrigin(generator, target);
        absorb(into, resource);
      }
    })
  ));
}

function lineOf({ node }: Target, field: string, index: number): number | undefined {
  const entries = getKey(node, field);
  return entries?.kind === "seq" ? entries.items[index]?.at?.line : undefined;
}

/** Configuration objects: inline, or in files and folders. */
function pluginConfigs(
  target: Target,
  entries: readonly string[],
  context: BuildContext,
): Resource[] {
  const gathered = newAccumulator();
  const paths: string[] = [];
  for (const entry of entries) {
    const inline = inlineConfigs(target, entry, context);
    if (inline === undefined) paths.push(entry);
    else for (const config of inline) gathered.resources.append(config);
  }
  accumulateResources(target, paths, gathered, context);
  return [...gathered.resources.items];
}

function inlineConfigs(
  target: Target,
  entry: string,
  context: BuildContext,
): Resource[] | undefined {
  if (!entry.includes(":")) return undefined;
  let configs: Resource[];
  try {
    configs = parseResources(entry, target.file, context.options.budget);
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof Refusals) return undefined;
    throw thrown;
  }
  for (const config of configs) {
    if (!context.tracksOrigin) continue;
    const { origin, fileName } = target;
    config.origin = { ...origin, path: joinOrigin(origin.path ?? "", fileName) };
  }
  return configs;
}

function runTransformers(target: Target, into: Accumulator, context: BuildContext): void {
  const { kustomization, folder } = target;
  const steps = inFile(target, () => [
    ...builtinTransformers(kustomization, into.config, folder, context),
    ...pluginConfigs(target, kustomization.transformers ?? [], context)
      .map((config) => transformerOf(config, folder, context)),
  ]);
  if (context.keeper !== undefined) return runKept(steps, target, into, context);
  runAllSteps(steps, target, into, context);
}

function runValidators(target: Target, into: Accumulator, context: BuildContext): void {
  const { kustomization, folder } = target;
  for (const config of pluginConfigs(target, kustomization.validators ?? [], context)) {
    const validator = transformerOf(config, folder, context);
    for (const resource of into.resources.items) own(resource);
    inFile(target, () => checkUnchanged(into.resources, (resources) => validator.run(resources)));
  }
}
