/**
 * New texts for scalars of a file that stays as it is otherwise: comments, blank lines, line ends, indentation.
 *
 * @module
 */
import { type Budget, fail, type Failure, ok, type Result } from "../base/mod.ts";
import type { Position, ScalarNode, YamlNode } from "./node.ts";
import { parseDocuments, type YamlDocument } from "./parse.ts";
import { writeOnLine } from "./_scalar_text.ts";

/** A scalar, of a tree read with `mode: "source"`, and the string it is to read as. */
export interface ScalarEdit {
  /** Where it was read. */
  readonly node: ScalarNode;
  /** Its new text. */
  readonly value: string;
}

/** Characters of the text that give way to others. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a text is read with. */
export interface SpliceOptions {
  /** Names the text in failures. */
  readonly file?: string;
  /** Limits of the reading that proves the result. */
  readonly budget?: Budget;
}

/**
 * Writes the values of `edits` into `text` and nothing else; a value keeps its quotes where they can hold it.
 *
 * The result is read again before it is given: it has to hold the values, and all other scalars as they were.
 * Otherwise, and where a block cannot hold a value, the failure is `CannotSplice`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { getKey, parseDocuments } from "./mod.ts";
 * const text = "a:   '1' # one\r\nb: [2]\r\n";
 * const parsed = parseDocuments(text, { mode: "source" });
 * const node = getKey(parsed.ok ? parsed.value[0]?.node : undefined, "a");
 * assert.ok(node?.kind === "scalar");
 * const spliced = spliceScalars(text, [{ node, value: "1.10" }]);
 * assert.deepEqual(spliced, { ok: true, value: "a:   '1.10' # one\r\nb: [2]\r\n" });
 * ```
 */
export function spliceScalars(
  text: string,
  edits: readonly ScalarEdit[],
  options: SpliceOptions = {},
): Result<string> {
  const { file = "YAML" } = options;
  const splices: Splice[] = [];
  for (const edit of edits) {
    const made = spliceFor(text, edit, file);
    if (!made.ok) return made;
    splices.push(...made.value);
  }
  const spliced = applySplices(text, splices.sort((a, b) => a.start - b.start));
  return prove(text, spliced, edits, { ...options, file });
}

function spliceFor(text: string, edit: ScalarEdit, file: string): Result<readonly Splice[]> {
  const { node: { at, style = "plain", isAlias }, value } = edit;
  if (at === undefined || isAlias === true) {
    return fail(
      "CannotSplice",
      `${file}: an alias has no text of its own; name its anchor instead`,
    );
  }
  if (style === "literal" || style === "folded") {
    const splices = spliceBlock(text, at, value);
    return splices === undefined ? cannot(file, at, "hold this value in a block") : ok(splices);
  }
  return ok([{ start: at.start, end: at.end, text: writeOnLine(value, style) }]);
}

function cannot(file: string, { line }: Position, what: string): Failure {
  return fail("CannotSplice", `${file}: line ${line}: cannot ${what}; write the value in quotes`);
}

/** The header says how lines end the text, the lines are the text; a comment stands between the two. */
function spliceBlock(text: string, at: Position, value: string): readonly Splice[] | undefined {
  if (!/^(?:[^\s\p{Cc}][^\p{Cc}\u2028\u2029]*)?$/u.test(value)) return undefined;
  const block = text.slice(at.start, at.end);
  const [header = ""] = /^[|>][-+1-9]*/.exec(block) ?? [];
  const [lead = ""] = /^[^\n\r]*(?:\r\n|\n|\r|$)/.exec(block) ?? [];
  const lines = block.slice(lead.length);
  const from = lines.search(/\S/);
  const splices = [{
    start: at.start,
    end: at.start + header.length,
    text: `${block.charAt(0)}-`,
  }];
  const start = at.start + lead.length;
  // An empty block has no line whose place the value could take.
  if (from < 0) return value === "" ? splices : undefined;
  const pad = /[^\n\r]*$/.exec(lines.slice(0, from))?.[0] ?? "";
  const till = lines.trimEnd().length;
  const written = value === "" ? "" : pad + value;
  return [...splices, { start, end: start + till, text: written }];
}

function applySplices(text: string, splices: readonly Splice[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text: written } of splices) {
    out += text.slice(at, start) + written;
    at = end;
  }
  return out + text.slice(at);
}

function prove(
  before: string,
  after: string,
  edits: readonly ScalarEdit[],
  options: SpliceOptions & { file: string },
): Result<string> {
  const old = parseDocuments(before, { ...options, mode: "source" });
  if (!old.ok) return old;
  const now = parseDocuments(after, { ...options, mode: "source" });
  const wanted = new Map(edits.map(({ node, value }) => [node.at?.start, value]));
  if (now.ok && isSameBut(scalarsOf(old.value), scalarsOf(now.value), wanted)) return ok(after);
  const [first] = edits;
  const at = first?.node.at ?? { line: 1, column: 1, start: 0, end: 0 };
  return cannot(options.file, at, "write the value without another reading of the file");
}

function isSameBut(
  old: readonly ScalarNode[],
  now: readonly ScalarNode[],
  wanted: ReadonlyMap<number | undefined, string>,
): boolean {
  if (old.length !== now.length) return false;
  return old.every((node, index) => {
    const value = wanted.get(node.at?.start);
    const other = now[index];
    return value === undefined
      ? other?.tag === node.tag && other.value === node.value
      : other?.tag === "str" && other.value === value;
  });
}

/** All scalars, keys included, in the order they stand; collections as the empty texts that begin and end them. */
function scalarsOf(documents: readonly YamlDocument[]): readonly ScalarNode[] {
  const found: ScalarNode[] = [];
  for (const { node } of documents) if (node !== undefined) collect(node, found);
  return found;
}

function collect(node: YamlNode, found: ScalarNode[]): void {
  if (node.kind === "scalar") {
    found.push(node);
    return;
  }
  // What nests differently differs here.
  found.push({ kind: "scalar", tag: "null", value: node.kind });
  for (const item of node.kind === "seq" ? node.items : node.entries) {
    if ("kind" in item) {
      collect(item, found);
    } else {
      found.push(item.key);
      collect(item.value, found);
    }
  }
  found.push({ kind: "scalar", tag: "null", value: "end" });
}
