/**
 * Command-line flags from one table (design D15): it feeds parsing, `--help`, docs and `deploy/`.
 *
 * @module
 */
import { fail, ok, parseDuration, type Result } from "../base/mod.ts";

/** Which component a flag is for; `all` for every one, `main` for the process. */
export type FlagComponent =
  | "all"
  | "main"
  | "source"
  | "kustomize"
  | "helm"
  | "image-reflector"
  | "image-automation"
  | "notification";

/** What every flag says of itself. */
export interface FlagBase {
  /** Who reads it. */
  readonly components: readonly FlagComponent[];
  /** One sentence for `--help`. */
  readonly help: string;
  /** Whether a running process takes a new value from its file. */
  readonly reloadable?: boolean;
}

/** One flag; `duration` is written `1m30s` and read in milliseconds, `list` may be given repeatedly. */
export type Flag =
  | (FlagBase & { readonly type: "text"; readonly default: string })
  | (FlagBase & { readonly type: "boolean"; readonly default: boolean })
  | (FlagBase & { readonly type: "integer"; readonly default: number; readonly least?: number })
  | (FlagBase & { readonly type: "duration"; readonly default: string })
  | (FlagBase & { readonly type: "list"; readonly default: readonly string[] });

/** Flags by name, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What a flag's type is read as. */
export type FlagValue<F extends Flag> = F["type"] extends "boolean" ? boolean
  : F["type"] extends "integer" | "duration" ? number
  : F["type"] extends "list" ? readonly string[]
  : string;

/** The value of each flag of a table. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: FlagValue<Table[Name]>;
};

/** What a command line came to. */
export interface ParsedFlags<Table extends FlagTable> {
  /** One value for every flag of the table. */
  readonly values: FlagValues<Table>;
  /** The flags that were really given; the others have their defaults. */
  readonly given: ReadonlySet<string>;
  /** `--help` was asked for. */
  readonly help: boolean;
}

type Parsed = boolean | number | string | readonly string[];

