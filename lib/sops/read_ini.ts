/**
 * A sealed INI file, in the form in which sops writes it.
 *
 * @module
 */
import { type Budget, fail, Meter, ok, type Result } from "../base/mod.ts";
import { nestMetadata } from "./flat_metadata.ts";
import { readMetadata } from "./metadata.ts";
import type { Leaf, Remark, Replacement, SealedText, Span } from "./sealed_text.ts";
import { isSealedValue } from "./value.ts";

const METADATA = "sops";
/** What stands before the first section. */
const FIRST_SECTION = "DEFAULT";
const SECTION = /^\s*\[(.*)\]\s*$/;
const COMMENT = /^\s*[;#]\s*/;
/** A key in quotes may hold the signs that end one. */
const KEY = /^\s*(?:`([^`]*)`|"""(.*?)"""|"([^"]*)"|([^=:]*?))\s*[=:]\s*/;

interface Line extends Span {
  readonly text: string;
  readonly number: number;
}

/** Reads a file that sops sealed as INI. */
export function readSealedIni(text: string, budget: Budget): Result<SealedText> {
  const meter = new Meter(budget);
  const leaves: Leaf[] = [];
  const remarks: Remark[] = [];
  const cuts: Replacement[] = [];
  const entries: [string, string][] = [];
  let section = FIRST_SECTION;
  for (const line of linesOf(text)) {
    meter.spendEntries(1, "the sealed file");
    const header = SECTION.exec(line.text);
    if (header !== null) section = header[1]?.trim() ?? "";
    if (section === METADATA) cuts.push({ start: line.start, end: line.end, text: "" });
    if (header !== null || line.text.trim() === "") continue;
    if (COMMENT.test(line.text)) {
      const remark = remarkOf(line, section);
      if (remark !== undefined) remarks.push(remark);
      continue;
    }
    const leaf = leafOf(line, section);
    if (leaf === undefined) {
      return fail("Malformed", `line ${line.number} is no section, key or comment`);
    }
    if (section !== METADATA) leaves.push(leaf);
    else entries.push([leaf.path[1] ?? "", leaf.text.replaceAll("\\n", "\n")]);
  }
  const metadata = readMetadata(nestMetadata(entries));
  if (!metadata.ok) return metadata;
  return ok({
    text,
    metadata: metadata.value,
    leaves,
    remarks,
    cuts: [...cuts, ...blankBefore(text, cuts)],
  });
}

/** Lines with their ends; a text in three quotes keeps its lines together. */
function* linesOf(text: string): Generator<Line> {
  let start = 0;
  let number = 1;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    const opening = /[=:]\s*"""/.exec(text.slice(start, end < 0 ? text.length : end));
    if (opening !== null) {
      const close = text.indexOf('"""', start + opening.index + opening[0].length);
      end = close < 0 ? -1 : text.indexOf("\n", close);
    }
    end = end < 0 ? text.length : end + 1;
    const line = text.slice(start, end);
    yield { text: line.replace(/\r?\n$/, ""), start, end, number };
    number += line.split("\n").length - 1;
    start = end;
  }
}

/** sops puts an empty line between sections, and none behind the last. */
function blankBefore(text: string, [first, ...rest]: readonly Replacement[]): Replacement[] {
  const last = rest.at(-1) ?? first;
  if (first === undefined || last === undefined || last.end < text.length) return [];
  const blank = /\n(\r?\n)$/.exec(text.slice(0, first.start));
  return blank === null
    ? []
    : [{ start: first.start - (blank[1]?.length ?? 0), end: first.start, text: "" }];
}

/** A comment belongs to the section, also one in front of its header. */
function remarkOf({ text, start }: Line, section: string): Remark | undefined {
  const at = text.indexOf("ENC[");
  const sealed = text.slice(at);
  if (at < 0 || !isSealedValue(sealed)) return undefined;
  const span = { start: start + at, end: start + text.length };
  return { sealed, paths: [[section]], write: (opened) => [{ ...span, text: opened }] };
}

function leafOf({ text, start }: Line, section: string): Leaf | undefined {
  const found = KEY.exec(text);
  if (found === null) return undefined;
  const [whole, ...names] = found;
  const name = names.find((part) => part !== undefined) ?? "";
  const raw = text.slice(whole.length).trimEnd();
  const span = { start: start + whole.length, end: start + whole.length + raw.length };
  return {
    path: [section, name],
    text: unquote(raw),
    isString: true,
    ...span,
    write: (opened) => ({ ...span, text: quoted(opened.text) }),
  };
}

const QUOTES = ['"""', "`", '"', "'"] as const;

function unquote(raw: string): string {
  const quote = QUOTES.find((sign) =>
    raw.length >= 2 * sign.length && raw.startsWith(sign) && raw.endsWith(sign)
  );
  return quote === undefined ? raw : raw.slice(quote.length, -quote.length);
}

/** In the quotes that the reader of sops needs. */
function quoted(text: string): string {
  if (/[\n`]/.test(text)) return `"""${text}"""`;
  if (/[#;]/.test(text)) return `\`${text}\``;
  return text.trim() === text ? text : `"${text}"`;
}
