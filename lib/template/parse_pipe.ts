/**
 * Reads what stands between the braces: pipelines, commands, operands.
 *
 * @module
 */
import { type Meter, parseNumber, quoteLikeGo } from "../base/mod.ts";
import { problemAt, type Token } from "./lex.ts";
import type { Block, Command, Operand, Pipe } from "./nodes.ts";
import type { Value } from "./value.ts";

/** A parser at work. */
export interface Parser {
  readonly name: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly functions: ReadonlySet<string>;
  readonly meter: Meter;
  /** Index of the next token. */
  at: number;
  /** Names of the variables that are known here. */
  variables: string[];
  /** What was defined so far. */
  readonly blocks: Map<string, Block>;
  /** How many loops are open. */
  loops: number;
}

const KEYWORDS = new Set(
  "block break continue define else end if nil range template with".split(" "),
);

/** What no command begins with. */
const NEVER_FIRST: ReadonlySet<string> = new Set(["end", "text", "open", "stray"]);

/** Reads a pipeline with its variables, up to a closing brace or a closing parenthesis. */
export function parsePipe(parser: Parser, context: string, ending: "close" | ")"): Pipe {
  const first = tokenAt(parser);
  const { variables, assigns } = parseVariables(parser, context);
  const commands: Command[] = [];
  for (;;) {
    const token = tokenAt(parser);
    if (token.kind === "close" || isSign(token, ")")) {
      if (token.kind === "close" ? ending !== "close" : ending !== ")") {
        unexpected(parser, token, context);
      }
      parser.at++;
      break;
    }
    if (NEVER_FIRST.has(token.kind)) {
      unexpected(parser, token, context);
    }
    commands.push(parser.meter.nest("a pipeline", () => parseCommand(parser)));
  }
  checkPipe(parser, commands, context);
  return { variables, assigns, commands, pos: first.pos, source: show(parser, first.pos) };
}

function checkPipe(parser: Parser, commands: readonly Command[], context: string): void {
  const [first, ...others] = commands;
  if (first === undefined) {
    stopAt(parser, tokenAt(parser, -1), `missing value for ${context}`);
  }
  for (const [index, { first: { kind } }] of others.entries()) {
    if (kind === "constant" || kind === "dot" || kind === "nil") {
      const token = tokenAt(parser, -1);
      stopAt(parser, token, `non executable command in pipeline stage ${index + 2}`);
    }
  }
}

/** `$x :=`, `$x =`, and in a range `$key, $value :=`. */
function parseVariables(
  parser: Parser,
  context: string,
): { variables: readonly string[]; assigns: boolean } {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((ahead) => tokenAt(parser, ahead));
  const none = { variables: [], assigns: false };
  if (first?.kind !== "variable" || second === undefined) return none;
  if (isSign(second, ":=") || isSign(second, "=")) {
    parser.at += 2;
    return declare(parser, [first], second.text === "=");
  }
  if (!isSign(second, ",") || context !== "range") {
    if (isSign(second, ",")) stopAt(parser, first, `too many declarations in ${context}`);
    return none;
  }
  if (third?.kind !== "variable" || fourth === undefined) {
    return stopAt(parser, second, "range can only initialize variables");
  }
  if (!isSign(fourth, ":=") && !isSign(fourth, "=")) {
    return stopAt(parser, fourth, `too many declarations in ${context}`);
  }
  parser.at += 4;
  return declare(parser, [first, third], fourth.text === "=");
}

function declare(
  parser: Parser,
  tokens: readonly Token[],
  assigns: boolean,
): { variables: readonly string[]; assigns: boolean } {
  const variables = tokens.map(({ text }) => text);
  if (assigns) { for (const token of tokens) checkVariable(parser, token); }
  else parser.variables.push(...variables);
  return { variables, assigns };
}

function checkVariable(parser: Parser, token: Token): void {
  if (parser.variables.includes(token.text)) return;
  stopAt(parser, token, `undefined variable ${quoteLikeGo(token.text)}`);
}

function parseCommand(parser: Parser): Command {
  const start = tokenAt(parser);
  const operands: Operand[] = [];
  let end = start.pos;
  for (;;) {
    const operand = parseOperand(parser);
    if (operand !== undefined) {
      operands.push(operand);
      end = tokenAt(parser, -1).end;
    }
    const token = tokenAt(parser);
    if (isSign(token, "|")) {
      if (operands.length === 0) unexpected(parser, token, "command");
      // Go does not mind when nothing follows.
      parser.at++;
      break;
    }
    if (token.kind === "close" || isSign(token, ")")) break;
    if (operand !== undefined && token.isSpaced) continue;
    unexpected(parser, token, "operand");
  }
  const [first, ...args] = operands;
  if (first === undefined) return stopAt(parser, start, "empty command");
  return { first, args, pos: start.pos, source: parser.text.slice(start.pos, end) };
}

