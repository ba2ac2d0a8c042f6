/**
 * Evaluates an expression; each piece costs a step.
 *
 * @module
 */
import { FUNCTIONS, METHODS } from "./functions.ts";
import { CelError, type CelMeter } from "./meter.ts";
import { literalKey, lookUp, noOverload, OPERATORS } from "./operators.ts";
import type { Node } from "./syntax.ts";
import {
  type CelValue,
  isList,
  isMap,
  isOptional,
  listOf,
  mapOf,
  NONE,
  TYPE_NAMES,
  typeNameOf,
} from "./value.ts";

/** What names stand for. */
export interface Scope {
  /** The value of `name`, or nothing. */
  get(name: string): CelValue | undefined;
}

type Of<Kind extends Node["kind"]> = Extract<Node, { kind: Kind }>;

/** The value of `node`; throws {@linkcode CelError} where it has none. */
export function evaluate(node: Node, scope: Scope, meter: CelMeter): CelValue {
  meter.step();
  switch (node.kind) {
    case "literal":
      return node.value;
    case "ident":
      return nameValue(node, node.name, scope);
    case "select":
      return evaluateSelect(node, scope, meter);
    case "index":
      return evaluateIndex(node, scope, meter);
    case "call":
      return evaluateCall(node, scope, meter);
    case "logic":
      return evaluateLogic(node, scope, meter);
    case "choice":
      return evaluateChoice(node, scope, meter);
    case "list":
      return evaluateList(node, scope, meter);
    case "map":
      return evaluateMap(node, scope, meter);
    case "loop":
      return evaluateLoop(node, scope, meter);
    case "optional-map":
      return evaluateOptionalMap(node, scope, meter);
  }
}

/** `a.b.c` where nothing but names stands in it. */
export function dottedName(node: Node): { root: string; name: string } | undefined {
  if (node.kind === "ident") return { root: node.name, name: node.name };
  if (node.kind !== "select" || node.mode === "optional") return undefined;
  const inner = dottedName(node.operand);
  return inner && { root: inner.root, name: `${inner.name}.${node.field}` };
}

/** A dotted name whose root is not there is missing as a whole, as cel-go says it. */
function nameValue(node: Node, name: string, scope: Scope): CelValue {
  const found = node.kind === "ident" ? scope.get(name) : undefined;
  if (found !== undefined) return found;
  if (TYPE_NAMES.has(name)) return { kind: "type", name };
  throw new CelError(`no such attribute(s): ${name}`);
}

function evaluateSelect(node: Of<"select">, scope: Scope, meter: CelMeter): CelValue {
  const dotted = dottedName(node);
  if (dotted !== undefined && scope.get(dotted.root) === undefined) {
    return nameValue(node, dotted.name, scope);
  }
  const operand = evaluate(node.operand, scope, meter);
  if (node.mode === "test") return isThere(operand, node.field);
  if (node.mode === "optional") return optionalOf(operand, node.field);
  if (isOptional(operand)) return optionalOf(operand, node.field);
  return found(lookUp(operand, node.field), node.field);
}

function isThere(operand: CelValue, field: string): boolean {
  if (!isOptional(operand)) return lookUp(operand, field) !== undefined;
  return operand.value !== undefined && isThere(operand.value, field);
}

function optionalOf(operand: CelValue, index: CelValue): CelValue {
  if (isOptional(operand)) {
    return operand.value === undefined ? NONE : optionalOf(operand.value, index);
  }
  const value = lookUp(operand, index);
  return value === undefined ? NONE : { kind: "optional", value };
}

function evaluateIndex(node: Of<"index">, scope: Scope, meter: CelMeter): CelValue {
  const operand = evaluate(node.operand, scope, meter);
  const index = evaluate(node.index, scope, meter);
  if (node.isOptional || isOptional(operand)) return optionalOf(operand, index);
  const value = lookUp(operand, index);
  if (value === undefined && isList(operand)) {
    throw new CelError(`index out of bounds: ${shownKey(index)}`);
  }
  return found(value, shownKey(index));
}

function found(value: CelValue | undefined, key: string): CelValue {
  if (value === undefined) throw new CelError(`no such key: ${key}`);
  return value;
}

function shownKey(key: CelValue): string {
  const isPlain = ["string", "bigint", "number", "boolean"].includes(typeof key);
  return isPlain ? String(key).slice(0, 100) : `of type ${typeNameOf(key)}`;
}

function evaluateCall(node: Of<"call">, scope: Scope, meter: CelMeter): CelValue {
  if (node.target !== undefined && (node.name === "or" || node.name === "orValue")) {
    // What stands in for an absent value is asked for only then.
    const target = evaluate(node.target, scope, meter);
    if (!isOptional(target)) return target;
    if (target.value !== undefined) return node.name === "or" ? target : target.value;
  }
  const parts = node.target === undefined ? node.args : [node.target, ...node.args];
  const args = parts.map((part) => evaluate(part, scope, meter));
  const table = node.target === undefined ? FUNCTIONS : METHODS;
  const call = OPERATORS.get(node.name) ?? table.get(node.name);
  const value = call?.(args, meter);
  if (value === undefined) throw noOverload(node.name, args);
  return value;
}

