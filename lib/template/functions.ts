/**
 * Functions that templates call, and the arguments they get.
 *
 * @module
 */
import type { Meter, Result } from "../base/mod.ts";
import { Dict, isList, typeName, type Value } from "./value.ts";

/** A function of templates. */
export interface TemplateFunction {
  /** Fewest arguments. */
  readonly least: number;
  /** Most arguments. */
  readonly most: number;
  /** Gives the value; throws {@linkcode CallProblem}. */
  call(args: Args): Value;
}

/** Functions by name. */
export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

/** A function of `count` arguments. */
export function fixed(count: number, call: (args: Args) => Value): TemplateFunction {
  return { least: count, most: count, call };
}

/** A function of `least` arguments or more. */
export function atLeast(least: number, call: (args: Args) => Value): TemplateFunction {
  return { least, most: Infinity, call };
}

/** What a function does not want to do; the template stops and says which function it was. */
export class CallProblem extends Error {}

/** An argument of the wrong type; the template stops and shows the argument. */
export class ArgumentProblem extends Error {
  /** Names the argument by its index. */
  constructor(
    /** Which argument. */
    readonly index: number,
    /** The type there should be. */
    readonly wanted: string,
    /** What there is. */
    readonly got: Value,
  ) {
    super(`argument ${index} is no ${wanted}`);
  }
}

/** The arguments of a call, each as the type that the function wants. */
export class Args {
  /** Holds `values`, which come from `places`. */
  constructor(
    /** All of them. */
    readonly values: readonly Value[],
    /** Counts what the call makes. */
    readonly meter: Meter,
  ) {}

  /** How many there are. */
  get count(): number {
    return this.values.length;
  }

  /** Any value; nil for one that is not there. */
  any(index: number): Value {
    return this.values[index] ?? null;
  }

  /** All from `index` on. */
  from(index: number): readonly Value[] {
    return this.values.slice(index);
  }

  /** A text. */
  text(index: number): string {
    const value = this.values[index];
    return typeof value === "string" ? value : this.#refuse(index, "string");
  }

  /** An integer. */
  int(index: number): bigint {
    const value = this.values[index];
    // Go takes the constant 3.0 for an integer where it needs one.
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
    return typeof value === "bigint" ? value : this.#refuse(index, "int");
  }

  /** A truth. */
  bool(index: number): boolean {
    const value = this.values[index];
    return typeof value === "boolean" ? value : this.#refuse(index, "bool");
  }

  /** A map. */
  dict(index: number): Dict {
    const value = this.values[index];
    return value instanceof Dict ? value : this.#refuse(index, "map[string]interface {}");
  }

  /** A list; `doing` says what cannot be done without one. */
  list(index: number, doing: string): readonly Value[] {
    const value = this.any(index);
    if (isList(value)) return value;
    throw new CallProblem(`Cannot ${doing} on type ${kindOfList(value)}`);
  }

  #refuse(index: number, wanted: string): never {
    throw new ArgumentProblem(index, wanted, this.values[index]);
  }
}

function kindOfList(value: Value): string {
  return value === null || value === undefined ? "nil" : typeName(value);
}

/** The value of a result; its failure stops the call. */
export function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CallProblem(result.message);
}

/** Stops a call. */
export function refuse(message: string): never {
  throw new CallProblem(message);
}
