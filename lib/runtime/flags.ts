/**
 * Command-line flags from one table (design D15): it feeds parsing, `--help`, docs and `deploy/`.
 *
 * @module
 */
import { fail, nearestName, ok, parseDuration, type Result } from "../base/mod.ts";

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
}

/** A text, perhaps one of few. */
export interface TextFlag extends FlagBase {
  /** Tells it from the others. */
  readonly type: "text";
  /** The value when none is given. */
  readonly default: string;
  /** All values that there are. */
  readonly choices?: readonly string[];
}

/** A whole number. */
export interface IntegerFlag extends FlagBase {
  /** Tells it from the others. */
  readonly type: "integer";
  /** The value when none is given. */
  readonly default: number;
  /** Components whose value is another one when none is given. */
  readonly defaults?: Readonly<Partial<Record<FlagComponent, number>>>;
  /** Smaller values are refused. */
  readonly least?: number;
  /** Greater values are refused. */
  readonly most?: number;
}

/** One flag; `duration` is written `1m30s` and read in milliseconds, `list` may be given repeatedly. */
export type Flag =
  | TextFlag
  | (FlagBase & { readonly type: "boolean"; readonly default: boolean })
  | IntegerFlag
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
  /** The flags that were really given, wherever; the others have their defaults. */
  readonly given: ReadonlySet<string>;
  /** `--help` was asked for. */
  readonly help: boolean;
}

/** A value as it was read, before it is told apart by its flag. */
export type Parsed = boolean | number | string | readonly string[];

/** What was given at one place: values by flag. */
export type Given = ReadonlyMap<string, Parsed>;

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
  const parsed = parseArguments(table, args);
  if (!parsed.ok) return parsed;
  const { given, help } = parsed.value;
  return ok({ values: valuesOf(table, given), given: new Set(given.keys()), help });
}

/** The values that a command line gives, without any default. */
export function parseArguments(
  table: FlagTable,
  args: readonly string[],
): Result<{ given: Given; help: boolean }> {
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
    if (flag === undefined) {
      return fail("UnknownFlag", unknownName(`flag "--${name}"`, name, table, "--"));
    }
    const written = text ?? (flag.type === "boolean" ? "true" : args[++index]);
    if (written === undefined) return fail("InvalidFlag", `--${name} needs a value`);
    const value = parseValue(`--${name}`, flag, written, given.get(name));
    if (!value.ok) return value;
    given.set(name, value.value);
  }
  return ok({ given, help });
}

function splitArgument(argument: string): Result<{ name: string; text?: string }> {
  const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/.exec(argument);
  if (match?.[1] === undefined) {
    return fail("InvalidFlag", `"${argument.slice(0, 100)}" is not a flag; write --name=value`);
  }
  return ok(match[2] === undefined ? { name: match[1] } : { name: match[1], text: match[2] });
}

/** Reads one value; `label` names it in messages, a list goes on after `before`. */
export function parseValue(
  label: string,
  flag: Flag,
  text: string,
  before?: Parsed,
): Result<Parsed> {
  switch (flag.type) {
    case "text":
      if (flag.choices === undefined || flag.choices.includes(text)) return ok(text);
      return fail("InvalidFlag", `${label} is "${text}"; write one of ${flag.choices.join(", ")}`);
    case "boolean":
      if (text === "true" || text === "false") return ok(text === "true");
      return fail("InvalidFlag", `${label} is "${text}"; write true or false`);
    case "integer":
      return parseInteger(label, flag, text);
    case "duration": {
      const duration = parseDuration(text);
      return duration.ok ? duration : fail("InvalidFlag", `${label}: ${duration.message}`);
    }
    case "list": {
      const items = text === "" ? [] : text.split(",");
      return ok(Array.isArray(before) ? [...before, ...items] : items);
    }
  }
}

function parseInteger(label: string, { least, most }: IntegerFlag, text: string): Result<number> {
  if (!/^-?[0-9]{1,15}$/.test(text)) {
    return fail("InvalidFlag", `${label} is "${text}"; write a whole number`);
  }
  const value = Number(text);
  if (least !== undefined && value < least) {
    return fail("InvalidFlag", `${label} is ${text}; the least is ${least}`);
  }
  if (most !== undefined && value > most) {
    return fail("InvalidFlag", `${label} is ${text}; the most is ${most}`);
  }
  return ok(value);
}

/** What was given, and the defaults of the rest. */
export function valuesOf<Table extends FlagTable>(table: Table, given: Given): FlagValues<Table> {
  const values: Record<string, Parsed> = {};
  for (const [name, flag] of Object.entries(table)) values[name] = given.get(name) ?? preset(flag);
  // The loop above filled in every name of the table with a value of its type.
  return values as unknown as FlagValues<Table>;
}

/**
 * The values as one component reads them: a few defaults are not the same everywhere.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const table = {
 *   concurrent: {
 *     type: "integer",
 *     default: 4,
 *     defaults: { source: 2 },
 *     components: ["all"],
 *     help: "Runs at once.",
 *   },
 * } as const satisfies FlagTable;
 * const parsed = parseFlags(table, []);
 * assert.equal(parsed.ok && valuesFor("source", table, parsed.value).concurrent, 2);
 * ```
 */
export function valuesFor<Table extends FlagTable>(
  component: string,
  table: Table,
  { values, given }: Pick<ParsedFlags<Table>, "values" | "given">,
): FlagValues<Table> {
  const own = Object.entries<Flag>(table).flatMap(([name, flag]) => {
    if (flag.type !== "integer" || given.has(name)) return [];
    const value = Object.entries(flag.defaults ?? {}).find(([key]) => key === component)?.[1];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...values, ...Object.fromEntries(own) };
}

function preset(flag: Flag): Parsed {
  if (flag.type !== "duration") return flag.default;
  const parsed = parseDuration(flag.default);
  if (!parsed.ok) throw new TypeError(`A flag's default: ${parsed.message}`);
  return parsed.value;
}

/** `Unknown X; did you mean Y?` */
export function unknownName(
  what: string,
  name: string,
  table: FlagTable,
  dashes: "--" | "" = "",
): string {
  const nearest = nearestFlag(name, Object.keys(table));
  const hint = nearest === undefined ? "--help lists all" : `did you mean "${dashes}${nearest}"?`;
  return `Unknown ${what}; ${hint}`;
}

/** The flag or gate that was probably meant. */
export function nearestFlag(name: string, names: readonly string[]): string | undefined {
  return nearestName(name, names, Math.max(2, Math.floor(name.length / 3)));
}
