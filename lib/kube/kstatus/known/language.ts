/**
 * How the rules of this folder are written: questions in CEL, asked in order, and what follows from the first
 * that is true.
 *
 * @module
 */

/** How something is, in Argo CD's words. */
export type Health = "Healthy" | "Progressing" | "Suspended" | "Degraded" | "Missing" | "Unknown";

/**
 * A question in CEL over the fields of an object (and `object`, the whole of it); one that has no value, as a
 * field is missing, is answered with no. The last part is CEL as well: the words to say, where the object has
 * some of its own.
 */
export type Clause = readonly [Health, string, string?];

/** Rules for kinds that speak alike. */
export interface Rules {
  /** `group/Kind`; `*` stands for any kind of the group, `*.group` for every group below it. */
  readonly kinds: readonly string[];
  /** Asked in order; the first that is true decides. */
  readonly clauses: readonly Clause[];
}

/** Asked last. */
export const ELSE = "true";

/** No controller has said anything yet. */
export const NO_STATUS = "!has(object.status)";

/** What was reported is about an earlier spec. */
export const STALE =
  "has(status.observedGeneration) && status.observedGeneration != metadata.generation";

/** It is being deleted. */
export const DELETED = "has(metadata.deletionTimestamp)";

/** A condition of this type is True. */
export function is(type: string): string {
  return has(`c.type == '${type}' && c.status == 'True'`);
}

/** A condition of this type is False. */
export function isNot(type: string): string {
  return has(`c.type == '${type}' && c.status == 'False'`);
}

/** A condition for which `test` (over `c`) is true. */
export function has(test: string): string {
  return `status.conditions.exists(c, ${test})`;
}

/** Whether there is a condition of this type at all. */
export function some(type: string): string {
  return has(`c.type == '${type}'`);
}

/** The message of the first condition of this type. */
export function message(type: string): string {
  return first(`c.type == '${type}'`, "message");
}

/** The reason of the first condition of this type. */
export function reason(type: string): string {
  return first(`c.type == '${type}'`, "reason");
}

/** A field of the first condition for which `test` is true. */
export function first(test: string, field: string): string {
  return `status.conditions.filter(c, ${test})[0].${field}`;
}

/** `path` is one of `values`. */
export function oneOf(path: string, ...values: readonly string[]): string {
  return `${path} in [${values.map((value) => `'${value}'`).join(", ")}]`;
}

/** All questions hold. */
export function all(...questions: readonly string[]): string {
  return questions.map((question) => `(${question})`).join(" && ");
}

/** One question holds. */
export function any(...questions: readonly string[]): string {
  return questions.map((question) => `(${question})`).join(" || ");
}

/** It does not hold. */
export function not(question: string): string {
  return `!(${question})`;
}

/** Kinds of one group. */
export function kindsOf(group: string, names: string): string[] {
  return names.split(" ").map((name) => `${group}/${name}`);
}

/** Its condition `type` says it all: True is well, False is not, anything else takes time. */
export function byCondition(type: string): readonly Clause[] {
  return [
    ["Healthy", is(type), message(type)],
    ["Degraded", isNot(type), message(type)],
    ["Progressing", ELSE],
  ];
}

/** The words of a field say it all; what is in neither list takes time. */
export function byPhase(path: string, well: string, ill: string): readonly Clause[] {
  const list = (words: string) => words.split(",").filter((word) => word !== "");
  return [
    ["Healthy", oneOf(path, ...list(well)), path],
    ["Degraded", oneOf(path, ...list(ill)), path],
    ["Progressing", ELSE, path],
  ];
}
