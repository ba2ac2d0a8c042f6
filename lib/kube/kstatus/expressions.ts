/**
 * Health by expressions of the user's own, for kinds that say in their own words how they are
 * (contract/kustomize.md §10).
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../../base/mod.ts";
import { type CelLimits, type CelProgram, INVALID_EXPRESSION, parseCel } from "../../cel/mod.ts";
import { gvkOf, type KubeObject, type ObjectRef } from "../object.ts";
import type { Status } from "./status.ts";

/** How a kind says how it is; each is an expression of CEL over the object's own fields. */
export interface HealthExpression {
  /** Group and version; only the group counts. */
  readonly apiVersion: string;
  /** Every kind of the group when absent. */
  readonly kind?: string | undefined;
  /** True when the object is as it should be. */
  readonly current: string;
  /** True while it gets there; asked first. */
  readonly inProgress?: string | undefined;
  /** True when it will not get there; asked second. */
  readonly failed?: string | undefined;
}

/** Expressions that were read. */
export interface HealthExpressions {
  /** Whether one of them is for the kind of `ref`. */
  has(ref: Pick<ObjectRef, "apiVersion" | "kind">): boolean;
  /** What they say of `object`; nothing when none is for its kind. */
  judge(object: KubeObject, limits?: Partial<CelLimits>): Result<Status> | undefined;
}

interface Judge {
  readonly group: string;
  readonly kind: string | undefined;
  /** In the order in which they are asked; the first that is true decides. */
  readonly questions: readonly (readonly [Status, CelProgram])[];
}

/**
 * Reads expressions; one that cannot be read, or a second one for the same kind, is refused.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = readHealthExpressions([{ apiVersion: "ex.io/v1", current: "status.phase == 'Up'" }]);
 * assert.ok(read.ok);
 * const pump = { apiVersion: "ex.io/v2", kind: "Pump", metadata: { name: "a" } };
 * const up = { ...pump, status: { phase: "Up" } };
 * assert.deepEqual(read.value.judge(up), { ok: true, value: "Current" });
 * assert.equal(read.value.judge(pump)?.ok, false);
 * ```
 */
export function readHealthExpressions(
  list: readonly HealthExpression[],
): Result<HealthExpressions> {
  const judges: Judge[] = [];
  for (const [index, expression] of list.entries()) {
    const where = `failed to create custom status evaluator for healthchecks[${index}]`;
    const judge = readJudge(expression);
    if (!judge.ok) return fail(judge.code, `${where}: ${judge.message}`, judge);
    const { group, kind } = judge.value;
    const twin = judges.findIndex((other) => other.group === group && other.kind === kind);
    if (twin >= 0) {
      const message = `${where}: healthchecks[${twin}] is for ${group}/${kind ?? "*"} already`;
      return fail(INVALID_EXPRESSION, message);
    }
    judges.push(judge.value);
  }
  function judgeOf(ref: Pick<ObjectRef, "apiVersion" | "kind">): Judge | undefined {
    const { group, kind } = gvkOf(ref);
    return judges.find((judge) =>
      judge.group === group && (judge.kind === undefined || judge.kind === kind)
    );
  }
  return ok({
    has: (ref) => judgeOf(ref) !== undefined,
    judge(object, limits) {
      const judge = judgeOf(object);
      return judge && ask(judge, object, limits);
    },
  });
}

function readJudge({ apiVersion, kind, ...texts }: HealthExpression): Result<Judge> {
  if (texts.current === "") return fail(INVALID_EXPRESSION, "expression Current not specified");
  const named = [
    ["InProgress", texts.inProgress],
    ["Failed", texts.failed],
    ["Current", texts.current],
  ] as const;
  const questions: [Status, CelProgram][] = [];
  for (const [status, text = ""] of named) {
    if (text === "") continue;
    const program = parseCel(text);
    if (!program.ok) {
      return fail(program.code, `failed to parse the expression ${status}: ${program.message}`);
    }
    questions.push([status, program.value]);
  }
  const { group } = gvkOf({ apiVersion, kind: kind ?? "" });
  return ok({ group, kind: kind || undefined, questions });
}

function ask(
  { questions }: Judge,
  object: KubeObject,
  limits: Partial<CelLimits> = {},
): Result<Status> {
  // What the controller of the kind has not seen yet it cannot have judged.
  if (isStale(object)) return ok("InProgress");
  for (const [status, program] of questions) {
    const answer = program.test({ ...object }, limits);
    if (!answer.ok) return answer;
    if (answer.value) return ok(status);
  }
  return ok("InProgress");
}

function isStale({ metadata, status }: KubeObject): boolean {
  const observed = isRecord(status) ? status.observedGeneration : undefined;
  return observed !== undefined && metadata.generation !== undefined &&
    observed !== metadata.generation;
}
