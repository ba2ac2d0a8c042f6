/**
 * Reads YAML as Go's two readers for Kubernetes do: kustomize's and sigs.k8s.io/yaml.
 *
 * The grammar is YAML 1.1 as libyaml reads it (brackets and quotes may continue at any column, tabs never
 * indent), which is what manifests in the wild are written for; see docs/spec/yaml.md.
 *
 * @module
 */
import { type Budget, BudgetSpent, defaultBudget, fail, ok, type Result } from "../base/mod.ts";
import { readBlockNode } from "./_block.ts";
import { mayHaveNotes } from "./_notes.ts";
import { type Part, splitParts } from "./_parts.ts";
import { canBeBlock } from "./_refold.ts";
import type { YamlNode } from "./node.ts";
import {
  atDocumentEnd,
  atMarker,
  isBreak,
  peek,
  type Reader,
  skipBlanks,
  skipToToken,
  stop,
  YamlProblem,
} from "./_reader.ts";
import type { YamlMode } from "./resolve.ts";

const PERCENT = 37;

/** What is wrong with `a: 1`, `...`, `b: 2`. */
const CONTENT_BEHIND_END = "found content behind the end of the document";

/** How to read a text. */
export interface ParseOptions {
  /** Names the text in failures. */
  readonly file?: string;
  /** Limits; {@linkcode defaultBudget} when left out. */
  readonly budget?: Budget;
  /** Whose rules hold; `kyaml` when left out. */
  readonly mode?: YamlMode;
}

/** One document of a stream. */
export interface YamlDocument {
  /** Its root; `undefined` for a document without content. */
  readonly node: YamlNode | undefined;
  /** Line it begins on, from 1. */
  readonly line: number;
}

/**
 * Reads all documents of a stream. Comments are dropped, aliases and merge keys expanded.
 *
 * Fails with `MalformedYaml`, or with `BudgetSpent` when a limit is reached.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { toPlain } from "./mod.ts";
 * const parsed = parseDocuments("a: 1\n---\nb: [2]\n");
 * assert.deepEqual(parsed.ok && parsed.value.map((d) => toPlain(d.node)), [{ a: 1 }, { b: [2] }]);
 * ```
 */
export function parseDocuments(
  text: string,
  options: ParseOptions = {},
): Result<YamlDocument[]> {
  // sigs.k8s.io/yaml's reader works by lines and ends each of them.
  const ended = options.mode === "lenient" && !text.endsWith("\n") ? `${text}\n` : text;
  return readParts(openReader(ended, options), splitParts);
}

function readParts(
  reader: Reader,
  split: (reader: Reader) => readonly Part[],
): Result<YamlDocument[]> {
  try {
    checkText(reader);
    const documents: YamlDocument[] = [];
    for (const part of split(reader)) readPart(reader, part, documents);
    return ok(documents);
  } catch (thrown) {
    if (thrown instanceof YamlProblem) {
      const { line, problem, remedy } = thrown;
      return fail("MalformedYaml", `${reader.file}: line ${line}: ${problem}; ${remedy}`);
    }
    if (thrown instanceof BudgetSpent) {
      return fail("BudgetSpent", `${reader.file}: line ${reader.line}: ${thrown.message}`, thrown);
    }
    throw thrown;
  }
}

/**
 * Reads a text of one document; more than one is a failure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parsed = parseOne("a: b: c\n", { file: "x.yaml" });
 * assert.equal(!parsed.ok && parsed.code, "MalformedYaml");
 * ```
 */
export function parseOne(text: string, options: ParseOptions = {}): Result<YamlNode | undefined> {
  // Where Go takes a text for one document it does not look for separators first.
  const parsed = readParts(openReader(text, options), () => [{ start: 0, end: text.length }]);
  if (!parsed.ok) return parsed;
  const full = parsed.value.filter((document) => document.node !== undefined);
  const [first, second] = full;
  if (second !== undefined) {
    const file = options.file ?? "YAML";
    return fail(
      "MalformedYaml",
      `${file}: line ${second.line}: found a second document; keep one of them in this file`,
    );
  }
  return ok(first?.node);
}

function openReader(text: string, options: ParseOptions): Reader {
  return {
    text,
    file: options.file ?? "YAML",
    mode: options.mode ?? "kyaml",
    budget: options.budget ?? defaultBudget(),
    hasNotes: options.mode !== "lenient" && mayHaveNotes(text),
    end: text.length,
    pos: 0,
    line: 1,
    lineStart: 0,
    lookedAt: 0,
    depth: 0,
    nodes: 0,
    copies: 0,
    copiedChars: 0,
    anchors: new Map(),
    tagHandles: new Map(),
  };
}

