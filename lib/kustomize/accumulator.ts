/**
 * What a kustomization has gathered so far: resources, field tables, variables.
 *
 * @module
 */
import { encodeBase64 } from "../base/mod.ts";
import { deleteKey, getKey, type MapNode, mapNode, setKey, stringNode } from "../yaml/mod.ts";
import { type Config, EMPTY_CONFIG, mergeConfig } from "./config.ts";
import type { VarFields } from "./kustomization.ts";
import { type Place, Refusal } from "./refusal.ts";
import {
  currentId,
  kindOf,
  metadataMap,
  nameOf,
  namespaceOf,
  type Resource,
  setMetadataMap,
  setName,
  setNamespace,
} from "./resource.ts";
import { showId } from "./resource_id.ts";
import { ResourceList } from "./resource_list.ts";

/** A variable, and where it was declared. */
export type Variable = VarFields & { readonly place: Place };

/** Gathered so far. */
export interface Accumulator {
  /** Resources in order. */
  readonly resources: ResourceList;
  /** Which fields transformers write to. */
  config: Config;
  /** Variables by name. */
  readonly vars: Map<string, Variable>;
}

/** Nothing yet. */
export function newAccumulator(): Accumulator {
  return { resources: new ResourceList(), config: EMPTY_CONFIG, vars: new Map() };
}

/** Adds what a base has gathered. */
export function mergeAccumulator(into: Accumulator, from: Accumulator): void {
  for (const resource of from.resources.items) into.resources.append(resource);
  into.config = mergeConfig(into.config, from.config);
  for (const [name, variable] of from.vars) addVar(into, name, variable);
}

/** Adds a variable, whose name must be new. */
export function addVar(accumulator: Accumulator, name: string, variable: Variable): void {
  if (accumulator.vars.has(name)) {
    throw new Refusal(`vars: "${name}" is declared twice; rename one of them`, variable.place);
  }
  accumulator.vars.set(name, variable);
}

/** Adds a generated object: as a new one, or merged into or put in the place of one that is there. */
export function absorb(accumulator: Accumulator, generated: Resource): void {
  const id = currentId(generated);
  const [old, second] = accumulator.resources.withAnyId(id);
  const { behavior } = generated;
  if (old === undefined) {
    if (behavior !== "merge" && behavior !== "replace") {
      return accumulator.resources.append(generated);
    }
    throw new Refusal(
      `generator: there is no ${
        showId(id)
      } to ${behavior}; use behavior create, or name one that exists`,
    );
  }
  if (second !== undefined) throw new Refusal(`generator: several resources are ${showId(id)}`);
  if (behavior !== "merge" && behavior !== "replace") {
    throw new Refusal(
      `generator: ${showId(id)} is there already; set behavior to merge or replace`,
      generated.provenance,
    );
  }
  if (behavior === "merge") mergeData(old, generated);
  takeOver(old, generated);
  if (behavior === "replace") generated.transformations = [];
  else if (old.origin !== undefined) generated.origin = old.origin;
  accumulator.resources.replace(old, generated);
}

/** Name, namespace, labels, annotations and history of `old` pass to what stands in its place. */
function takeOver(old: Resource, generated: Resource): void {
  for (const field of ["labels", "annotations"] as const) {
    const merged = new Map([
      ...metadataMap(old.node, field),
      ...metadataMap(generated.node, field),
    ]);
    setMetadataMap(generated.node, field, merged);
  }
  setName(generated.node, nameOf(old.node));
  setNamespace(generated.node, namespaceOf(old.node));
  generated.needsHash = old.needsHash && generated.needsHash;
  generated.behavior = old.behavior;
  generated.previous = old.previous;
  generated.prefixes = old.prefixes;
  generated.suffixes = old.suffixes;
  generated.varNames = old.varNames;
  generated.transformations = old.transformations;
  generated.provenance ??= old.provenance;
  generated.changedBy = old.changedBy;
}

function mergeData(old: Resource, generated: Resource): void {
  for (const field of ["data", "binaryData"]) {
    const merged = new Map([...dataOf(old.node, field), ...dataOf(generated.node, field)]);
    if (merged.size === 0) {
      deleteKey(generated.node, field);
      continue;
    }
    const node = mapNode([...merged].map(([key, value]) => [key, stringNode(value)] as const));
    setKey(generated.node, field, node);
  }
}

function dataOf(node: MapNode, field: string): Map<string, string> {
  const values = new Map<string, string>();
  const data = getKey(node, field);
  for (const { key, value } of data?.kind === "map" ? data.entries : []) {
    values.set(key.value, value.kind === "scalar" ? value.value : "");
  }
  if (field === "data" && kindOf(node) === "Secret") {
    const plain = getKey(node, "stringData");
    for (const { key, value } of plain?.kind === "map" ? plain.entries : []) {
      if (value.kind !== "scalar") throw new Refusal(`stringData.${key.value} must be text`);
      values.set(key.value, encodeBase64(new TextEncoder().encode(value.value)));
    }
  }
  return values;
}
