/**
 * Which files of a source stay out of its artifact: `.sourceignore` files, `spec.ignore`, defaults.
 *
 * @module
 */
import { BudgetSpent, fail, type Failure, type FileTree, ok, type Result } from "../base/mod.ts";
import { parsePattern, type Pattern } from "./pattern.ts";

/** Name of the files that hold patterns. */
export const IGNORE_FILE = ".sourceignore";
/** Always left out. */
export const EXCLUDE_VCS: readonly string[] = [
  ".git/",
  ".gitignore",
  ".gitmodules",
  ".gitattributes",
];
/** Left out unless somebody wrote patterns: media and archives. */
export const EXCLUDE_EXTENSIONS: readonly string[] = [
  "*.jpg",
  "*.jpeg",
  "*.gif",
  "*.png",
  "*.wmv",
  "*.flv",
  "*.tar.gz",
  "*.zip",
];
/** Left out unless somebody wrote patterns: settings of build servers. */
export const EXCLUDE_CI: readonly string[] = [
  ".github/",
  ".circleci/",
  ".travis.yml",
  ".gitlab-ci.yml",
  "appveyor.yml",
  ".drone.yml",
  "cloudbuild.yaml",
  "codeship-services.yml",
  "codeship-steps.yml",
];
/** Left out unless somebody wrote patterns: settings of other tools. */
export const EXCLUDE_EXTRA: readonly string[] = [
  "**/.goreleaser.yml",
  "**/.sops.yaml",
  "**/.flux.yaml",
];

/** Longest ignore file. */
const MOST_FILE_BYTES = 1 << 20;
/** Most patterns of one source. */
const MOST_PATTERNS = 10_000;
/** Most comparisons of a pattern with a path; an honest source needs a few thousand. */
const MOST_COMPARISONS = 20_000_000;

/** Says whether a path stays out. */
export type Ignore = (path: string, isFolder: boolean) => boolean;

/**
 * The rules for a source: the patterns of its `.sourceignore` files, each for its own folder, then those of
 * `spec.ignore`; later ones win. Without any the defaults hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { treeOf } from "../base/mod.ts";
 * const rules = readIgnoreRules(treeOf({ ".sourceignore": "docs/\n" }), "*.md");
 * assert.ok(rules.ok);
 * assert.equal(rules.value("docs/a.txt", false), true);
 * assert.equal(rules.value("README.md", false), true);
 * assert.equal(rules.value("app.yaml", false), false);
 * ```
 */
export function readIgnoreRules(tree: FileTree, specIgnore = ""): Result<Ignore> {
  const written = readTreePatterns(tree);
  if (!written.ok) return written;
  const lines = patternLines(specIgnore);
  if (written.value.length + lines.length > MOST_PATTERNS) return tooMany();
  const patterns = [...written.value, ...lines.map((line) => parsePattern(line, []))];
  const builtIn = patterns.length > 0 ? EXCLUDE_VCS : defaultPatterns();
  return ok(compileIgnore([...builtIn.map((line) => parsePattern(line, [])), ...patterns]));
}

/**
 * The patterns in every `.sourceignore` of a tree, folder by folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { treeOf } from "../base/mod.ts";
 * const got = readTreePatterns(treeOf({ "a/.sourceignore": "x\n# y\n" }));
 * assert.deepEqual(got.ok && got.value.map(({ domain }) => domain), [["a"]]);
 * ```
 */
export function readTreePatterns(tree: FileTree): Result<readonly Pattern[]> {
  const patterns: Pattern[] = [];
  const files = [...tree].map(([path, entry]) => ({ names: path.split("/"), path, entry }))
    .filter(({ names, entry }) => names.at(-1) === IGNORE_FILE && entry.mode.startsWith("100"))
    .sort((a, b) => compareNames(a.names.slice(0, -1), b.names.slice(0, -1)));
  for (const { names, path, entry } of files) {
    const content = entry.read();
    if (content.length > MOST_FILE_BYTES) {
      return fail("TooLarge", `${path} is longer than ${MOST_FILE_BYTES} bytes`);
    }
    const lines = patternLines(new TextDecoder().decode(content));
    if (patterns.length + lines.length > MOST_PATTERNS) return tooMany();
    for (const line of lines) patterns.push(parsePattern(line, names.slice(0, -1)));
  }
  return ok(patterns);
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [a.join("\0"), b.join("\0")];
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * The patterns of one file or field; comments and empty lines are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parsePatterns("# nothing\n\n*.md\n", []).length, 1);
 * ```
 */
export function parsePatterns(text: string, domain: readonly string[]): readonly Pattern[] {
  return patternLines(text).map((line) => parsePattern(line, domain));
}

function patternLines(text: string): readonly string[] {
  return text.split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => !line.startsWith("#") && line.trim() !== "");
}

function tooMany(): Failure {
  return fail("TooLarge", `The ignore rules have more than ${MOST_PATTERNS} patterns`);
}

/** The built-in patterns that hold when nobody wrote any. */
export function defaultPatterns(): readonly string[] {
  return [...EXCLUDE_VCS, ...EXCLUDE_EXTENSIONS, ...EXCLUDE_CI, ...EXCLUDE_EXTRA];
}

/**
 * Joins patterns; the last one that says something about a path decides.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ignored = compileIgnore(parsePatterns("*\n!a", []));
 * assert.deepEqual([ignored("a", false), ignored("b", false)], [false, true]);
 * ```
 */
export function compileIgnore(patterns: readonly Pattern[]): Ignore {
  const lastFirst = patterns.toReversed();
  let comparisons = 0;
  return (path, isFolder) => {
    const names = path.split("/");
    for (const pattern of lastFirst) {
      comparisons += 1;
      if (comparisons > MOST_COMPARISONS) {
        throw new BudgetSpent("time", "The ignore rules are too many for so many files");
      }
      const verdict = pattern.match(names, isFolder);
      if (verdict !== "none") return verdict === "exclude";
    }
    return false;
  };
}
