/**
 * Holds `lib/ignore` against `cases/flux/sourceignore.json`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { messageOf, treeOf } from "../../lib/base/mod.ts";
import {
  compileIgnore,
  defaultPatterns,
  EXCLUDE_CI,
  EXCLUDE_EXTENSIONS,
  EXCLUDE_EXTRA,
  EXCLUDE_VCS,
  IGNORE_FILE,
  parsePattern,
  parsePatterns,
  readTreePatterns,
} from "../../lib/ignore/mod.ts";

interface MatchInput {
  op: "match";
  ignoreFile: string;
  domain: readonly string[] | null;
  path: string;
  isDir: boolean;
  withDefaults: boolean;
}

interface PatternInput {
  op: "pattern";
  pattern: string;
  domain: readonly string[];
  path: readonly string[];
  isDir: boolean;
}

interface LoadInput {
  op: "load";
  files: Readonly<Record<string, string>>;
}

interface Row {
  readonly input: MatchInput | PatternInput | LoadInput | { op: "constants" };
  readonly expect: unknown;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  try {
    assert.deepEqual(answer(input), expect);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function answer(input: Row["input"]): unknown {
  switch (input.op) {
    case "match":
      return matchPath(input);
    case "pattern": {
      const pattern = parsePattern(input.pattern, input.domain);
      return { result: pattern.match(input.path, input.isDir) };
    }
    case "load":
      return { patterns: loadPatterns(input.files) };
    case "constants":
      return {
        excludeVCS: EXCLUDE_VCS,
        excludeExt: EXCLUDE_EXTENSIONS,
        excludeCI: EXCLUDE_CI,
        excludeExtra: EXCLUDE_EXTRA,
        ignoreFile: IGNORE_FILE,
        order: orderOfDefaults(),
      };
  }
}

function matchPath(input: MatchInput): unknown {
  const domain = input.domain ?? [];
  const defaults = input.withDefaults ? defaultPatterns() : [];
  const patterns = [
    ...defaults.map((line) => parsePattern(line, domain)),
    ...parsePatterns(input.ignoreFile, domain),
  ];
  return { ignored: compileIgnore(patterns)(input.path, input.isDir) };
}

function loadPatterns(files: Readonly<Record<string, string>>): unknown {
  const read = readTreePatterns(treeOf(files));
  if (!read.ok) return read;
  return read.value.map(({ domain, line }) => ({ domain, pattern: line }));
}

/** Says in the row's words in which order the lists are joined. */
function orderOfDefaults(): string {
  const lists = [
    { name: "VCS", list: EXCLUDE_VCS },
    { name: "Ext", list: EXCLUDE_EXTENSIONS },
    { name: "CI", list: EXCLUDE_CI },
    { name: "Extra", list: EXCLUDE_EXTRA },
  ];
  const joined = defaultPatterns();
  const byPlace = lists.map(({ name, list }) => ({ name, at: joined.indexOf(list[0] ?? "") }))
    .sort((a, b) => a.at - b.at);
  return `${byPlace.map(({ name }) => name).join(", ")}, then user patterns (later wins)`;
}
