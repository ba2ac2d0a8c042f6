/**
 * What `deno task conformance golden` was asked for.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../../lib/base/mod.ts";

/** Which scenarios to play, and how. */
export interface GoldenRequest {
  readonly help: boolean;
  /** A file or folder of scenarios instead of the recorded ones; no gap list holds then. */
  readonly rows: string | undefined;
  /** Names to play, with `*` and `?`; all when empty. */
  readonly only: readonly string[];
  /** Scenarios side by side. */
  readonly jobs: number;
  /** Compare the conditions on the way, too. */
  readonly strict: boolean;
  /** Leave out what is on the gap list. */
  readonly skipGaps: boolean;
  /** Folder for the runner's scratch and the controllers' log, kept; else one that is removed. */
  readonly work: string | undefined;
}

const SWITCHES = ["--help", "-h", "--strict", "--skip-gaps"];
const VALUES = ["--rows", "--only", "--jobs", "--work"];
const MOST_JOBS = 32;
const USUAL_JOBS = 6;

/** Reads the arguments; fails with `Usage` naming the one that does not fit. */
export function parseGoldenArguments(args: readonly string[]): Result<GoldenRequest> {
  const switches = new Set<string>();
  const given = new Map<string, string[]>();
  const rest = [...taskArguments(args)];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [option = "", ...value] = word.split("=");
    if (SWITCHES.includes(word)) {
      switches.add(word);
    } else if (VALUES.includes(option)) {
      const text = value.length > 0 ? value.join("=") : rest.shift() ?? "";
      if (text === "") return fail("Usage", `${option} needs a value`);
      given.set(option, [...given.get(option) ?? [], text]);
    } else {
      return fail("Usage", `unknown option ${word}`);
    }
  }
  const jobs = Number(given.get("--jobs")?.at(-1) ?? USUAL_JOBS);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS) {
    return fail("Usage", `--jobs needs a number from 1 to ${MOST_JOBS}`);
  }
  return ok({
    help: switches.has("--help") || switches.has("-h"),
    rows: given.get("--rows")?.at(-1),
    only: given.get("--only") ?? [],
    jobs,
    strict: switches.has("--strict"),
    skipGaps: switches.has("--skip-gaps"),
    work: given.get("--work")?.at(-1),
  });
}

/** Whether `name` is asked for. */
export function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((glob) => matchesGlob(name, glob));
}

/** `*` stands for any text, `?` for one sign. */
function matchesGlob(name: string, glob: string): boolean {
  const [sign, rest] = [glob[0], glob.slice(1)];
  if (sign === undefined) return name === "";
  if (sign === "*") {
    return matchesGlob(name, rest) || (name !== "" && matchesGlob(name.slice(1), glob));
  }
  return name !== "" && (sign === "?" || sign === name[0]) && matchesGlob(name.slice(1), rest);
}
