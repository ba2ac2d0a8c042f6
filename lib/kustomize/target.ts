/**
 * Gathers what one kustomization asks for: its bases first, then what it generates, then what it changes.
 *
 * @module
 */
import { absorb, type Accumulator, mergeAccumulator, newAccumulator } from "./accumulator.ts";
import { builtinTransformers } from "./builtin_transformers.ts";
import { EMPTY_CONFIG, mergeConfig } from "./config.ts";
import type { BuildContext } from "./context.ts";
import { generateObject } from "./generate/config_map.ts";
import { decodeKustomization, KUSTOMIZATION_FILES } from "./kustomization.ts";
import { decodeText, type Folder } from "./loader.ts";
import type { Provenance } from "./built.ts";
import { extendOrigin, joinOrigin } from "./origin.ts";
import { generatorOf, transformerOf } from "./plugins.ts";
import { reasonsOf, Refusal, Refusals, runAll, throwAll } from "./refusal.ts";
import { apiVersionOf, kindOf, type Origin, own, type Resource, resourceOf } from "./resource.ts";
import { parseFirst, parseResources } from "./resources.ts";
import { readConfigurations, readCrds, useOpenApi } from "./settings.ts";
import { runKept } from "./run_kept.ts";
import { runAllSteps, stepOrigin } from "./run_steps.ts";
import type { Generator } from "./steps.ts";
import { checkUnchanged } from "./validate.ts";
import { type EntryPlace, inEntry, inFile, placeOfEntry, type Target } from "./target_file.ts";
import { declareVar } from "./transform/vars.ts";

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
    const reasons: Refusal[] = [];
    const attempt = (step: () => void) => reasons.push(...reasonsOf(step));
    attempt(() => refuseUnsupported(target));
    attempt(() => accumulateResources(target, kustomization.resources ?? [], into, context));
    attempt(() => {
      into.config = mergeConfig(into.config, readConfigurations(target, context));
      into.config = mergeConfig(into.config, readCrds(target, context));
    });
    // What comes after a mistake may fail because of it: then it is only read, not done.
    attempt(() => runGenerators(target, reasons.length > 0 ? undefined : into, context));
    for (const index of (kustomization.components ?? []).keys()) {
      const parent = reasons.length > 0 ? undefined : into;
      attempt(() => accumulateComponent(target, index, parent, context));
      context.file = target.file;
    }
    runTransformers(target, into, context, reasons);
    runValidators(target, into, context);
    declareVars(target, into);
  } finally {
    context.file = outerFile;
  }
}

function declareVars(target: Target, into: Accumulator): void {
  for (const [index, variable] of (target.kustomization.vars ?? []).entries()) {
    const entry = { field: "vars", index };
    const place = placeOfEntry(target, entry);
    inEntry(target, entry, () => declareVar(into, variable, place));
  }
}

