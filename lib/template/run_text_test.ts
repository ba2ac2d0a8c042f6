/**
 * Carries out a template in one step, for tests.
 *
 * @module
 */
import { type Budget, defaultBudget } from "../base/mod.ts";
import { parseTemplate } from "./parse.ts";
import { runTemplate } from "./run.ts";
import { SPRIG } from "./sprig/mod.ts";
import { Dict, Struct } from "./value.ts";

/** What the templates of the tests are about. */
const DATA = new Struct("Data", [
  {
    name: "Values",
    value: new Dict(Object.entries({ cluster: "prod", n: "12", empty: "", uni: "héllo wörld" }), {
      typeName: "map[string]string",
      zero: "",
    }),
  },
]);

/** What `template` gives, or the message of its failure. */
export function runText(template: string): string {
  const result = runWithin(template, {});
  return result.startsWith("Template") ? result.slice(result.indexOf(": ") + 2) : result;
}

/** What `template` gives within a budget, or code and message of its failure. */
export function runWithin(template: string, limits: Partial<Budget>): string {
  const budget = { ...defaultBudget(), ...limits };
  const parsed = parseTemplate(template, { name: "main", functions: SPRIG, budget });
  if (!parsed.ok) return `Template: ${parsed.message}`;
  const result = runTemplate(parsed.value, DATA, { functions: SPRIG, budget });
  if (result.ok) return result.value;
  return result.code === "BudgetSpent"
    ? `BudgetSpent: ${result.message}`
    : `Template: ${result.message}`;
}
