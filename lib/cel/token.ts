/**
 * Cuts the text of an expression into tokens (cel-spec, "Syntax").
 *
 * @module
 */
import { CelSyntaxError } from "./syntax.ts";
import { type CelValue, MAX_UINT } from "./value.ts";

/** A token. */
export interface Token {
  readonly kind: "ident" | "number" | "text" | "symbol" | "end";
  /** As it stands in the expression. */
  readonly text: string;
  readonly at: number;
  /** Of a literal; of an integer without its sign. */
  readonly value?: CelValue;
}

const SPACE = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER =
  /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+[uU]?|\d+[uU]?)/y;
const SYMBOL = /(?:&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}])/y;
const OPENING = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;
const ESCAPE =
  /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|)/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** All tokens of `source`, the last of kind `end`. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = skip(source, 0);
  while (at < source.length) {
    const token = tokenAt(source, at);
    tokens.push(token);
    at = skip(source, at + token.text.length);
  }
  tokens.push({ kind: "end", text: "", at: source.length });
  return tokens;
}

function skip(source: string, at: number): number {
  return at + (match(SPACE, source, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}

function tokenAt(source: string, at: number): Token {
  const opening = match(OPENING, source, at);
  if (opening !== undefined) return readText(source, at, opening);
  const word = match(WORD, source, at)?.[0];
  if (word !== undefined) return { kind: "ident", text: word, at };
  const number = match(NUMBER, source, at)?.[0];
  if (number !== undefined) {
    return { kind: "number", text: number, at, value: numberOf(number, at) };
  }
  const symbol = match(SYMBOL, source, at)?.[0];
  if (symbol !== undefined) return { kind: "symbol", text: symbol, at };
  const [character] = source.slice(at, at + 2);
  throw new CelSyntaxError(at, `Syntax error: token recognition error at: '${character}'`);
}

function numberOf(text: string, at: number): CelValue {
  const isHex = text.startsWith("0x");
  if (!isHex && /[.eE]/.test(text)) return Number(text);
  const isUnsigned = /[uU]$/.test(text);
  const value = BigInt(isUnsigned ? text.slice(0, -1) : text);
  // The least int has one digit more of room than the greatest; the parser knows the sign.
  if (value > MAX_UINT) throw new CelSyntaxError(at, `Syntax error: invalid int literal ${text}`);
  return isUnsigned ? { kind: "uint", value } : value;
}

function readText(
  source: string,
  at: number,
  [all, prefix = "", quote = ""]: RegExpExecArray,
): Token {
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const isLong = quote.length === 3;
  const parts: (string | number)[] = [];
  let here = at + all.length;
  while (!source.startsWith(quote, here)) {
    const character = source[here];
    if (character === undefined || (!isLong && (character === "\n" || character === "\r"))) {
      const start = source.slice(at, at + 20);
      throw new CelSyntaxError(at, `Syntax error: token recognition error at: '${start}'`);
    }
    if (character !== "\\") {
      parts.push(character);
      here++;
    } else if (isRaw) {
      parts.push(source.slice(here, here + 2));
      here += 2;
    } else {
      const [length, part] = readEscape(source, here, isBytes);
      parts.push(part);
      here += length;
    }
  }
  const text = source.slice(at, here + quote.length);
  return { kind: "text", text, at, value: isBytes ? bytesOf(parts) : textOf(parts) };
}

function readEscape(source: string, at: number, isBytes: boolean): [number, string | number] {
  const found = match(ESCAPE, source, at);
  const [all = "\\", simple, hex, short, long, octal] = found ?? [];
  if (simple !== undefined) return [all.length, ESCAPES[simple] ?? simple];
  const byte = hex !== undefined ? parseInt(hex, 16) : parseInt(octal ?? "", 8);
  if (!Number.isNaN(byte)) return [all.length, isBytes ? byte : String.fromCodePoint(byte)];
  const point = parseInt(short ?? long ?? "", 16);
  const isPoint = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  if (isBytes || !isPoint) {
    throw new CelSyntaxError(at, `Syntax error: invalid escape ${source.slice(at, at + 2)}`);
  }
  return [all.length, String.fromCodePoint(point)];
}

function textOf(parts: readonly (string | number)[]): string {
  return parts.join("");
}

function bytesOf(parts: readonly (string | number)[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  let run = "";
  for (const part of parts) {
    if (typeof part === "string") {
      run += part;
      continue;
    }
    for (const byte of encoder.encode(run)) bytes.push(byte);
    run = "";
    bytes.push(part);
  }
  for (const byte of encoder.encode(run)) bytes.push(byte);
  return Uint8Array.from(bytes);
}
