/**
 * Sealed YAML: where each value stands.
 *
 * @module
 */
import { type Budget, fail, ok, type Result } from "../base/mod.ts";
import {
  emitText,
  formatFloat,
  getKey,
  type MapEntry,
  type MapNode,
  parseDocuments,
  type ScalarNode,
  toPlain,
  type YamlNode,
} from "../yaml/mod.ts";
import { readMetadata } from "./metadata.ts";
import { plainDigits } from "./numbers.ts";
import { jsonOf } from "./read_json.ts";
import type { Leaf, Remark, Replacement, SealedText, Span } from "./sealed_text.ts";
import type { OpenedValue } from "./value.ts";

const METADATA = "sops";
/** How far sops indents. */
const STEP = 4;
const REMARK = /#(ENC\[AES256_GCM,[^\]\n]*\])/g;

/** Reads a file that sops sealed as YAML, with all its documents. */
export function readSealedYaml(text: string, budget: Budget): Result<SealedText> {
  const parsed = parseDocuments(text, { budget });
  if (!parsed.ok) return fail(parsed.code, `it is no YAML: ${lineOnly(parsed.message)}`, parsed);
  const roots = parsed.value.flatMap(({ node }) => node === undefined ? [] : [node]);
  const [first] = roots;
  const metadata = readMetadata(toPlain(getKey(first, METADATA)));
  if (!metadata.ok) return metadata;
  const walk = new Walk(text);
  const cuts: Replacement[] = [];
  for (const root of roots) {
    if (root.kind !== "map") return fail("Malformed", "one of its documents is not a mapping");
    const cut = cutOf(root, text);
    if (!cut.ok) return cut;
    cuts.push(...cut.value);
    walk.map(root, []);
  }
  const { leaves } = walk;
  return ok({
    text,
    metadata: metadata.value,
    leaves,
    remarks: remarksOf(text, leaves, cuts),
    cuts,
  });
}

/** A parser's words may quote the text. */
function lineOnly(message: string): string {
  return /line \d+/.exec(message)?.[0] ?? "it cannot be read";
}

/** The metadata with its lines; an object that has nothing else stays an object. */
function cutOf(root: MapNode, text: string): Result<Replacement[]> {
  const entry = root.entries.find(({ key }) => key.value === METADATA);
  const from = entry?.key.at;
  const to = entry?.value.at;
  if (entry === undefined || from === undefined || to === undefined) return ok([]);
  const start = from.start;
  if (start > 0 && text[start - 1] !== "\n") {
    return fail(
      "BadMetadata",
      "'sops' does not stand on lines of its own; write the file in block style",
    );
  }
  const lineEnd = text[to.end - 1] === "\n" ? to.end : text.indexOf("\n", to.end) + 1;
  const end = lineEnd === 0 ? text.length : lineEnd;
  return ok([{ start, end, text: root.entries.length === 1 ? "{}\n" : "" }]);
}

/** Where a value stands, which decides how it can be written. */
interface Around {
  /** Column of the key or the dash, from 0. */
  readonly column: number;
  /** Inside of brackets. */
  readonly isFlow: boolean;
  readonly isItem: boolean;
}

