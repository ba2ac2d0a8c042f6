/**
 * Label and field selectors in the query syntax, judged on our side: for caches and fakes.
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { KubeObject } from "./object.ts";

/** One requirement of a selector. */
export interface Requirement {
  /** Label key, or the path of a field. */
  readonly key: string;
  /** `in` and `notin` with one value are `=` and `!=`. */
  readonly operator: "in" | "notin" | "exists" | "absent";
  /** Values of `in` and `notin`. */
  readonly values: readonly string[];
}

const KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]*[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-\w.]*[A-Za-z0-9])?)?$/;

/**
 * Parses a label selector: `a=b,c in (d,e),!f`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const selector = parseLabelSelector("app=web,tier notin (cache, db),!canary");
 * assert.ok(selector.ok);
 * assert.equal(matchesLabels(selector.value, { app: "web" }), true);
 * assert.equal(matchesLabels(selector.value, { app: "web", tier: "db" }), false);
 * ```
 */
export function parseLabelSelector(text: string): Result<readonly Requirement[]> {
  const requirements: Requirement[] = [];
  for (const term of splitTerms(text)) {
    const requirement = parseTerm(term);
    if (requirement === undefined) {
      return fail(
        "InvalidSelector",
        `Cannot parse ${JSON.stringify(term)} of label selector ${JSON.stringify(text)}`,
      );
    }
    requirements.push(requirement);
  }
  return ok(requirements);
}

/** Splits at commas that stand outside parentheses. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at];
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter !== undefined && (letter !== "," || depth > 0)) continue;
    terms.push(text.slice(start, at).trim());
    start = at + 1;
  }
  return terms.length === 1 && terms[0] === "" ? [] : terms;
}

function parseTerm(term: string): Requirement | undefined {
  if (term.startsWith("!")) return requirement(term.slice(1).trim(), "absent", []);
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return requirement(key, operator === "in" ? "in" : "notin", values);
  }
  const equals = /^([^=!\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(term);
  if (equals !== null) {
    const [, key = "", operator, value = ""] = equals;
    return requirement(key, operator === "!=" ? "notin" : "in", [value]);
  }
  return requirement(term, "exists", []);
}

function requirement(
  key: string,
  operator: Requirement["operator"],
  values: readonly string[],
): Requirement | undefined {
  if (!KEY.test(key) || !values.every((value) => VALUE.test(value))) return undefined;
  return { key, operator, values };
}

/** A selector as objects have it: `metav1.LabelSelector`. */
export interface LabelSelectorFields {
  /** Labels with these values. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** Conditions besides. */
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const OPERATORS: ReadonlyMap<string, Requirement["operator"]> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "absent"],
]);

/**
 * Reads the selector of an object; one without fields selects everything.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const matchExpressions = [{ key: "app", operator: "NotIn", values: ["db"] }];
 * const selector = readLabelSelector({ matchExpressions });
 * assert.equal(selector.ok && matchesLabels(selector.value, { app: "db" }), false);
 * ```
 */
export function readLabelSelector(
  { matchLabels = {}, matchExpressions = [] }: LabelSelectorFields,
): Result<readonly Requirement[]> {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(matchLabels)) {
    const equal = requirement(key, "in", [value]);
    if (equal === undefined) {
      return fail("InvalidSelector", `${JSON.stringify(`${key}: ${value}`)} cannot be a label`);
    }
    requirements.push(equal);
  }
  for (const { key, operator, values = [] } of matchExpressions) {
    const known = OPERATORS.get(operator);
    if (known === undefined) {
      const shown = JSON.stringify(operator.slice(0, 100));
      return fail("InvalidSelector", `${shown} is not a valid label selector operator`);
    }
    const needsValues = known === "in" || known === "notin";
    const fits = needsValues === values.length > 0 ? requirement(key, known, values) : undefined;
    if (fits === undefined) {
      const rule = needsValues ? "needs values that can be those of" : "takes no values, only";
      return fail("InvalidSelector", `${operator} ${JSON.stringify(key)} ${rule} a label`);
    }
    requirements.push(fits);
  }
  return ok(requirements);
}

/** Whether an object of these labels is selected. */
export function matchesLabels(
  selector: readonly Requirement[],
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return selector.every((wanted) => {
    const value = Object.hasOwn(labels, wanted.key) ? labels[wanted.key] : undefined;
    return holds(wanted, value);
  });
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "in":
      return value !== undefined && values.includes(value);
    case "notin":
      // An object without the label is selected too, as on the server.
      return value === undefined || !values.includes(value);
  }
}

/** Parses a field selector: `metadata.name=a,spec.nodeName!=b`. */
export function parseFieldSelector(text: string): Result<readonly Requirement[]> {
  const requirements: Requirement[] = [];
  for (const term of text.split(",").filter((part) => part !== "")) {
    const match = /^([\w.]+)(!=|==|=)(.*)$/.exec(term);
    if (match === null) {
      return fail(
        "InvalidSelector",
        `Cannot parse ${JSON.stringify(term)} of field selector ${JSON.stringify(text)}`,
      );
    }
    const [, key = "", operator, value = ""] = match;
    requirements.push({ key, operator: operator === "!=" ? "notin" : "in", values: [value] });
  }
  return ok(requirements);
}

/** Whether the fields of `object` are selected; an absent field counts as empty, as on the server. */
export function matchesFields(selector: readonly Requirement[], object: KubeObject): boolean {
  return selector.every((wanted) => holds(wanted, fieldText(object, wanted.key)));
}

function fieldText(object: KubeObject, path: string): string {
  let here: unknown = object;
  for (const key of path.split(".")) here = isRecord(here) ? here[key] : undefined;
  return here === undefined || here === null ? "" : String(here);
}
