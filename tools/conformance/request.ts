/**
 * What `deno task conformance` was asked for.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../../lib/base/mod.ts";

/** What to run and what to show of it. */
export interface ConformanceRequest {
  readonly help: boolean;
  /** All areas when empty. */
  readonly areas: readonly string[];
  /** A file or folder to read rows from instead of the recorded ones. */
  readonly rows: string | undefined;
  /** Leave the gap lists out of the judgement. */
  readonly all: boolean;
  /** Print what the gap list should hold, and nothing else. */
  readonly listGaps: boolean;
}

/** Reads the arguments; fails with `Usage` naming the one that does not fit. */
export function parseConformanceArguments(
  args: readonly string[],
  known: readonly string[],
): Result<ConformanceRequest> {
  const areas: string[] = [];
  const flags = new Set<string>();
  let rows: string | undefined;
  const rest = [...taskArguments(args)];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (["--help", "-h", "--all", "--list-gaps"].includes(word)) flags.add(word);
    else if (word === "--rows") rows = rest.shift() ?? "";
    else if (word.startsWith("--rows=")) rows = word.slice("--rows=".length);
    else if (word.startsWith("-")) return fail("Usage", `unknown option ${word}`);
    else if (known.includes(word)) areas.push(word);
    else return fail("Usage", `"${word}" is no area; the areas are ${known.join(", ")}`);
  }
  if (rows === "") return fail("Usage", "--rows needs a file or a folder");
  if (rows !== undefined && areas.length !== 1) {
    return fail("Usage", "--rows needs one area that says how to read them");
  }
  if (flags.has("--list-gaps") && areas.length !== 1) {
    return fail("Usage", "--list-gaps needs one area: each has a file of its own");
  }
  return ok({
    help: flags.has("--help") || flags.has("-h"),
    areas,
    rows,
    all: flags.has("--all"),
    listGaps: flags.has("--list-gaps"),
  });
}