function refuseUnsupported(target: Target): void {
  for (const field of ["helmCharts", "helmChartInflationGenerator"] as const) {
    if ((target.kustomization[field] ?? []).length === 0) continue;
    throw new Refusal(
      `field ${field} is not supported; render the chart and list the result under resources`,
      placeOfEntry(target, { field }),
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
    throw new Refusal(`"${path}" is a Component; list it under components`);
  }
  const gathered = newAccumulator();
  context.meter.nest(base.file, () => accumulateTarget(base, gathered, context));
  mergeAccumulator(into, gathered);
}

function accumulateComponent(
  target: Target,
  index: number,
  into: Accumulator | undefined,
  context: BuildContext,
): void {
  const path = target.kustomization.components?.[index] ?? "";
  const entry = { field: "components", index };
  const component = inEntry(target, entry, () => openComponent(target, path, context));
  if (into === undefined) return;
  context.meter.nest(component.file, () => accumulateTarget(component, into, context));
  // Its parent takes resources and fields over as from a base, which may find them at odds with each other.
  inEntry(target, entry, () => into.resources.checkUnique());
  into.config = mergeConfig(EMPTY_CONFIG, into.config);
}

function openComponent(target: Target, path: string, context: BuildContext): Target {
  const component = openBase(target, path, context);
  if (component.kustomization.kind === "Component") return component;
  throw new Refusal(`"${path}" is no Component; list it under resources`);
}

function openBase(target: Target, path: string, context: BuildContext): Target {
  const folder = context.loader.openFolder(target.folder, path);
  const base = loadTarget(folder, extendOrigin(target.origin, path), context);
  useOpenApi(base, context);
  return base;
}

/** Without `into`, what is generated goes nowhere. */
function runGenerators(
  target: Target,
  into: Accumulator | undefined,
  context: BuildContext,
): void {
  const { kustomization, folder } = target;
  const { generatorOptions, configMapGenerator = [], secretGenerator = [] } = kustomization;
  const generators: Generator[] = [
    ...configMapGenerator.map((entry, index) => ({
      kind: "ConfigMapGenerator",
      place: { field: "configMapGenerator", index },
      run: () => [generateObject("ConfigMap", entry, generatorOptions, folder, context.loader)],
    })),
    ...secretGenerator.map((entry, index) => ({
      kind: "SecretGenerator",
      place: { field: "secretGenerator", index },
      run: () => [generateObject("Secret", entry, generatorOptions, folder, context.loader)],
    })),
    ...pluginConfigs(target, "generators", context)
      .map((config) => generatorOf(config, folder, context)),
  ];
  runAll(
    generators.map((generator) => () =>
      inEntry(target, generator.place ?? { field: "generators" }, () => {
        for (const resource of generator.run()) {
          context.meter.spendResources(1, target.file);
          resource.provenance ??= generator.provenance ?? provenanceOf(target, generator.place);
          if (context.tracksOrigin) resource.origin = stepOrigin(generator, target);
          if (into !== undefined) absorb(into, resource);
        }
      })
    ),
  );
}

function provenanceOf(target: Target, place: EntryPlace | undefined): Provenance {
  const { path, line = 1 } = placeOfEntry(target, place ?? { field: "generators" });
  return { path, line };
}

/** Configuration objects: inline, or in files and folders. */
function pluginConfigs(
  target: Target,
  field: "generators" | "transformers" | "validators",
  context: BuildContext,
): Resource[] {
  const gathered = newAccumulator();
  const paths: string[] = [];
  for (const [index, entry] of (target.kustomization[field] ?? []).entries()) {
    const inline = inlineConfigs(target, entry, { field, index }, context);
    if (inline === undefined) paths.push(entry);
    else for (const config of inline) gathered.resources.append(config);
  }
  accumulateResources(target, paths, gathered, context);
  return [...gathered.resources.items];
}

function inlineConfigs(
  target: Target,
  entry: string,
  place: EntryPlace,
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
    config.provenance = provenanceOf(target, place);
    if (!context.tracksOrigin) continue;
    const { origin, fileName } = target;
    config.origin = { ...origin, path: joinOrigin(origin.path ?? "", fileName) };
  }
  return configs;
}

/** Runs them, unless there are `earlier` reasons not to: then all others that are to be found are told of too. */
function runTransformers(
  target: Target,
  into: Accumulator,
  context: BuildContext,
  earlier: readonly Refusal[],
): void {
  const { folder } = target;
  const { steps, reasons } = builtinTransformers(target, into.config, context);
  reasons.push(...reasonsOf(() => {
    const configs = pluginConfigs(target, "transformers", context);
    runAll(
      configs.map((config) => () =>
        inFile(target, () => steps.push(transformerOf(config, folder, context)))
      ),
    );
  }));
  throwAll(earlier.length > 0 ? [...earlier, ...reasons] : []);
  if (context.keeper !== undefined) {
    throwAll(reasons);
    return runKept(steps, target, into, context);
  }
  runAllSteps(steps, target, into, context, reasons);
}

function runValidators(target: Target, into: Accumulator, context: BuildContext): void {
  const { folder } = target;
  for (const config of pluginConfigs(target, "validators", context)) {
    const validator = transformerOf(config, folder, context);
    for (const resource of into.resources.items) own(resource);
    inEntry(
      target,
      { field: "validators" },
      () => checkUnchanged(into.resources, (resources) => validator.run(resources)),
    );
  }
}