class Walk {
  readonly leaves: Leaf[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  map(node: MapNode, path: readonly string[], isFlow = this.#isFlow(node)): void {
    for (const entry of node.entries) {
      if (path.length === 0 && entry.key.value === METADATA) continue;
      const around = { column: columnOf(entry), isFlow, isItem: false };
      this.#value(entry.value, [...path, entry.key.value], around);
    }
  }

  #value(node: YamlNode, path: readonly string[], around: Around): void {
    switch (node.kind) {
      case "map":
        return this.map(node, path, around.isFlow || this.#isFlow(node));
      case "seq": {
        const isFlow = around.isFlow || this.#isFlow(node);
        for (const item of node.items) {
          this.#value(item, path, { column: this.#dashBefore(item), isFlow, isItem: true });
        }
        return;
      }
      case "scalar":
        return this.#leaf(node, path, around);
    }
  }

  #leaf(node: ScalarNode, path: readonly string[], around: Around): void {
    if (node.tag === "null" || node.at === undefined) return;
    const { start, end } = node.at;
    const isString = node.tag === "str" || node.tag === "binary";
    const text = isString ? String(toPlain(node)) : canonical(node);
    this.leaves.push({
      path,
      text,
      isString,
      start,
      end,
      write: (opened) => {
        // A comment among the items of a list was sealed as an item.
        if (opened.type === "comment" && around.isItem && !around.isFlow) {
          return { start: this.#text.lastIndexOf("-", start), end, text: `#${opened.text}` };
        }
        return { start, end, text: yamlOf(opened, around) };
      },
    });
  }

  #isFlow(node: YamlNode): boolean {
    const first = node.at === undefined ? "" : this.#text[node.at.start];
    return first === "{" || first === "[";
  }

  #dashBefore(item: YamlNode): number {
    const dash = this.#text.lastIndexOf("-", (item.at?.start ?? 0) - 1);
    return dash - (this.#text.lastIndexOf("\n", dash) + 1);
  }
}

function columnOf({ key }: MapEntry): number {
  return (key.at?.column ?? 1) - 1;
}

/** As the MAC takes in what is not sealed. */
function canonical(node: ScalarNode): string {
  const value = toPlain(node);
  switch (typeof value) {
    case "boolean":
      return value ? "True" : "False";
    case "number":
      return node.tag === "int" ? String(value) : plainDigits(value);
    default:
      return String(value);
  }
}

function yamlOf(opened: OpenedValue, { column, isFlow, isItem }: Around): string {
  switch (opened.type) {
    case "int":
    case "bool":
      return jsonOf(opened);
    case "float":
      return formatFloat(Number(opened.text));
    case "time":
      return opened.text;
    default:
      return isFlow ? emitText(opened.text) : emitText(opened.text, blockPlace(column, isItem));
  }
}

/** Behind a dash a block stands right under its first letter, else at the next of sops' columns. */
function blockPlace(column: number, isItem: boolean): { indent: number; step: number } {
  const indent = isItem ? column + 2 : STEP * Math.floor((column + STEP) / STEP);
  return { indent, step: indent - column };
}

/** Sealed comments, bound to a mapping around them: that of the value before or behind. */
function remarksOf(text: string, leaves: readonly Leaf[], cuts: readonly Replacement[]): Remark[] {
  const remarks: Remark[] = [];
  const places = leaves.toSorted((a, b) => a.start - b.start);
  let next = 0;
  for (const found of text.matchAll(REMARK)) {
    const [whole, sealed = ""] = found;
    const start = found.index + 1;
    const end = found.index + whole.length;
    while (next < places.length && (places[next]?.start ?? 0) < start) next++;
    const before = places[next - 1];
    const isInside = [before, ...cuts].some((span) =>
      span && span.start < start && span.end >= end
    );
    if (isInside) continue;
    const paths = [places[next], before].flatMap((leaf) =>
      leaf === undefined ? [[]] : prefixesOf(leaf.path)
    );
    remarks.push({
      sealed,
      paths,
      write: (opened) => remarkLine(text, { start: start - 1, end }, opened),
    });
  }
  return remarks;
}

/** sops puts a comment that stood behind a value above it. */
function remarkLine(text: string, { start, end }: Span, opened: string): Replacement[] {
  const lineStart = text.lastIndexOf("\n", start) + 1;
  const before = text.slice(lineStart, start);
  if (before.trim() === "") return [{ start, end, text: `#${opened}` }];
  const [indent = ""] = /^ */.exec(before) ?? [];
  const from = lineStart + before.trimEnd().length;
  return [{ start: lineStart, end: lineStart, text: `${indent}#${opened}\n` }, {
    start: from,
    end,
    text: "",
  }];
}

/** The longest first. */
function prefixesOf(path: readonly string[]): (readonly string[])[] {
  return [...path.keys(), path.length].map((length) => path.slice(0, length)).reverse();
}
