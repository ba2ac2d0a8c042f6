/**
 * Templates in the language of Go's `text/template`, with functions as in its library Sprig, under a budget.
 *
 * @module
 */
export * from "./functions.ts";
export type { Block, Command, Operand, Pipe, Place, Template, TemplateNode } from "./nodes.ts";
export { parseTemplate, type ParseTemplateOptions } from "./parse.ts";
export { runTemplate, type RunTemplateOptions } from "./run.ts";
export {
  Dict,
  type DictOptions,
  type Field,
  type Key,
  Struct,
  type StructOptions,
  type Value,
} from "./value.ts";
export { SPRIG } from "./sprig/mod.ts";
