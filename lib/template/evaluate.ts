/**
 * Values of pipelines, commands and operands.
 *
 * @module
 */
import { type Meter, quoteLikeGo } from "../base/mod.ts";
import { Args, ArgumentProblem, CallProblem, type TemplateFunction } from "./functions.ts";
import {
  type Command,
  type Operand,
  type Pipe,
  type Place,
  type Template,
  TemplateProblem,
} from "./nodes.ts";
import { Dict, isList, isTruth, Struct, typeName, type Value } from "./value.ts";

/** A variable and its value. */
export interface Variable {
  readonly name: string;
  readonly value: Value;
}

/** A template at work. */
export interface Run {
  readonly template: Template;
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly meter: Meter;
  /** The innermost is last. */
  variables: Variable[];
  /** What was written. */
  readonly out: string[];
}

/** The value of the command before, where there is one. */
type Piped = { readonly value: Value } | undefined;

/** The value of a pipeline; it is put into its variables as well. */
export function evaluatePipe(run: Run, pipe: Pipe, dot: Value): Value {
  let piped: Piped;
  for (const command of pipe.commands) {
    const value = evaluateCommand(run, command, dot, piped);
    // A nil that comes out of a command is no value any more.
    piped = { value: value === null ? undefined : value };
  }
  const value = piped?.value;
  for (const name of pipe.variables) {
    if (pipe.assigns) assign(run.variables, name, value);
    else run.variables.push({ name, value });
  }
  return value;
}

/** Gives the innermost variable of that name another value. */
export function assign(variables: Variable[], name: string, value: Value): void {
  const at = variables.findLastIndex((variable) => variable.name === name);
  if (at >= 0) variables[at] = { name, value };
}

function evaluateCommand(run: Run, command: Command, dot: Value, piped: Piped): Value {
  const { first, args } = command;
  run.meter.spendEntries(1, run.template.name);
  switch (first.kind) {
    case "function":
      return callFunction(run, command, dot, piped);
    case "field":
    case "chain":
    case "variable": {
      const value = evaluateOperand(run, first, dot);
      if (args.length > 0 || piped !== undefined) refuseArgs(run, first, dot);
      return value;
    }
    default:
      if (args.length > 0 || piped !== undefined) refuseArgs(run, first, dot);
      if (first.kind === "nil") problem(run, first, "nil is not a command");
      return evaluateOperand(run, first, dot);
  }
}

/** Nothing but functions takes arguments. */
function refuseArgs(run: Run, operand: Operand, dot: Value): never {
  const names = "names" in operand ? operand.names : [];
  const name = names.at(-1);
  if (name === undefined || !("names" in operand)) {
    return problem(run, operand, `can't give argument to non-function ${operand.source}`);
  }
  const receiver = evaluateOperand(run, { ...operand, names: names.slice(0, -1) }, dot);
  const why = receiver instanceof Dict
    ? "is not a method but has arguments"
    : "has arguments but cannot be invoked as function";
  return problem(run, operand, `${name} ${why}`);
}

/** The value of an operand; `null` for `nil`. */
export function evaluateOperand(run: Run, operand: Operand, dot: Value): Value {
  switch (operand.kind) {
    case "dot":
      return dot;
    case "nil":
      return null;
    case "constant":
      return operand.value;
    case "field":
      return members(run, operand, dot, operand.names);
    case "variable": {
      const found = run.variables.findLast(({ name }) => name === operand.name);
      return members(run, operand, found?.value, operand.names);
    }
    case "function":
      return callFunction(run, { ...operand, first: operand, args: [] }, dot, undefined);
    case "pipe":
      return run.meter.nest("parentheses", () => evaluatePipe(run, operand.pipe, dot));
    case "chain": {
      const value = run.meter.nest("a chain", () => evaluateOperand(run, operand.of, dot));
      if (operand.of.kind === "nil") {
        problem(run, operand, `indirection through explicit nil in ${operand.source}`);
      }
      return members(run, operand, value, operand.names);
    }
  }
}

