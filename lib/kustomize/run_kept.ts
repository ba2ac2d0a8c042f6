/**
 * Runs transformers with a cache: what one makes of a resource is looked up, and only made where it was not found.
 *
 * A refusal is thrown as it comes; the build is then done again without the cache, which tells of all of them.
 *
 * @module
 */
import { sha256Hex } from "../base/mod.ts";
import type { Accumulator } from "./accumulator.ts";
import { ENTRY_BYTES, type Keeper } from "./cache.ts";
import type { BuildContext } from "./context.ts";
import { Refusal } from "./refusal.ts";
import { currentKey, own, putInto, type Resource } from "./resource.ts";
import { ResourceList } from "./resource_list.ts";
import { runStep, spendStep } from "./run_steps.ts";
import type { Reach, Transformer } from "./steps.ts";
import { inFile, type Target } from "./target_file.ts";

/** Steps that are looked up as one. */
interface Group {
  readonly steps: readonly Transformer[];
  readonly key: string;
  readonly touched: readonly Resource[];
}

/** What a run of {@linkcode runKept} works with. */
interface Work {
  readonly target: Target;
  readonly resources: ResourceList;
  readonly context: BuildContext;
  readonly keeper: Keeper;
}

/** Runs the steps; `context` must have a keeper. */
export function runKept(
  steps: readonly Transformer[],
  target: Target,
  { resources }: Accumulator,
  context: BuildContext,
): void {
  const { keeper } = context;
  if (keeper === undefined) throw new TypeError("There is no cache to run with");
  const work: Work = { target, resources, context, keeper };
  // Between steps that take each resource for itself nobody looks at what they make: they are looked up as one.
  let together: Transformer[] = [];
  for (const step of steps.flatMap(partsOf)) {
    if (step.reach?.kind === "each") together.push(step);
    else {
      runEach(together, work);
      together = [];
      runOne(step, work);
    }
  }
  runEach(together, work);
}

function partsOf(step: Transformer): readonly Transformer[] {
  return step.reach?.kind === "parts" ? step.reach.steps : [step];
}

function runEach(steps: readonly Transformer[], work: Work): void {
  if (steps.length === 0) return;
  const { resources, target, context } = work;
  for (const step of steps) spendStep(step, resources, target, context);
  const between = runGroup({ steps, key: keyOf(steps, work), touched: resources.items }, work);
  refuseTwins(between, steps.filter(isUnique).length);
  resources.renamed();
  resources.dropEmpty();
}

function runOne(step: Transformer, work: Work): void {
  const { resources, target, context } = work;
  spendStep(step, resources, target, context);
  const { reach } = step;
  if (reach?.kind === "some") {
    const touched = inFile(target, () => reach.touches(resources));
    runGroup({ steps: [step], key: keyOf([step], work), touched }, work);
    if (reach.isNaming) {
      resources.renamed();
      resources.checkUnique();
    }
  } else {
    if (reach === undefined) { for (const resource of resources.items) own(resource); }
    runStep(step, resources, target, context);
  }
  resources.dropEmpty();
}

function isUnique({ reach }: Transformer): boolean {
  return reach?.kind === "each" && reach.isUnique === true;
}

/** All on which the work of the steps depends besides the resource. */
function keyOf(steps: readonly Transformer[], { target, context }: Work): string {
  const keys = steps.map(({ kind, reach }) => [kind, keyOfReach(reach)]);
  const { meter, schemasKey } = context;
  return sha256Hex(JSON.stringify([keys, target.file, schemasKey, meter.depth]));
}

function keyOfReach(reach: Reach | undefined): string {
  return reach !== undefined && "key" in reach ? reach.key : "";
}

/** Puts every resource into the state in which the steps leave it; what each was called in between. */
function runGroup({ steps, key, touched }: Group, work: Work): (readonly string[])[] {
  const { keeper, resources } = work;
  const names: (readonly string[])[] = [];
  const missing: Resource[] = [];
  for (const resource of touched) {
    const known = keeper.stateOf(resource).after.get(key);
    if (known === undefined) missing.push(resource);
    else {
      putInto(resource, known.to);
      names.push(known.between);
    }
  }
  // Steps that refuse whatever they get have to be asked, even when there is nothing to do for them.
  if (missing.length > 0 || touched.length === 0) names.push(...make(steps, key, missing, work));
  if (touched.some(({ node }) => node.entries.length === 0)) resources.noteEmpty();
  return names;
}

/** Runs the steps over resources for which nothing was found, and keeps what comes of it. */
function make(
  steps: readonly Transformer[],
  key: string,
  resources: readonly Resource[],
  { keeper, target, context }: Work,
): (readonly string[])[] {
  const before = resources.map((resource) => keeper.stateOf(resource));
  for (const resource of resources) own(resource);
  const list = new ResourceList([...resources]);
  const names: string[][] = resources.map(() => []);
  for (const step of steps) {
    runStep(step, list, target, context);
    list.dropEmpty();
    if (!isUnique(step)) continue;
    for (const [index, resource] of resources.entries()) {
      const isGone = resource.node.entries.length === 0;
      names[index]?.push(isGone ? `gone ${before[index]?.facts.idKey}` : currentKey(resource));
    }
  }
  for (const [index, resource] of resources.entries()) {
    const to = keeper.keep(resource);
    before[index]?.after.put(key, { to, between: names[index] ?? [] }, to.bytes + ENTRY_BYTES);
  }
  return names;
}

/** Refuses two resources that were called the same behind one of the steps. */
function refuseTwins(names: readonly (readonly string[])[], count: number): void {
  for (let place = 0; place < count; place++) {
    const seen = new Set(names.map((between) => between[place]));
    if (seen.size < names.length) throw new Refusal("two resources end up as one and the same");
  }
}