/**
 * Reads `--flag=value`, `--flag value` and, for booleans, `--flag`. An unknown name fails with the nearest
 * known one, so that a misspelt flag never silently keeps its default.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const table = {
 *   concurrent: { type: "integer", default: 4, components: ["all"], help: "Runs at once." },
 * } as const satisfies FlagTable;
 * const got = parseFlags(table, ["--concurrent=8"]);
 * assert.equal(got.ok && got.value.values.concurrent, 8);
 * const wrong = parseFlags(table, ["--concurent=8"]);
 * assert.equal(!wrong.ok && wrong.message, 'Unknown flag "--concurent"; did you mean "--concurrent"?');
 * ```
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
): Result<ParsedFlags<Table>> {
  const given = new Map<string, Parsed>();
  let help = false;
  for (let index = 0; index < args.length; index++) {
    const argument = splitArgument(args[index] ?? "");
    if (!argument.ok) return argument;
    const { name, text } = argument.value;
    if (name === "help" || name === "h") {
      help = true;
      continue;
    }
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined) return fail("UnknownFlag", unknownFlag(name, Object.keys(table)));
    const written = text ?? (flag.type === "boolean" ? "true" : args[++index]);
    if (written === undefined) return fail("InvalidFlag", `--${name} needs a value`);
    const value = parseValue(name, flag, written, given.get(name));
    if (!value.ok) return value;
    given.set(name, value.value);
  }
  return ok({ values: valuesOf(table, given), given: new Set(given.keys()), help });
}

function splitArgument(argument: string): Result<{ name: string; text?: string }> {
  const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/.exec(argument);
  if (match?.[1] === undefined) {
    return fail("InvalidFlag", `"${argument.slice(0, 100)}" is not a flag; write --name=value`);
  }
  return ok(match[2] === undefined ? { name: match[1] } : { name: match[1], text: match[2] });
}

function parseValue(name: string, flag: Flag, text: string, before?: Parsed): Result<Parsed> {
  switch (flag.type) {
    case "text":
      return ok(text);
    case "boolean":
      if (text === "true" || text === "false") return ok(text === "true");
      return fail("InvalidFlag", `--${name} is "${text}"; write true or false`);
    case "integer":
      return parseInteger(name, text, flag.least);
    case "duration": {
      const duration = parseDuration(text);
      return duration.ok ? duration : fail("InvalidFlag", `--${name}: ${duration.message}`);
    }
    case "list": {
      const items = text === "" ? [] : text.split(",");
      return ok(Array.isArray(before) ? [...before, ...items] : items);
    }
  }
}

function parseInteger(name: string, text: string, least = -Infinity): Result<number> {
  if (/^-?[0-9]{1,15}$/.test(text) && Number(text) >= least) return ok(Number(text));
  const bound = Number.isFinite(least) ? ` of at least ${least}` : "";
  return fail("InvalidFlag", `--${name} is "${text}"; write a whole number${bound}`);
}

function valuesOf<Table extends FlagTable>(
  table: Table,
  given: ReadonlyMap<string, Parsed>,
): FlagValues<Table> {
  const values: Record<string, Parsed> = {};
  for (const [name, flag] of Object.entries(table)) values[name] = given.get(name) ?? preset(flag);
  // The loop above filled in every name of the table with a value of its type.
  return values as unknown as FlagValues<Table>;
}

function preset(flag: Flag): Parsed {
  if (flag.type !== "duration") return flag.default;
  const parsed = parseDuration(flag.default);
  if (!parsed.ok) throw new TypeError(`A flag's default: ${parsed.message}`);
  return parsed.value;
}

function unknownFlag(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "--help lists all" : `did you mean "--${nearest}"?`;
  return `Unknown flag "--${name}"; ${hint}`;
}

/** The name that takes the fewest edits, if that is few enough to have been meant. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const edits = editDistance(name, candidate);
    if (edits >= least) continue;
    least = edits;
    best = candidate;
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The table as text for people.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = flagHelp({
 *   "log-level": { type: "text", default: "info", components: ["all"], help: "Least severity." },
 * });
 * assert.equal(text, "  --log-level text  Least severity. (default info)\n");
 * ```
 */
export function flagHelp(table: FlagTable): string {
  const rows = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => ({ left: `  --${name} ${flag.type}`, help: helpOf(flag) }));
  const width = Math.max(0, ...rows.map((row) => row.left.length));
  return rows.map((row) => `${row.left.padEnd(width)}  ${row.help}\n`).join("");
}

function helpOf(flag: Flag): string {
  const only = flag.components.includes("all") || flag.components.includes("main")
    ? ""
    : `${flag.components.join(", ")}: `;
  const value = String(flag.default);
  return `${only}${flag.help}${value === "" || value === "false" ? "" : ` (default ${value})`}`;
}

/**
 * Reads `--feature-gates=Name=true,…`. A gate that is not in `known` is refused, not ignored: whoever sets
 * one relies on it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseFeatureGates(["GroupChangeLog=true"], { GroupChangeLog: false });
 * assert.deepEqual(got, { ok: true, value: { GroupChangeLog: true } });
 * ```
 */
export function parseFeatureGates(
  items: readonly string[],
  known: Readonly<Record<string, boolean>>,
): Result<Readonly<Record<string, boolean>>> {
  const gates: Record<string, boolean> = { ...known };
  for (const item of items) {
    const [name = "", value] = item.split("=");
    if (value !== "true" && value !== "false") {
      return fail("InvalidFlag", `--feature-gates: "${item}" is not Name=true or Name=false`);
    }
    if (Object.hasOwn(known, name)) {
      gates[name] = value === "true";
      continue;
    }
    const nearest = nearestName(name, Object.keys(known));
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    return fail("UnknownGate", `--feature-gates: "${name}" is not implemented here${hint}`);
  }
  return ok(gates);
}
