/**
 * Expressions as Flux uses them: read once, evaluated often, within limits.
 *
 * @module
 */
import { fail, type Failure, messageOf, ok, type Result } from "../base/mod.ts";
import { formatType, OBJECT, typeOf } from "./check.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { CelCostError, CelError, type CelLimits, CelMeter, DEFAULT_LIMITS } from "./meter.ts";
import { parseExpression } from "./parse.ts";
import { CelSyntaxError, type Node, pointAt } from "./syntax.ts";
import { celOf, type CelValue } from "./value.ts";

/** Code of an expression that cannot be read, or is not of the type that it must be. */
export const INVALID_EXPRESSION = "InvalidCELExpression";
/** Code of an evaluation that was stopped. */
export const COST_EXCEEDED = "CelCostExceeded";
/** Code of an evaluation that came to no value: these objects do not have what it asks for. */
export const EVALUATION_FAILED = "CelEvaluationFailed";

/** What the names in an expression stand for, as read from JSON. */
export type CelVariables = Readonly<Record<string, unknown>>;

/** An expression that was read. */
export interface CelProgram {
  /** Its text. */
  readonly source: string;
  /** Its value. */
  evaluate(variables: CelVariables, limits?: Partial<CelLimits>): Result<CelValue>;
  /** Its value, which must be a bool. */
  test(variables: CelVariables, limits?: Partial<CelLimits>): Result<boolean>;
}

/** Longest part of an expression that a message repeats: conditions have a limit of their own. */
const LONGEST_QUOTE = 1_000;

/**
 * Reads an expression without looking at types: fields of any object are its variables.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const program = parseCel("status.replicas > 1 && !has(status.error)");
 * assert.ok(program.ok);
 * assert.deepEqual(program.value.test({ status: { replicas: 2 } }), { ok: true, value: true });
 * ```
 */
export function parseCel(source: string): Result<CelProgram> {
  const node = guardSyntax(source, () => parseExpression(source));
  return node.ok ? ok(programOf(source, node.value)) : node;
}

/**
 * Reads an expression that must be a bool of the objects named by `variables`. Its type must be known before
 * it runs: a bare field is not, `field == true` is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(compileCel("dep.spec.paused == true", ["dep"]).ok, true);
 * const bare = compileCel("dep.spec.paused", ["dep"]);
 * assert.match(bare.ok ? "" : bare.message, /expected bool, got dyn/);
 * ```
 */
export function compileCel(source: string, variables: readonly string[]): Result<CelProgram> {
  const checked = guardSyntax(source, () => {
    const node = parseExpression(source);
    const names = new Map(variables.map((name) => [name, OBJECT]));
    return { node, type: typeOf(node, names) };
  });
  if (!checked.ok) return checked;
  const { node, type } = checked.value;
  if (type.name === "bool") return ok(programOf(source, node));
  const message = `CEL expression output type mismatch: expected bool, got ${formatType(type)}`;
  return fail(INVALID_EXPRESSION, message);
}

function guardSyntax<T>(source: string, read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    const where = pointAt(source, error.at, error.message);
    return fail(
      INVALID_EXPRESSION,
      `failed to parse the CEL expression '${quoted(source)}': ${where}`,
    );
  }
}

function quoted(source: string): string {
  return source.length > LONGEST_QUOTE ? `${source.slice(0, LONGEST_QUOTE)}…` : source;
}

function programOf(source: string, node: Node): CelProgram {
  function run(variables: CelVariables, limits: Partial<CelLimits> = {}): Result<CelValue> {
    const meter = new CelMeter({ ...DEFAULT_LIMITS, ...limits });
    try {
      return ok(evaluate(node, scopeOf(variables), meter));
    } catch (error) {
      return failureOf(source, error);
    }
  }
  return {
    source,
    evaluate: run,
    test(variables, limits) {
      const value = run(variables, limits);
      if (!value.ok) return value;
      if (typeof value.value === "boolean") return ok(value.value);
      return fail(
        EVALUATION_FAILED,
        `failed to evaluate CEL expression as boolean: '${quoted(source)}'`,
      );
    },
  };
}

function scopeOf(variables: CelVariables): Scope {
  return {
    get: (name) => Object.hasOwn(variables, name) ? celOf(variables[name]) : undefined,
  };
}

function failureOf(source: string, error: unknown): Failure {
  const isCost = error instanceof CelCostError;
  if (!isCost && !(error instanceof CelError)) throw error;
  const message = `failed to evaluate the CEL expression '${quoted(source)}': ${messageOf(error)}`;
  return fail(isCost ? COST_EXCEEDED : EVALUATION_FAILED, message);
}
