/**
 * Reads templates in the language of Go's `text/template`.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  Meter,
  ok,
  quoteLikeGo,
  type Result,
} from "../base/mod.ts";
import { BUILTINS } from "./builtins.ts";
import type { FunctionTable } from "./functions.ts";
import { lex, problemAt, type Token } from "./lex.ts";
import { type Block, type Template, type TemplateNode, TemplateProblem } from "./nodes.ts";
import { parsePipe, type Parser, show, stopAt, takeClose, unexpected } from "./parse_pipe.ts";

/** What a template is read with. */
export interface ParseTemplateOptions {
  /** Names it in messages. */
  readonly name: string;
  /** Functions that it may call besides those of the language. */
  readonly functions: FunctionTable;
  /** Limits: bytes of text, entries of words, depth of blocks. */
  readonly budget: Budget;
}

/**
 * Reads a template; fails with `InvalidTemplate`, in Go's words, or with `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const options = { name: "t", functions: {}, budget: defaultBudget() };
 * assert.equal(parseTemplate("{{ print 1 }}", options).ok, true);
 * const bad = parseTemplate("{{ nope }}", options);
 * assert.equal(!bad.ok && bad.message, 'template: t:1: function "nope" not defined');
 * ```
 */
export function parseTemplate(text: string, options: ParseTemplateOptions): Result<Template> {
  const { name, functions, budget } = options;
  try {
    const meter = new Meter(budget);
    meter.spendBytes(text.length, name);
    const tokens = lex(text, (pos, message) => problemAt(name, text, pos, message));
    meter.spendEntries(tokens.length, name);
    const parser: Parser = {
      name,
      text,
      tokens,
      functions: new Set([...Object.keys(BUILTINS), ...Object.keys(functions)]),
      meter,
      at: 0,
      variables: ["$"],
      blocks: new Map(),
      loops: 0,
    };
    const block = parseBlock(parser, undefined);
    // A template that defines others and has nothing of its own still is one.
    parser.blocks.set(name, block.nodes);
    return ok({ name, text, blocks: parser.blocks });
  } catch (thrown) {
    if (thrown instanceof TemplateProblem) return fail("InvalidTemplate", thrown.message);
    if (thrown instanceof BudgetSpent) return fail("BudgetSpent", thrown.message, thrown);
    throw thrown;
  }
}

/** A block, and the word that ends it: `end`, `else`, or nothing at the end of the text. */
interface ParsedBlock {
  readonly nodes: Block;
  readonly ending: Token | undefined;
}

/** Reads up to the `end` or `else` of what `opener` opened; up to the end of the text without one. */
function parseBlock(parser: Parser, opener: Token | undefined): ParsedBlock {
  const nodes: TemplateNode[] = [];
  for (;;) {
    const token = next(parser);
    if (token.kind === "end") {
      if (opener === undefined) return { nodes, ending: undefined };
      stopAt(parser, token, "unexpected EOF");
    }
    if (token.kind === "text") {
      nodes.push({ kind: "text", text: token.text });
      continue;
    }
    const word = peek(parser);
    if (word.kind === "word" && (word.text === "end" || word.text === "else")) {
      if (opener === undefined) unexpectedWord(parser, word);
      return { nodes, ending: next(parser) };
    }
    const node = parser.meter.nest("a block", () => parseAction(parser, opener !== undefined));
    if (node !== undefined) nodes.push(node);
  }
}

function unexpectedWord(parser: Parser, word: Token): never {
  return stopAt(parser, word, `unexpected {{${word.text}}}`);
}

function parseAction(parser: Parser, isNested: boolean): TemplateNode | undefined {
  const word = peek(parser);
  switch (word.kind === "word" ? word.text : "") {
    case "if":
    case "with":
    case "range":
      return parseControl(parser, next(parser));
    case "break":
    case "continue":
      return parseJump(parser, next(parser));
    case "template":
      return parseCall(parser, next(parser));
    case "block":
      return parseBlockDefinition(parser, next(parser));
    case "define":
      if (isNested) unexpected(parser, word, "command");
      parseDefinition(parser, next(parser));
      return undefined;
    default: {
      const pipe = parsePipe(parser, "command", "close");
      return { kind: "action", pipe };
    }
  }
}

function parseControl(parser: Parser, word: Token): TemplateNode {
  const before = parser.variables.length;
  const kind = word.text === "if" || word.text === "with" ? word.text : "range";
  const pipe = parsePipe(parser, kind, "close");
  if (kind === "range") parser.loops++;
  const body = parseBlock(parser, word);
  if (kind === "range") parser.loops--;
  const otherwise = parseElse(parser, kind, body.ending);
  parser.variables.length = before;
  return { kind, pipe, body: body.nodes, otherwise };
}

/** What stands between `else` and `end`; `else if` and `else with` are blocks of their own that share the end. */
function parseElse(parser: Parser, kind: string, ending: Token | undefined): Block {
  if (ending?.text !== "else") {
    takeClose(parser, "end");
    return [];
  }
  const word = peek(parser);
  if (word.kind === "word" && word.text === kind && kind !== "range") {
    return [parser.meter.nest("a block", () => parseControl(parser, next(parser)))];
  }
  takeClose(parser, "else");
  const rest = parseBlock(parser, word);
  if (rest.ending?.text === "else") stopAt(parser, rest.ending, "expected end; found {{else}}");
  takeClose(parser, "end");
  return rest.nodes;
}

function parseJump(parser: Parser, word: Token): TemplateNode {
  const kind = word.text === "break" ? "break" : "continue";
  if (peek(parser).kind !== "close") unexpected(parser, peek(parser), `{{${kind}}}`);
  next(parser);
  if (parser.loops === 0) stopAt(parser, word, `{{${kind}}} outside {{range}}`);
  return { kind };
}

function parseCall(parser: Parser, word: Token): TemplateNode {
  const name = takeName(parser, "template clause");
  const isBare = peek(parser).kind === "close";
  if (isBare) next(parser);
  const pipe = isBare ? undefined : parsePipe(parser, "template clause", "close");
  return { kind: "template", name, pipe, pos: word.pos, source: show(parser, word.pos) };
}

function parseDefinition(parser: Parser, word: Token): void {
  const name = takeName(parser, "define clause");
  takeClose(parser, "define clause");
  defineBlock(parser, name, word);
}

function parseBlockDefinition(parser: Parser, word: Token): TemplateNode {
  const name = takeName(parser, "block clause");
  const pipe = parsePipe(parser, "block clause", "close");
  defineBlock(parser, name, word);
  return { kind: "template", name, pipe, pos: word.pos, source: show(parser, word.pos) };
}

function defineBlock(parser: Parser, name: string, word: Token): void {
  const { variables, loops } = parser;
  parser.variables = ["$"];
  parser.loops = 0;
  const block = parseBlock(parser, word);
  if (block.ending?.text === "else") unexpectedWord(parser, block.ending);
  takeClose(parser, "end");
  parser.variables = variables;
  parser.loops = loops;
  parser.blocks.set(name, block.nodes);
}

function takeName(parser: Parser, context: string): string {
  const token = next(parser);
  return token.kind === "string" ? token.text : unexpected(parser, token, context);
}

function peek(parser: Parser): Token {
  const token = parser.tokens[parser.at];
  if (token === undefined) throw new RangeError(`no token ${quoteLikeGo(String(parser.at))}`);
  return token;
}

function next(parser: Parser): Token {
  const token = peek(parser);
  parser.at++;
  return token;
}
