/**
 * Cuts a template into texts and the words of its actions.
 *
 * @module
 */
import { quoteLikeGo } from "../base/mod.ts";
import { TemplateProblem } from "./nodes.ts";
import { unquote } from "./unquote.ts";

/** What a word is. */
export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "dot"
  | "field"
  | "variable"
  | "word"
  | "number"
  | "string"
  | "char"
  | "sign"
  | "stray"
  | "end";

/** A word of a template. */
export interface Token {
  readonly kind: TokenKind;
  /** As it is written; of a text what is left of it, of a string what it stands for. */
  readonly text: string;
  readonly pos: number;
  readonly end: number;
  /** True when a blank stands before it. */
  readonly isSpaced: boolean;
}

const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const VARIABLE = /\$[\p{L}\p{Nd}_]*/uy;
const FIELD = /\.[\p{L}_][\p{L}\p{Nd}_]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?)/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])+'/y;
const BLANKS = /[ \t\r\n]+/y;
const CLOSE = /(?:[ \t\r\n]-)?\}\}/y;
const COMMENT = /\{\{(-[ \t\r\n])?[ \t\r\n]*\/\*/y;

/** The words of `text`, `end` at last; throws {@linkcode TemplateProblem} with the message of Go. */
export function lex(text: string, stop: (pos: number, message: string) => never): Token[] {
  const tokens: Token[] = [];
  let pos = 0;
  let trims = false;
  while (pos < text.length) {
    const open = text.indexOf("{{", pos);
    const end = open < 0 ? text.length : open;
    const trimsNext = open >= 0 && /^\{\{-[ \t\r\n]/.test(text.slice(open, open + 4));
    addText(tokens, text.slice(pos, end), { pos, trims, trimsNext });
    if (open < 0) break;
    const comment = match(COMMENT, text, open);
    const next = comment === undefined
      ? lexAction(tokens, text, open + (trimsNext ? 3 : 2), stop)
      : skipComment(text, open + comment.length, open, stop);
    trims = text.slice(next - 4, next).endsWith("-}}");
    pos = next;
  }
  tokens.push({ kind: "end", text: "", pos: text.length, end: text.length, isSpaced: false });
  return tokens;
}

function addText(
  tokens: Token[],
  whole: string,
  { pos, trims, trimsNext }: { pos: number; trims: boolean; trimsNext: boolean },
): void {
  let start = 0;
  let end = whole.length;
  while (trims && start < end && isBlank(whole, start)) start++;
  while (trimsNext && start < end && isBlank(whole, end - 1)) end--;
  const text = whole.slice(start, end);
  if (text === "") return;
  tokens.push({ kind: "text", text, pos, end: pos + whole.length, isSpaced: false });
}

function isBlank(text: string, at: number): boolean {
  return " \t\r\n".includes(text.charAt(at));
}

function skipComment(
  text: string,
  from: number,
  open: number,
  stop: (pos: number, message: string) => never,
): number {
  const end = text.indexOf("*/", from);
  if (end < 0) stop(open, "unclosed comment");
  const close = match(CLOSE, text, end + 2);
  if (close === undefined) stop(open, "comment ends before closing delimiter");
  return end + 2 + close.length;
}

function lexAction(
  tokens: Token[],
  text: string,
  start: number,
  stop: (pos: number, message: string) => never,
): number {
  const opened = start;
  tokens.push({ kind: "open", text: "{{", pos: start, end: start, isSpaced: false });
  let pos = start;
  let depth = 0;
  for (;;) {
    const close = match(CLOSE, text, pos);
    if (close !== undefined) {
      if (depth > 0) stop(pos, "unclosed left paren");
      tokens.push({ kind: "close", text: "}}", pos, end: pos + close.length, isSpaced: false });
      return pos + close.length;
    }
    const blanks = match(BLANKS, text, pos) ?? "";
    // A trimming mark takes the blank before it.
    if (blanks !== "" && text.startsWith("-}}", pos + blanks.length)) {
      pos += blanks.length - 1;
      continue;
    }
    pos += blanks.length;
    if (text.startsWith("}}", pos)) continue;
    if (pos >= text.length) stop(opened, "unclosed action");
    const token = lexWord(text, pos, blanks !== "", stop);
    if (token.text === "(" && token.kind === "sign") depth++;
    if (token.text === ")" && token.kind === "sign" && --depth < 0) {
      stop(pos, "unexpected right paren");
    }
    tokens.push(token);
    // No place takes it: the parser, which knows what it looked for, stops there at the latest.
    if (token.kind === "stray") return text.length;
    pos = token.end;
  }
}

function lexWord(
  text: string,
  pos: number,
  isSpaced: boolean,
  stop: (pos: number, message: string) => never,
): Token {
  const made = (kind: TokenKind, written: string, value = written): Token => ({
    kind,
    text: value,
    pos,
    end: pos + written.length,
    isSpaced,
  });
  const char = text.charAt(pos);
  const ended = (kind: TokenKind, written: string): Token => {
    const next = text.slice(pos + written.length, pos + written.length + 2);
    if (/^(?:[ \t\r\n.,|:=()]|\}\}|$)/.test(next)) return made(kind, written);
    return badCharacter(text, pos + written.length, stop);
  };
  const field = match(FIELD, text, pos);
  if (field !== undefined) return ended("field", field);
  if (char === "$") return ended("variable", match(VARIABLE, text, pos) ?? "$");
  const word = match(WORD, text, pos);
  if (word !== undefined) return ended("word", word);
  if (/[0-9+-]/.test(char) || /^\.[0-9]/.test(text.slice(pos, pos + 2))) {
    const number = match(NUMBER, text, pos) ?? "";
    const next = text.slice(pos + number.length).match(/^[\p{L}\p{Nd}_]/u)?.[0];
    if (number === "" || /^[+-]$/.test(number) || next !== undefined) {
      stop(pos, `bad number syntax: ${quoteLikeGo(number + (next ?? ""))}`);
    }
    return made("number", number);
  }
  if (char === ".") return ended("dot", ".");
  if (char === '"' || char === "`" || char === "'") return lexQuoted(text, pos, made, stop);
  const sign = text.startsWith(":=", pos) ? ":=" : /[|(),=]/.test(char) ? char : undefined;
  if (sign !== undefined) return made("sign", sign);
  if (char === ":") stop(pos, "expected :=");
  const unknown = String.fromCodePoint(text.codePointAt(pos) ?? 0);
  return made("stray", unknown);
}

function lexQuoted(
  text: string,
  pos: number,
  made: (kind: TokenKind, written: string, value?: string) => Token,
  stop: (pos: number, message: string) => never,
): Token {
  const char = text.charAt(pos);
  const written = match(char === '"' ? QUOTED : char === "`" ? RAW : CHAR, text, pos);
  if (written === undefined) {
    const what = { '"': "quoted string", "`": "raw quoted string", "'": "character constant" };
    const name = char === '"' || char === "`" || char === "'" ? what[char] : "";
    stop(pos, `unterminated ${name}`);
  }
  if (char === "`") return made("string", written, written.slice(1, -1).replaceAll("\r", ""));
  const value = unquote(written);
  const isChar = char === "'";
  if (value === undefined || (isChar && [...value].length !== 1)) {
    stop(pos, isChar ? `malformed character constant: ${written}` : "invalid syntax");
  }
  return made(isChar ? "char" : "string", written, value);
}

function badCharacter(
  text: string,
  pos: number,
  stop: (pos: number, message: string) => never,
): never {
  return stop(pos, `bad character ${codePoint(text, pos)}`);
}

function codePoint(text: string, pos: number): string {
  const point = text.codePointAt(pos) ?? 0;
  const shown = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(String.fromCodePoint(point))
    ? `${shown} '${String.fromCodePoint(point)}'`
    : shown;
}

function match(pattern: RegExp, text: string, pos: number): string | undefined {
  pattern.lastIndex = pos;
  const found = pattern.exec(text)?.[0];
  return found === "" ? undefined : found;
}

/** Stops at a place of a template, in the words of Go. */
export function problemAt(name: string, text: string, pos: number, message: string): never {
  const line = text.slice(0, pos).split("\n").length;
  throw new TemplateProblem(`template: ${name}:${line}: ${message}`);
}