/** A term with the fields that follow it without a blank. */
function parseOperand(parser: Parser): Operand | undefined {
  const term = parseTerm(parser);
  if (term === undefined) return undefined;
  const names: string[] = [];
  let { pos } = term;
  for (let token = tokenAt(parser); token.kind === "field" && !token.isSpaced;) {
    // Messages point to the second name of a chain, as Go's do.
    if (names.length === 0) pos = token.pos;
    names.push(token.text.slice(1));
    parser.at++;
    token = tokenAt(parser);
  }
  if (names.length === 0) return term;
  const source = parser.text.slice(term.pos, tokenAt(parser, -1).end);
  switch (term.kind) {
    case "field":
    case "variable":
      return { ...term, names: [...term.names, ...names], pos, source };
    case "constant":
    case "dot":
    case "nil":
      return stopAt(parser, tokenAt(parser), `unexpected . after term ${quoteLikeGo(term.source)}`);
    default:
      return { kind: "chain", of: term, names, pos, source };
  }
}

function parseTerm(parser: Parser): Operand | undefined {
  const token = tokenAt(parser);
  const place = { pos: token.pos, source: parser.text.slice(token.pos, token.end) };
  switch (token.kind) {
    case "word":
      parser.at++;
      return parseWord(parser, token, place);
    case "dot":
      parser.at++;
      return { kind: "dot", ...place };
    case "field":
      parser.at++;
      return { kind: "field", names: [token.text.slice(1)], ...place };
    case "variable":
      checkVariable(parser, token);
      parser.at++;
      return { kind: "variable", name: token.text, names: [], ...place };
    case "number":
      parser.at++;
      return { kind: "constant", value: readNumber(parser, token), ...place };
    case "char":
      parser.at++;
      return { kind: "constant", value: BigInt(token.text.codePointAt(0) ?? 0), ...place };
    case "string":
      parser.at++;
      return { kind: "constant", value: token.text, ...place };
    default:
      if (!isSign(token, "(")) return undefined;
      parser.at++;
      return parser.meter.nest("parentheses", () => {
        const pipe = parsePipe(parser, "parenthesized pipeline", ")");
        return { kind: "pipe", pipe, ...place, source: show(parser, token.pos) };
      });
  }
}

function parseWord(
  parser: Parser,
  token: Token,
  place: { readonly pos: number; readonly source: string },
): Operand {
  const { text } = token;
  if (text === "true" || text === "false") {
    return { kind: "constant", value: text === "true", ...place };
  }
  if (text === "nil") return { kind: "nil", ...place };
  if (KEYWORDS.has(text)) unexpected(parser, token, "operand");
  if (!parser.functions.has(text)) {
    stopAt(parser, token, `function ${quoteLikeGo(text)} not defined`);
  }
  return { kind: "function", name: text, ...place };
}

function readNumber(parser: Parser, token: Token): Value {
  const digits = token.text.replaceAll("_", "");
  const [, sign = "", whole = ""] = /^([+-]?)(.*)$/.exec(digits) ?? [];
  const octal = /^0[0-7]+$/.test(whole) ? `0o${whole.slice(1)}` : whole;
  if (/^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/.test(octal)) {
    const value = sign === "-" ? -BigInt(octal) : BigInt(octal);
    if (BigInt.asIntN(64, value) === value) return value;
    stopAt(parser, token, `integer overflow: ${quoteLikeGo(token.text)}`);
  }
  const float = parseNumber(digits);
  return float ?? stopAt(parser, token, `illegal number syntax: ${quoteLikeGo(token.text)}`);
}

/** The token `ahead` of the next one. */
function tokenAt(parser: Parser, ahead = 0): Token {
  const { tokens } = parser;
  const token = tokens[Math.min(parser.at + ahead, tokens.length - 1)];
  if (token === undefined) throw new RangeError("a list of tokens without an end");
  return token;
}

function isSign(token: Token, sign: string): boolean {
  return token.kind === "sign" && token.text === sign;
}

/** Steps over the closing brace of a clause that has nothing else in it. */
export function takeClose(parser: Parser, context: string): void {
  const token = tokenAt(parser);
  if (token.kind !== "close") unexpected(parser, token, context);
  parser.at++;
}

/** Stops at a word that must not stand there. */
export function unexpected(parser: Parser, token: Token, context: string): never {
  if (token.kind === "end") stopAt(parser, token, "unexpected EOF");
  const shown = token.kind === "word" && KEYWORDS.has(token.text)
    ? `<${token.text}>`
    : quoteLikeGo(parser.text.slice(token.pos, token.end));
  return stopAt(parser, token, `unexpected ${shown} in ${context}`);
}

/** Stops at a word. */
export function stopAt(parser: Parser, token: Token, message: string): never {
  return problemAt(parser.name, parser.text, token.pos, message);
}

/** How messages show what was read since `pos`. */
export function show(parser: Parser, pos: number): string {
  return parser.text.slice(pos, tokenAt(parser, -1).pos).trimEnd();
}
