/**
 * Texts: trimmed, cut, joined, searched. Lengths count bytes, as in Go.
 *
 * @module
 */
import { quoteLikeGo } from "../../base/mod.ts";
import { type Args, atLeast, fixed, type FunctionTable } from "../functions.ts";
import { joinTexts, show } from "../print.ts";
import { compareTexts, Dict, type Value } from "../value.ts";
import { textOf, textsOf } from "./convert.ts";

/** Sprig's functions for texts. */
export const TEXTS: FunctionTable = {
  trim: fixed(1, (a) => a.text(0).trim()),
  trimAll: fixed(2, trimAll),
  trimall: fixed(2, trimAll),
  trimPrefix: fixed(2, (a) => {
    const [prefix, text] = [a.text(0), a.text(1)];
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  trimSuffix: fixed(2, (a) => {
    const [suffix, text] = [a.text(0), a.text(1)];
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  }),
  upper: fixed(1, (a) => a.text(0).toUpperCase()),
  lower: fixed(1, (a) => a.text(0).toLowerCase()),
  title: fixed(
    1,
    (a) => a.text(0).replace(/(?<![\p{L}\p{N}_]|[^\p{ASCII}\s])\p{Ll}/gu, (it) => it.toUpperCase()),
  ),
  untitle: fixed(1, (a) => a.text(0).replace(/(?<!\S)\p{Lu}/gu, (it) => it.toLowerCase())),
  swapcase: fixed(
    1,
    (a) =>
      a.text(0).replace(
        /\p{L}/gu,
        (it) => /\p{Lu}/u.test(it) ? it.toLowerCase() : it.toUpperCase(),
      ),
  ),
  initials: fixed(1, (a) => [...a.text(0).matchAll(/(?<!\S)\S/gu)].join("")),
  nospace: fixed(1, (a) => a.text(0).replace(/[\s\u0085]/gu, "")),
  repeat: fixed(2, (a) => {
    const [count, text] = [Number(a.int(0)), a.text(1)];
    a.meter.checkBytes(count * text.length, "repeat");
    return text.repeat(Math.max(0, count));
  }),
  substr: fixed(3, (a) => {
    const [start, end] = [Number(a.int(0)), Number(a.int(1))];
    return cutBytes(a.text(2), Math.max(0, start), start >= 0 && end < 0 ? undefined : end);
  }),
  trunc: fixed(2, (a) => {
    const [count, text] = [Number(a.int(0)), a.text(1)];
    return count < 0 ? cutBytes(text, count, undefined) : cutBytes(text, 0, count);
  }),
  abbrev: fixed(2, (a) => abbreviate(a.text(1), 0, Number(a.int(0)))),
  abbrevboth: fixed(3, (a) => abbreviate(a.text(2), Number(a.int(0)), Number(a.int(1)))),
  wrap: fixed(2, (a) => wrapLines(a, Number(a.int(0)), "\n", a.text(1), false)),
  wrapWith: fixed(3, (a) => wrapLines(a, Number(a.int(0)), a.text(1), a.text(2), true)),
  contains: fixed(2, (a) => a.text(1).includes(a.text(0))),
  hasPrefix: fixed(2, (a) => a.text(1).startsWith(a.text(0))),
  hasSuffix: fixed(2, (a) => a.text(1).endsWith(a.text(0))),
  quote: atLeast(
    0,
    (a) => joinTexts(withoutNils(a).map((it) => quoteLikeGo(textOf(it, a.meter))), " ", a.meter),
  ),
  squote: atLeast(
    0,
    (a) => joinTexts(withoutNils(a).map((it) => `'${show(it, a.meter)}'`), " ", a.meter),
  ),
  cat: atLeast(0, (a) => joinTexts(withoutNils(a).map((it) => show(it, a.meter)), " ", a.meter)),
  indent: fixed(2, (a) => indent(a)),
  nindent: fixed(2, (a) => `\n${indent(a)}`),
  replace: fixed(3, (a) => {
    const [old, by, text] = [a.text(0), a.text(1), a.text(2)];
    a.meter.checkBytes((text.split(old).length + 1) * by.length + text.length, "replace");
    return text.replaceAll(old, () => by);
  }),
  plural: fixed(3, (a) => a.int(2) === 1n ? a.text(0) : a.text(1)),
  toString: fixed(1, (a) => textOf(a.any(0), a.meter)),
  toStrings: fixed(1, (a) => textsOf(a.any(0), a.meter)),
  join: fixed(2, (a) => {
    return joinTexts(textsOf(a.any(1), a.meter), a.text(0), a.meter);
  }),
  sortAlpha: fixed(1, (a) => [...textsOf(a.any(0), a.meter)].sort(compareTexts)),
  splitList: fixed(2, (a) => splitText(a.text(1), a.text(0))),
  split: fixed(2, (a) => numbered(splitText(a.text(1), a.text(0)))),
  splitn: fixed(3, (a) => numbered(splitText(a.text(2), a.text(0), Number(a.int(1))))),
};

function trimAll(args: Args): string {
  const signs = new Set(args.text(0));
  const chars = [...args.text(1)];
  const from = chars.findIndex((char) => !signs.has(char));
  const to = chars.findLastIndex((char) => !signs.has(char));
  return from < 0 ? "" : chars.slice(from, to + 1).join("");
}

function withoutNils(args: Args): readonly Value[] {
  return args.from(0).filter((it) => it !== null && it !== undefined);
}

/** Unlike Go, which leaves halves of characters: those become U+FFFD. */
function cutBytes(text: string, from: number, to: number | undefined): string {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder().decode(bytes.slice(from, to));
}

const DOTS = "...";

function abbreviate(text: string, offset: number, width: number): string {
  const { length } = new TextEncoder().encode(text);
  if (width < 4 || (offset > 0 && width < 7) || length <= width) return text;
  const room = width - DOTS.length;
  const from = Math.min(offset, length, length - offset < room ? length - room : offset);
  if (from <= 4) return cutBytes(text, 0, room) + DOTS;
  if (from + room >= length) return DOTS + cutBytes(text, length - room, undefined);
  return DOTS + cutBytes(text, from, from + room - DOTS.length) + DOTS;
}

/** Breaks at the last blank within `width`; a longer word is broken only where `breaksWords` says so. */
function wrapLines(
  args: Args,
  width: number,
  lineEnd: string,
  text: string,
  breaksWords: boolean,
): string {
  const size = Math.max(1, width);
  const ending = lineEnd === "" ? "\n" : lineEnd;
  args.meter.checkBytes(text.length * (ending.length + 1), "wrap");
  let out = "";
  let at = 0;
  while (text.length - at > size) {
    if (text.charAt(at) === " ") {
      at++;
      continue;
    }
    const blank = text.lastIndexOf(" ", at + size);
    const isWord = blank < at;
    const next = isWord ? breaksWords ? at + size : text.indexOf(" ", at + size) : blank;
    if (next < 0) return out + text.slice(at);
    out += text.slice(at, next) + ending;
    at = isWord && breaksWords ? next : next + 1;
  }
  return out + text.slice(at);
}

function indent(args: Args): string {
  const [spaces, text] = [Number(args.int(0)), args.text(1)];
  if (spaces < 0) return text;
  args.meter.checkBytes(text.split("\n").length * spaces + text.length, "indent");
  const pad = " ".repeat(spaces);
  return pad + text.replaceAll("\n", `\n${pad}`);
}

function splitText(text: string, separator: string, most = -1): readonly string[] {
  if (most === 0) return [];
  const parts = separator === "" ? [...text] : text.split(separator);
  if (most < 0 || parts.length <= most) return parts;
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

function numbered(parts: readonly string[]): Dict {
  return new Dict(parts.map((part, at) => [`_${at}`, part]), {
    typeName: "map[string]string",
    zero: "",
  });
}