// deno-lint-ignore no-control-regex -- they are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** YAML has no control characters; half a surrogate pair is no character at all. */
function checkText(reader: Reader): void {
  const { text, budget } = reader;
  if (text.length > budget.bytes) {
    throw new BudgetSpent("bytes", `Longer than ${budget.bytes} characters`);
  }
  const at = text.isWellFormed() ? text.search(FORBIDDEN) : text.search(/\p{Surrogate}/u);
  if (at < 0) return;
  const code = text.charCodeAt(at).toString(16).padStart(4, "0").toUpperCase();
  stop(
    reader,
    `control characters are not allowed (U+${code})`,
    "write it as an escape in double quotes",
    text.slice(0, at).split("\n").length,
  );
}

function readPart(reader: Reader, part: Part, documents: YamlDocument[]): void {
  if (part.start > reader.pos) {
    // The separator between the parts.
    reader.pos = part.start;
    reader.lineStart = part.start;
    reader.line++;
  }
  reader.end = part.end;
  reader.anchors = new Map();
  const before = documents.length;
  if (peek(reader) === 0xfeff) {
    reader.pos++;
    reader.lineStart = reader.pos;
  }
  let closed = true;
  for (;;) {
    const directives = readDirectives(reader);
    if (reader.pos >= reader.end) {
      if (directives) stop(reader, "did not find expected <document start>", "add --- and content");
      break;
    }
    if (atMarker(reader, ".")) {
      skipDocumentEnd(reader, documents.length === before);
      checkNothingFollows(reader);
      closed = true;
      continue;
    }
    readDocument(reader, documents, closed, directives);
    closed = false;
  }
}

function skipDocumentEnd(reader: Reader, first: boolean): void {
  if (first) stop(reader, "did not find expected node content", "remove the line ...");
  reader.pos += 3;
  skipBlanks(reader);
  const unit = peek(reader);
  if (reader.pos < reader.end && unit !== 35 && !isBreak(unit)) {
    stop(reader, CONTENT_BEHIND_END, "leave nothing behind ...");
  }
}

/** Unlike Go, which passes over what stands there and so loses it without a word. */
function checkNothingFollows(reader: Reader): void {
  skipToToken(reader, false);
  if (reader.pos >= reader.end || atMarker(reader)) return;
  stop(reader, CONTENT_BEHIND_END, "begin a document of its own with a line ---");
}

/** Steps to the next token, over `%YAML` and `%TAG` lines; true when there was one. */
function readDirectives(reader: Reader): boolean {
  let found = false;
  reader.tagHandles = new Map();
  for (;;) {
    skipToToken(reader, false);
    if (peek(reader) !== PERCENT || reader.pos !== reader.lineStart) return found;
    readDirective(reader);
    found = true;
  }
}

function readDirective(reader: Reader): void {
  const start = reader.pos;
  while (reader.pos < reader.end && !isBreak(peek(reader))) reader.pos++;
  const [name, first = "", second = ""] = reader.text.slice(start, reader.pos).split(/[ \t]+/);
  if (name === "%TAG" && /^!([\w-]*!)?$/.test(first) && second !== "") {
    reader.tagHandles.set(first, second);
  } else if (name !== "%YAML" || !/^1\.[0-9]+$/.test(first)) {
    stop(reader, `found unknown directive ${name ?? ""}`, "remove the line");
  }
}

/**
 * A build prints each document once before it prints the result, and then a comment at the end of a document
 * adds a line end to an open block (`|+`) that stands last.
 */
function lengthenLast(reader: Reader, node: YamlNode): void {
  let last: YamlNode | undefined = node;
  while (last !== undefined && last.kind !== "scalar") {
    last = last.kind === "map" ? last.entries.at(-1)?.value : last.items.at(-1);
  }
  if (last?.style !== "literal" && last?.style !== "folded") return;
  const rest = reader.text.slice(last.at?.end ?? reader.pos, reader.pos);
  if (!rest.includes("#") || !/(?:^|\n)\n$/.test(last.value)) return;
  if (canBeBlock(last.value)) last.value += "\n";
}

function readDocument(
  reader: Reader,
  documents: YamlDocument[],
  closed: boolean,
  directives: boolean,
): void {
  const { line } = reader;
  const marked = atMarker(reader, "-");
  if (!marked && (!closed || directives)) {
    stop(reader, "did not find expected <document start>", "check the indentation of this line");
  }
  if (marked) {
    reader.pos += 3;
    reader.anchors = new Map();
    skipToToken(reader, true);
  }
  if (atDocumentEnd(reader)) {
    documents.push({ node: undefined, line });
    return;
  }
  // Behind `---` on its line only a scalar or a bracket may begin.
  const node = readBlockNode(reader, -1, reader.line !== line || !marked);
  skipToToken(reader, true);
  if (reader.mode === "kyaml") lengthenLast(reader, node);
  documents.push({ node, line });
}