/** An error counts only where no other operand decides (cel-spec, "Logical Operators"). */
function evaluateLogic(node: Of<"logic">, scope: Scope, meter: CelMeter): boolean {
  return decide(
    node.isAnd,
    (function* () {
      for (const operand of node.operands) yield () => evaluate(operand, scope, meter);
    })(),
  );
}

/** All of them must hold (`isAnd`), or one. */
function decide(isAnd: boolean, tests: Iterable<() => CelValue>): boolean {
  let trouble: CelError | undefined;
  for (const test of tests) {
    const outcome = attempt(test);
    if (typeof outcome !== "boolean") trouble ??= outcome;
    else if (outcome !== isAnd) return outcome;
  }
  if (trouble !== undefined) throw trouble;
  return isAnd;
}

function attempt(test: () => CelValue): boolean | CelError {
  try {
    const value = test();
    return typeof value === "boolean"
      ? value
      : new CelError(`no such overload: expected bool, got ${typeNameOf(value)}`);
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
}

function evaluateChoice(node: Of<"choice">, scope: Scope, meter: CelMeter): CelValue {
  const when = evaluate(node.when, scope, meter);
  return evaluate(asBool(when) ? node.then : node.otherwise, scope, meter);
}

function asBool(value: CelValue): boolean {
  if (typeof value === "boolean") return value;
  throw new CelError(`no such overload: expected bool, got ${typeNameOf(value)}`);
}

function evaluateList(node: Of<"list">, scope: Scope, meter: CelMeter): CelValue {
  return listOf(node.items.flatMap(({ node, isOptional }) => {
    const value = evaluate(node, scope, meter);
    return isOptional ? unwrapped(value) : [value];
  }));
}

function evaluateMap(node: Of<"map">, scope: Scope, meter: CelMeter): CelValue {
  const entries = new Map<string, readonly [CelValue, CelValue]>();
  for (const entry of node.entries) {
    const key = evaluate(entry.key, scope, meter);
    const value = evaluate(entry.value, scope, meter);
    const name = literalKey(key);
    if (entries.has(name)) throw new CelError(`Failed with repeated key: ${shownKey(key)}`);
    for (const present of entry.isOptional ? unwrapped(value) : [value]) {
      entries.set(name, [key, present]);
    }
  }
  return mapOf(entries);
}

/** What an optional holds: one value or none. */
function unwrapped(value: CelValue): readonly CelValue[] {
  if (!isOptional(value)) {
    throw new CelError(`cannot leave out a ${typeNameOf(value)}: it is no optional`);
  }
  return value.value === undefined ? [] : [value.value];
}

function evaluateLoop(node: Of<"loop">, scope: Scope, meter: CelMeter): CelValue {
  const range = evaluate(node.range, scope, meter);
  if (!isList(range) && !isMap(range)) {
    throw new CelError(`${node.name}() goes over a list or a map, not over a ${typeNameOf(range)}`);
  }
  const size = range.size();
  const keys = isMap(range) ? range.keys() : undefined;
  meter.step(keys === undefined ? 1 : size);
  function* scopes(): Generator<Scope> {
    for (let index = 0; index < size; index++) {
      const value = keys === undefined && isList(range) ? range.at(index) : keys?.[index] ?? null;
      yield scopeWith(scope, node.variable, value);
    }
  }
  return runLoop(node, scopes(), meter);
}

function runLoop(node: Of<"loop">, scopes: Iterable<Scope>, meter: CelMeter): CelValue {
  const { name, step, filter, variable } = node;
  if (name === "all" || name === "exists") {
    return decide(
      name === "all",
      (function* () {
        for (const scope of scopes) yield () => evaluate(step, scope, meter);
      })(),
    );
  }
  const kept: CelValue[] = [];
  for (const scope of scopes) {
    if (name === "map") {
      if (filter !== undefined && !asBool(evaluate(filter, scope, meter))) continue;
      kept.push(evaluate(step, scope, meter));
    } else if (asBool(evaluate(step, scope, meter))) {
      kept.push(scope.get(variable) ?? null);
    }
  }
  return name === "exists_one" ? kept.length === 1 : listOf(kept);
}

function evaluateOptionalMap(node: Of<"optional-map">, scope: Scope, meter: CelMeter): CelValue {
  const operand = evaluate(node.operand, scope, meter);
  if (!isOptional(operand)) throw noOverload(node.isFlat ? "optFlatMap" : "optMap", [operand]);
  if (operand.value === undefined) return NONE;
  const value = evaluate(node.step, scopeWith(scope, node.variable, operand.value), meter);
  return node.isFlat ? value : { kind: "optional", value };
}

function scopeWith(outer: Scope, name: string, value: CelValue): Scope {
  return { get: (asked) => asked === name ? value : outer.get(asked) };
}
