/**
 * Carries out templates.
 *
 * @module
 */
import { type Budget, BudgetSpent, fail, Meter, ok, type Result } from "../base/mod.ts";
import { BUILTINS } from "./builtins.ts";
import type { FunctionTable } from "./functions.ts";
import {
  type Block,
  type Pipe,
  type Template,
  type TemplateNode,
  TemplateProblem,
} from "./nodes.ts";
import { assign, evaluatePipe, problem, type Run } from "./evaluate.ts";
import { printValue } from "./print.ts";
import { Dict, isList, isTruth, typeName, type Value } from "./value.ts";

/** What a template is carried out with. */
export interface RunTemplateOptions {
  /** Functions besides those of the language; they win over those. */
  readonly functions: FunctionTable;
  /** Limits: bytes of all texts made, entries of all lists made and steps taken, depth. */
  readonly budget: Budget;
}

/**
 * The text that a template makes of `data`. Fails with `TemplateFailed`, in Go's words, or with `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * import { Dict, parseTemplate } from "./mod.ts";
 * const budget = defaultBudget();
 * const parsed = parseTemplate("{{ range .l }}{{ . }};{{ end }}{{ len .l }}", { name: "t", functions: {}, budget });
 * assert.ok(parsed.ok);
 * const data = new Dict([["l", ["a", "b"]]]);
 * assert.deepEqual(runTemplate(parsed.value, data, { functions: {}, budget }), { ok: true, value: "a;b;2" });
 * ```
 */
export function runTemplate(
  template: Template,
  data: Value,
  { functions, budget }: RunTemplateOptions,
): Result<string> {
  const run: Run = {
    template,
    // Names that every object has by nature are no functions.
    functions: new Map(Object.entries({ ...BUILTINS, ...functions })),
    meter: new Meter(budget),
    variables: [{ name: "$", value: data }],
    out: [],
  };
  try {
    walkBlock(run, template.blocks.get(template.name) ?? [], data);
    return ok(run.out.join(""));
  } catch (thrown) {
    if (thrown instanceof TemplateProblem) return fail("TemplateFailed", thrown.message);
    if (thrown instanceof BudgetSpent) return fail("BudgetSpent", thrown.message, thrown);
    throw thrown;
  }
}

/** How a block ended: by its end, or by a word that ends a loop or a turn of it. */
type Ending = "end" | "break" | "continue";

function walkBlock(run: Run, block: Block, dot: Value): Ending {
  const before = run.variables.length;
  let ending: Ending = "end";
  for (const node of block) {
    run.meter.spendEntries(1, run.template.name);
    ending = run.meter.nest(run.template.name, () => walk(run, node, dot));
    if (ending !== "end") break;
  }
  run.variables.length = before;
  return ending;
}

function walk(run: Run, node: TemplateNode, dot: Value): Ending {
  switch (node.kind) {
    case "text":
      write(run, node.text);
      return "end";
    case "action": {
      const value = evaluatePipe(run, node.pipe, dot);
      if (node.pipe.variables.length === 0) write(run, printValue(value, run.meter));
      return "end";
    }
    case "break":
    case "continue":
      return node.kind;
    case "template":
      walkTemplate(run, node, dot);
      return "end";
    case "if":
    case "with":
      return scoped(run, () => {
        const value = evaluatePipe(run, node.pipe, dot);
        if (!isTruth(value)) return walkBlock(run, node.otherwise, dot);
        return walkBlock(run, node.body, node.kind === "with" ? value : dot);
      });
    case "range":
      return scoped(run, () => walkRange(run, node, dot));
  }
}

/** Variables of a control live as long as it. */
function scoped<T>(run: Run, step: () => T): T {
  const before = run.variables.length;
  const result = step();
  run.variables.length = before;
  return result;
}

function write(run: Run, text: string): void {
  run.meter.spendBytes(text.length, run.template.name);
  run.out.push(text);
}

function walkTemplate(run: Run, node: TemplateNode & { kind: "template" }, dot: Value): void {
  const block = run.template.blocks.get(node.name);
  if (block === undefined) {
    return problem(run, node, `template ${JSON.stringify(node.name)} not defined`);
  }
  const value = node.pipe === undefined ? undefined : evaluatePipe(run, node.pipe, dot);
  const variables = run.variables;
  run.variables = [{ name: "$", value }];
  walkBlock(run, block, value);
  run.variables = variables;
}

interface RangeNode {
  readonly pipe: Pipe;
  readonly body: Block;
  readonly otherwise: Block;
}

function walkRange(run: Run, node: RangeNode, dot: Value): Ending {
  const value = evaluatePipe(run, { ...node.pipe, variables: [], assigns: false }, dot);
  let turns = 0;
  for (const [key, item] of turnsOf(run, value, node.pipe)) {
    turns++;
    run.meter.spendEntries(1, run.template.name);
    const ending = scoped(run, () => {
      setVariables(run, node.pipe, key, item);
      return walkBlock(run, node.body, item);
    });
    if (ending === "break") break;
  }
  return turns > 0 ? "end" : walkBlock(run, node.otherwise, dot);
}

function* turnsOf(run: Run, value: Value, pipe: Pipe): Generator<readonly [Value, Value]> {
  if (value === undefined || value === null) return;
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield [BigInt(index), item];
  } else if (value instanceof Dict) {
    yield* value.sorted();
  } else if (typeof value === "bigint") {
    if (pipe.variables.length > 1) {
      problem(run, pipe, `can't use ${value} to iterate over more than one variable`);
    }
    for (let count = 0n; count < value; count++) yield [count, count];
  } else {
    const shown = printValue(value, run.meter);
    problem(run, pipe, `range can't iterate over ${typeName(value) === "" ? "" : shown}`);
  }
}

function setVariables(run: Run, pipe: Pipe, key: Value, item: Value): void {
  const [first, second] = pipe.variables;
  const values: readonly (readonly [string | undefined, Value])[] = second === undefined
    ? [[first, item]]
    : [[first, key], [second, item]];
  for (const [name, value] of values) {
    if (name === undefined) continue;
    if (pipe.assigns) assign(run.variables, name, value);
    else run.variables.push({ name, value });
  }
}
