/**
 * One line of an ignore file.
 *
 * Flux reads these lines a little differently from git: a pattern also says something about everything
 * below what it names, `**` never goes back, and `!x` inside an ignored folder works.
 *
 * @module
 */
import { compileGlob, type NameMatcher } from "./glob.ts";

/** What a pattern says about a path. */
export type Verdict = "exclude" | "include" | "none";

/** A compiled line. */
export interface Pattern {
  /** The line as written. */
  readonly line: string;
  /** The folder it was written in, as names; it says nothing about paths outside. */
  readonly domain: readonly string[];
  /** What it says about a path, given as names. */
  match(path: readonly string[], isFolder: boolean): Verdict;
}

/** A name that must come next, or anywhere further down. */
interface Step {
  readonly matches: NameMatcher;
  readonly anywhere: boolean;
}

/**
 * Compiles a line that is neither empty nor a comment.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parsePattern("docs/*.md", []).match(["docs", "a.md"], false), "exclude");
 * assert.equal(parsePattern("!keep", []).match(["a", "keep"], false), "include");
 * ```
 */
export function parsePattern(line: string, domain: readonly string[]): Pattern {
  const includes = line.startsWith("!");
  const unsigned = includes ? line.slice(1) : line;
  const trimmed = unsigned.endsWith("\\ ") ? unsigned : unsigned.replace(/ +$/, "");
  const foldersOnly = trimmed.endsWith("/");
  const body = foldersOnly ? trimmed.slice(0, -1) : trimmed;
  const steps = body.includes("/") ? pathSteps(body.split("/")) : nameSteps(body);
  const verdict = includes ? "include" : "exclude";
  return {
    line,
    domain,
    match(path, isFolder) {
      const isInside = path.length > domain.length && domain.every((name, at) => name === path[at]);
      if (!isInside || steps === undefined) return "none";
      const end = endOfMatch(steps, path, domain.length);
      if (end === undefined) return "none";
      // What lies below a match is inside a folder in any case.
      const isTheFile = end === path.length && !isFolder;
      return foldersOnly && isTheFile ? "none" : verdict;
    },
  };
}

/** A pattern without a slash names files and folders at any depth. */
function nameSteps(name: string): readonly Step[] | undefined {
  const matches = compileGlob(name);
  return matches && [{ matches, anywhere: true }];
}

/** Nothing for a pattern that can match no path. */
function pathSteps(parts: readonly string[]): readonly Step[] | undefined {
  const steps: Step[] = [];
  let anywhere = false;
  for (const part of parts) {
    if (part === "" || part === "**") {
      anywhere = part === "**";
      continue;
    }
    const matches = part.includes("**") ? undefined : compileGlob(part);
    if (matches === undefined) return undefined;
    steps.push({ matches, anywhere });
    anywhere = false;
  }
  return steps.length === 0 ? undefined : steps;
}

/** Takes the first place for each step and never tries another one. */
function endOfMatch(
  steps: readonly Step[],
  path: readonly string[],
  start: number,
): number | undefined {
  let at = start;
  for (const { matches, anywhere } of steps) {
    const last = anywhere ? path.length : Math.min(at + 1, path.length);
    while (at < last && !matches(path[at] ?? "")) at++;
    if (at >= last) return undefined;
    at++;
  }
  return at;
}