function members(run: Run, place: Place, value: Value, names: readonly string[]): Value {
  let here = value;
  for (const name of names) here = memberOf(run, place, here, name);
  return here;
}

function memberOf(run: Run, place: Place, value: Value, name: string): Value {
  if (value === undefined) return undefined;
  if (value === null) problem(run, place, `nil pointer evaluating interface {}.${name}`);
  if (value instanceof Dict) return value.entries.get(name);
  const found = value instanceof Struct ? value.member(name) : undefined;
  if (found !== undefined) return found.value;
  return problem(run, place, `can't evaluate field ${name} in type ${typeName(value)}`);
}

function callFunction(run: Run, command: Command, dot: Value, piped: Piped): Value {
  const { first, args } = command;
  const name = first.kind === "function" ? first.name : "";
  const called = run.functions.get(name);
  if (called === undefined) {
    return problem(run, first, `${quoteLikeGo(name)} is not a defined function`);
  }
  checkCount(run, first, called, args.length + (piped === undefined ? 0 : 1));
  if (name === "and" || name === "or") return decide(run, command, dot, piped);
  const values = args.map((arg) =>
    run.meter.nest("arguments", () => evaluateOperand(run, arg, dot))
  );
  if (piped !== undefined) values.push(piped.value);
  const result = call(run, command, called, new Args(values, run.meter));
  spend(run.meter, result, name);
  return result;
}

function checkCount(run: Run, place: Place, { least, most }: TemplateFunction, got: number): void {
  if (got >= least && got <= most) return;
  const want = most === Infinity
    ? `at least ${least}`
    : least === most
    ? `${least}`
    : `${least} to ${most}`;
  problem(run, place, `wrong number of args for ${place.source}: want ${want} got ${got}`);
}

/** `and` and `or` give the argument that decides, and do not look at those behind it. */
function decide(run: Run, { first, args }: Command, dot: Value, piped: Piped): Value {
  const name = first.kind === "function" ? first.name : "";
  let value: Value;
  for (const arg of args) {
    value = run.meter.nest("arguments", () => evaluateOperand(run, arg, dot));
    if (isTruth(value) === (name === "or")) return value;
  }
  return piped === undefined ? value : piped.value;
}

function call(run: Run, command: Command, called: TemplateFunction, args: Args): Value {
  try {
    return called.call(args);
  } catch (thrown) {
    if (thrown instanceof ArgumentProblem) {
      const place = command.args[thrown.index];
      return problem(run, place ?? command.first, describe(thrown, place));
    }
    if (thrown instanceof CallProblem) {
      return problem(run, command, `error calling ${command.first.source}: ${thrown.message}`);
    }
    throw thrown;
  }
}

function describe({ wanted, got }: ArgumentProblem, operand: Operand | undefined): string {
  if (operand?.kind === "nil") return `cannot assign nil to ${wanted}`;
  if (operand?.kind === "constant") return `expected ${wanted}; found ${operand.source}`;
  return got === undefined || got === null
    ? `invalid value; expected ${wanted}`
    : `wrong type for value; expected ${wanted}; got ${typeName(got)}`;
}

/** Counts what a call made, so that no loop of calls makes more than there may be. */
function spend(meter: Meter, value: Value, where: string): void {
  if (typeof value === "string") meter.spendBytes(value.length, where);
  else if (isList(value)) meter.spendEntries(value.length, where);
  else if (value instanceof Dict) meter.spendEntries(value.entries.size, where);
}

/** Stops at a place of the template, in the words of Go. */
export function problem(run: Run, { pos, source }: Place, message: string): never {
  const { name, text } = run.template;
  const before = text.slice(0, pos);
  const line = before.split("\n").length;
  const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length;
  throw new TemplateProblem(
    `template: ${name}:${line}:${column}: executing ${
      quoteLikeGo(name)
    } at <${source}>: ${message}`,
  );
}
