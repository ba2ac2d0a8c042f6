/**
 * Where the values of flags come from: command line, environment, file, in this order (design D15).
 *
 * @module
 */
import { fail, isRecord, messageOf, ok, type Result } from "../base/mod.ts";
import { parseOne, toPlain } from "../yaml/mod.ts";
import {
  type Flag,
  type FlagTable,
  type Given,
  parseArguments,
  type Parsed,
  type ParsedFlags,
  parseValue,
  unknownName,
  valuesOf,
} from "./flags.ts";

/** The flag that names the file; it cannot stand in one. */
const CONFIG = "config";
/** A file of flags is written by hand. */
const MOST_CHARACTERS = 1_000_000;

/** What is asked besides the command line. */
export interface FlagSources {
  /** Reads an environment variable. */
  env(name: string): string | undefined;
  /** Reads the file that `--config` names. */
  readFile(path: string): Promise<string>;
}

/**
 * The name of a flag's environment variable.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(environmentName("log-level"), "SLUICE_LOG_LEVEL");
 * assert.equal(environmentName("receiverAddr"), "SLUICE_RECEIVER_ADDR");
 * ```
 */
export function environmentName(flag: string): string {
  const words = flag.replace(/[A-Z]/g, (letter) => `_${letter}`).replaceAll("-", "_");
  return `SLUICE_${words.toUpperCase()}`;
}

/**
 * Reads all flags: the command line wins over the environment, that over the file of `--config`, and that
 * over the defaults. A list is taken from one place as a whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { FlagTable } from "./flags.ts";
 * const table = {
 *   config: { type: "text", default: "", components: ["main"], help: "File of flags." },
 *   concurrent: { type: "integer", default: 4, components: ["all"], help: "Runs at once." },
 * } as const satisfies FlagTable;
 * const read = await readFlags(table, ["--config=flags.yaml"], {
 *   env: () => undefined,
 *   readFile: () => Promise.resolve("concurrent: 8"),
 * });
 * assert.equal(read.ok && read.value.values.concurrent, 8);
 * ```
 */
export async function readFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
  sources: FlagSources,
): Promise<Result<ParsedFlags<Table>>> {
  const fromArguments = parseArguments(table, args);
  if (!fromArguments.ok) return fromArguments;
  const fromEnvironment = parseEnvironment(table, sources);
  if (!fromEnvironment.ok) return fromEnvironment;
  const near = new Map([...fromEnvironment.value, ...fromArguments.value.given]);
  const path = near.get(CONFIG);
  const { help } = fromArguments.value;
  const fromFile = typeof path === "string" && path !== "" && !help
    ? await readFlagFile(table, path, sources)
    : ok<Given>(new Map());
  if (!fromFile.ok) return fromFile;
  const given = new Map([...fromFile.value, ...near]);
  return ok({ values: valuesOf(table, given), given: new Set(given.keys()), help });
}

function parseEnvironment(table: FlagTable, { env }: FlagSources): Result<Given> {
  const given = new Map<string, Parsed>();
  for (const [name, flag] of Object.entries(table)) {
    const variable = environmentName(name);
    const text = env(variable);
    if (text === undefined) continue;
    const value = parseValue(variable, flag, text);
    if (!value.ok) return value;
    given.set(name, value.value);
  }
  return ok(given);
}

async function readFlagFile(
  table: FlagTable,
  path: string,
  { readFile }: FlagSources,
): Promise<Result<Given>> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    return fail("InvalidFlag", `--${CONFIG}: cannot read ${path}: ${messageOf(error)}`, error);
  }
  return parseFlagFile(table, path, text);
}

/**
 * Reads a file of flags: a YAML mapping from names to values.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { FlagTable } from "./flags.ts";
 * const table = {
 *   concurrent: { type: "integer", default: 4, components: ["all"], help: "Runs at once." },
 * } as const satisfies FlagTable;
 * const wrong = parseFlagFile(table, "flags.yaml", "concurent: 8");
 * assert.equal(
 *   !wrong.ok && wrong.message,
 *   'flags.yaml: Unknown flag "concurent"; did you mean "concurrent"?',
 * );
 * ```
 */
export function parseFlagFile(table: FlagTable, path: string, text: string): Result<Given> {
  if (text.length > MOST_CHARACTERS) {
    return fail("InvalidFlag", `${path} is longer than ${MOST_CHARACTERS} characters`);
  }
  const parsed = parseOne(text, { file: path });
  if (!parsed.ok) return parsed;
  const root = toPlain(parsed.value) ?? {};
  if (!isRecord(root)) return fail("InvalidFlag", `${path} is no mapping; write name: value`);
  const given = new Map<string, Parsed>();
  for (const [name, written] of Object.entries(root)) {
    const flag = Object.hasOwn(table, name) && name !== CONFIG ? table[name] : undefined;
    if (flag === undefined) {
      return fail("UnknownFlag", `${path}: ${unknownName(`flag "${name}"`, name, table)}`);
    }
    const value = parseWritten(`${path}: ${name}`, flag, written);
    if (!value.ok) return value;
    given.set(name, value.value);
  }
  return ok(given);
}

/** A scalar is read like the text of an argument; only a list may be a sequence. */
function parseWritten(label: string, flag: Flag, written: unknown): Result<Parsed> {
  if (Array.isArray(written) && flag.type === "list") {
    const items = written.filter((item) => typeof item === "string");
    if (items.length === written.length) return ok(items);
    return fail("InvalidFlag", `${label} has an item that is no text; quote it`);
  }
  switch (typeof written) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return parseValue(label, flag, String(written));
  }
  return fail("InvalidFlag", `${label} is no ${flag.type}`);
}
