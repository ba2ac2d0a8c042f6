/**
 * Label and field selectors, judged on our side: for caches and fakes.
 *
 * @module
 */
import {
  fail,
  isMet,
  isRecord,
  ok,
  type Requirement,
  requirementOf,
  type Result,
} from "../base/mod.ts";
import type { KubeObject } from "./object.ts";

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
    const equal = requirementOf(key, "in", [value]);
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
    const fits = needsValues === values.length > 0 ? requirementOf(key, known, values) : undefined;
    if (fits === undefined) {
      const rule = needsValues ? "needs values that can be those of" : "takes no values, only";
      return fail("InvalidSelector", `${operator} ${JSON.stringify(key)} ${rule} a label`);
    }
    requirements.push(fits);
  }
  return ok(requirements);
}

/**
 * Whether an object of these labels is selected.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseLabelSelector } from "../base/mod.ts";
 * const selector = parseLabelSelector("app=web,tier notin (cache, db),!canary");
 * assert.ok(selector.ok);
 * assert.equal(matchesLabels(selector.value, { app: "web" }), true);
 * assert.equal(matchesLabels(selector.value, { app: "web", tier: "db" }), false);
 * ```
 */
export function matchesLabels(
  selector: readonly Requirement[],
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return selector.every((wanted) => {
    const value = Object.hasOwn(labels, wanted.key) ? labels[wanted.key] : undefined;
    return isMet(wanted, value);
  });
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
  return selector.every((wanted) => isMet(wanted, fieldText(object, wanted.key)));
}

function fieldText(object: KubeObject, path: string): string {
  let here: unknown = object;
  for (const key of path.split(".")) here = isRecord(here) ? here[key] : undefined;
  return here === undefined || here === null ? "" : String(here);
}
