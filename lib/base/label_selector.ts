/**
 * Label selectors as queries write them: `a=b,c!=d,e in (x,y),!f,g>1`.
 *
 * @module
 */
import { fail, ok, type Result } from "./result.ts";

/** One requirement of a selector. */
export interface Requirement {
  /** Label key, or the path of a field. */
  readonly key: string;
  /** `in` and `notin` with one value are `=` and `!=`. */
  readonly operator: "in" | "notin" | "exists" | "absent" | ">" | "<";
  /** Values of `in` and `notin`; the whole number of `>` and `<`. */
  readonly values: readonly string[];
}

const KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;
const INTEGER = /^[-+]?\d+$/;

/**
 * Parses a label selector; the empty one selects everything. `InvalidSelector` names the part that is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const selector = parseLabelSelector("tier notin (cache, db),!canary");
 * assert.deepEqual(selector.ok && selector.value, [
 *   { key: "tier", operator: "notin", values: ["cache", "db"] },
 *   { key: "canary", operator: "absent", values: [] },
 * ]);
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
  if (term.startsWith("!")) return requirementOf(term.slice(1).trim(), "absent", []);
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return requirementOf(key, operator === "in" ? "in" : "notin", values);
  }
  const comparison = /^([^=!<>\s]+)\s*(!=|==|=|>|<)\s*(\S*)$/.exec(term);
  if (comparison === null) return requirementOf(term, "exists", []);
  const [, key = "", sign = "", value = ""] = comparison;
  if (sign === ">" || sign === "<") {
    return INTEGER.test(value) ? requirementOf(key, sign, [value]) : undefined;
  }
  return requirementOf(key, sign === "!=" ? "notin" : "in", [value]);
}

/** A requirement on a label; nothing where no label can have that key or these values. */
export function requirementOf(
  key: string,
  operator: Requirement["operator"],
  values: readonly string[],
): Requirement | undefined {
  if (!KEY.test(key) || !values.every((value) => VALUE.test(value))) return undefined;
  return { key, operator, values };
}

/**
 * Whether something is met by the value of its label, or by there being none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const requirement = { key: "tier", operator: "notin", values: ["db"] } as const;
 * assert.equal(isMet(requirement, "web"), true);
 * assert.equal(isMet(requirement, undefined), true);
 * assert.equal(isMet(requirement, "db"), false);
 * ```
 */
export function isMet({ operator, values }: Requirement, value: string | undefined): boolean {
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
    case ">":
    case "<": {
      if (value === undefined || !INTEGER.test(value)) return false;
      const [there, bound] = [BigInt(value), BigInt(values[0] ?? "")];
      return operator === ">" ? there > bound : there < bound;
    }
  }
}
