/**
 * Variables of the old style: `$(NAME)` in certain fields.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import { isTrue, type YamlNode } from "../../yaml/mod.ts";
import type { Accumulator, Variable } from "../accumulator.ts";
import { addVar } from "../accumulator.ts";
import { SpecTable, visitSelected } from "../field_spec.ts";
import { splitBracketPath } from "../field_path.ts";
import type { VarFields } from "../kustomization.ts";
import { lookUp } from "../node_path.ts";
import { type Place, Refusal, runAll } from "../refusal.ts";
import { currentId, gvkOf, own, previousIds, type Resource } from "../resource.ts";
import { type ResourceId, showId, splitApiVersion } from "../resource_id.ts";

/** A value with its type, which a field takes over when it holds nothing but the variable. */
interface VarValue {
  readonly text: string;
  readonly tag: "str" | "int" | "float" | "bool";
}

/** Adds a variable of a kustomization, declared at `place`, and ties it to the resource that it reads. */
export function declareVar(accumulator: Accumulator, variable: VarFields, place: Place): void {
  const { name = "" } = variable;
  const matches = accumulator.resources.withAnyName(variable.objref?.name ?? "")
    .filter((resource) => isTarget(resource, variable));
  const [resource, second] = matches;
  if (second !== undefined) {
    throw new Refusal(`"${name}" could read from ${matches.length} resources; say more in objref`);
  }
  if (resource !== undefined) {
    own(resource);
    resource.varNames = [...resource.varNames, name];
  }
  addVar(accumulator, name, { ...variable, place });
}

function isTarget(resource: Resource, { objref = {} }: VarFields): boolean {
  const { group, version } = groupVersionOf(objref);
  const namespace = objref.namespace ?? "";
  return [...previousIds(resource), currentId(resource)].some((id: ResourceId) =>
    id.group === group && id.version === version && id.kind === (objref.kind ?? "") &&
    id.name === objref.name && (namespace === "" || id.namespace === namespace)
  );
}

/** `apiVersion` wins over `version`; a group that it does not name stays the one of `group`. */
function groupVersionOf({ apiVersion = "", group = "", version = "" }: NonNullable<
  VarFields["objref"]
>): { group: string; version: string } {
  if (apiVersion === "") return { group, version };
  const split = splitApiVersion(apiVersion);
  return split.group === "" ? { group, version: split.version } : split;
}

/** Replaces `$(NAME)` in the configured fields of all resources. */
export function resolveVars(accumulator: Accumulator, meter: Meter): void {
  const { vars, resources, config } = accumulator;
  if (vars.size === 0) return;
  const byVar = new Map<string, Resource>();
  for (const resource of resources.items) {
    for (const name of resource.varNames) if (!byVar.has(name)) byVar.set(name, resource);
  }
  const values = new Map<string, VarValue | undefined>();
  runAll([...vars].map(([name, variable]) => () => {
    values.set(name, readVar(name, variable, byVar.get(name)));
  }));
  const table = new SpecTable(config.varReference);
  for (const resource of resources.items) {
    own(resource);
    for (const spec of table.for(gvkOf(resource.node))) {
      visitSelected(resource, spec, { visit: (node) => expandNode(node, values, meter) });
    }
  }
  resources.renamed();
}

function readVar(
  name: string,
  variable: Variable,
  resource: Resource | undefined,
): VarValue | undefined {
  if (resource === undefined) {
    throw new Refusal(
      `vars: "${name}" reads from a resource that does not exist; check its objref`,
      variable.place,
    );
  }
  const path = variable.fieldref?.fieldPath || "metadata.name";
  // `containers[0]` stands for an index behind a name.
  const parts = splitBracketPath(path).flatMap((part) => {
    const [, field, index] = /^([^[\]]+)\[(\d+)\]$/.exec(part) ?? [];
    return field === undefined || index === undefined ? [part] : [field, index];
  });
  const node = lookUp(resource.node, parts);
  if (node === undefined) {
    throw new Refusal(
      `vars: "${name}" reads field ${path} of ${
        showId(currentId(resource))
      }, which is not there; ` +
        "check its fieldref",
      variable.place,
    );
  }
  if (node.kind !== "scalar") return undefined;
  switch (node.tag) {
    case "int":
    case "float":
      return { text: String(Number(node.value)), tag: node.tag };
    case "bool":
      return { text: String(isTrue(node.value)), tag: "bool" };
    default:
      return { text: node.value, tag: "str" };
  }
}

function expandNode(
  node: YamlNode,
  values: ReadonlyMap<string, VarValue | undefined>,
  meter: Meter,
): void {
  if (node.kind === "scalar") return expandScalar(node, values, meter);
  if (node.kind === "map") {
    for (const { value } of node.entries) expandScalar(value, values, meter);
    return;
  }
  for (const item of node.items) {
    if (item.kind !== "scalar" || item.tag !== "str") {
      throw new Refusal("a list with variables may hold text only");
    }
    expandScalar(item, values, meter);
  }
}

function expandScalar(
  node: YamlNode,
  values: ReadonlyMap<string, VarValue | undefined>,
  meter: Meter,
): void {
  if (node.kind !== "scalar" || node.tag !== "str" || !node.value.includes("$")) return;
  const whole = /^\$\(([^)]*)\)$/.exec(node.value)?.[1];
  const value = whole === undefined ? undefined : values.get(whole);
  node.tag = value?.tag ?? "str";
  node.value = value?.text ?? expandText(node.value, values);
  meter.spendBytes(node.value.length, "a variable");
  delete node.style;
}

/**
 * Replaces `$(NAME)`; `$$` gives one `$`, unknown names stay as they are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const values = new Map([["A", { text: "1", tag: "int" as const }]]);
 * assert.equal(expandText("$(A) $$(A) $(B) $x", values), "1 $(A) $(B) $x");
 * ```
 */
export function expandText(
  text: string,
  values: ReadonlyMap<string, VarValue | undefined>,
): string {
  let expanded = "";
  let done = 0;
  for (;;) {
    const dollar = text.indexOf("$", done);
    if (dollar < 0) return expanded + text.slice(done);
    const close = text[dollar + 1] === "(" ? text.indexOf(")", dollar) : -1;
    expanded += text.slice(done, dollar);
    if (close >= 0) {
      const whole = text.slice(dollar, close + 1);
      expanded += values.get(whole.slice(2, -1))?.text ?? whole;
      done = close + 1;
      continue;
    }
    // Without a closing bracket behind it there is no reference in the rest either.
    if (text[dollar + 1] === "(") return expanded + unescape(text.slice(dollar));
    const next = text.slice(dollar + 1, dollar + 2);
    expanded += next === "$" ? "$" : `$${next}`;
    done = dollar + 2;
  }
}

/** `$$` gives one `$`. */
function unescape(text: string): string {
  return text.replaceAll("$$", () => "$");
}
