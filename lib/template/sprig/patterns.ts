/**
 * Regular expressions (RE2).
 *
 * @module
 */
import { RE2JS, RE2JSException } from "re2js";
import { expandGroups } from "../../base/mod.ts";
import { type Args, CallProblem, fixed, type FunctionTable, refuse } from "../functions.ts";
import { withMust } from "./lists.ts";

const FUNCTIONS: FunctionTable = {
  regexFind: fixed(2, (a) => findAll(a, 1)[0]?.text ?? ""),
  regexFindAll: fixed(3, (a) => findAll(a, Number(a.int(2))).map(({ text }) => text)),
  regexReplaceAll: fixed(3, (a) => replaceAll(a, true)),
  regexReplaceAllLiteral: fixed(3, (a) => replaceAll(a, false)),
  regexSplit: fixed(3, split),
};

/** Sprig's functions for regular expressions, each also with `must`. */
export const PATTERNS: FunctionTable = {
  // What is no pattern matches nothing, for this one alone.
  regexMatch: fixed(2, (a) => isPattern(a) && matches(a)),
  mustRegexMatch: fixed(2, matches),
  ...FUNCTIONS,
  ...withMust(FUNCTIONS),
  regexQuoteMeta: fixed(1, (a) => a.text(0).replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")),
};

const LONGEST_PATTERN = 1_000;

function compile(args: Args): RE2JS {
  const pattern = args.text(0);
  if (pattern.length > LONGEST_PATTERN) {
    return refuse(`a regular expression of more than ${LONGEST_PATTERN} characters`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return refuse(error.message);
  }
}

function matches(args: Args): boolean {
  return compile(args).matcher(args.text(1)).find();
}

function isPattern(args: Args): boolean {
  try {
    compile(args);
    return true;
  } catch (thrown) {
    if (thrown instanceof CallProblem) return false;
    throw thrown;
  }
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The replacement that `template` makes of it. */
  expand(template: string): string;
}

/** Up to `most` matches; all for a negative number. */
function findAll(args: Args, most: number): readonly Found[] {
  const matcher = compile(args).matcher(args.text(1));
  const names = matcher.pattern().namedGroups();
  const found: Found[] = [];
  let before = -1;
  while (found.length !== most && matcher.find()) {
    args.meter.spendEntries(1, "a regular expression");
    const [start, end] = [matcher.start(), matcher.end()];
    // Go takes no empty match right behind another one.
    if (start === end && start === before) continue;
    before = end;
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, at) => matcher.group(at) ?? "",
    );
    found.push({
      start,
      end,
      text: groups[0] ?? "",
      expand: (template) =>
        expandGroups(template, { count: groups.length - 1, names, get: (at) => groups[at] ?? "" }),
    });
  }
  return found;
}

function replaceAll(args: Args, expands: boolean): string {
  const [text, by] = [args.text(1), args.text(2)];
  args.meter.checkBytes((text.length + 1) * (by.length + 1), "a replacement");
  let out = "";
  let at = 0;
  for (const match of findAll(args, -1)) {
    out += text.slice(at, match.start) + (expands ? match.expand(by) : by);
    at = match.end;
  }
  return out + text.slice(at);
}

function split(args: Args): readonly string[] {
  const [text, most] = [args.text(1), Number(args.int(2))];
  if (most === 0) return [];
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of findAll(args, -1)) {
    if (most > 0 && parts.length === most - 1) break;
    // An empty match at the start of the text parts nothing from it.
    if (end === 0) continue;
    if (start === text.length && start === end) break;
    parts.push(text.slice(at, start));
    at = end;
  }
  return [...parts, text.slice(at)];
}
