/**
 * The options of benchmarks: each has a value, after a space or an equals sign; most are lists.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";

/** What was given: values by option, as often as it stood there. */
export type Options = ReadonlyMap<string, readonly string[]>;

/** Reads `--name A,B` and `--name=A,B`; only `names` may stand there. */
export function readOptions(args: readonly string[], names: readonly string[]): Result<Options> {
  const given = new Map<string, readonly string[]>();
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name = word, inline] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? [];
    if (!names.includes(name)) return fail("BadArguments", `unknown option ${name}`);
    const value = inline ?? words.shift() ?? "";
    if (value === "") return fail("BadArguments", `${name} needs a value`);
    given.set(name, [...given.get(name) ?? [], value]);
  }
  return ok(given);
}

/** The items of an option that is a list. */
export function listOf(given: Options, name: string): readonly string[] | undefined {
  return given.get(name)?.flatMap((value) => value.split(","));
}

/** The values of an option that takes whole numbers above 0. */
export function wholeNumbers(
  given: Options,
  name: string,
  fallback: readonly number[],
): Result<readonly number[]> {
  const numbers = listOf(given, name)?.map(Number) ?? fallback;
  if (!numbers.every((it) => Number.isInteger(it) && it > 0)) {
    return fail("BadArguments", `${name} needs a whole number above 0`);
  }
  return ok(numbers);
}

/** The options that benches of several sizes have in common. */
export function readSizes(
  args: readonly string[],
  defaults: Readonly<Record<string, readonly number[]>>,
): Result<ReadonlyMap<string, readonly number[]>> {
  const given = readOptions(args, Object.keys(defaults));
  return given.ok ? sizesIn(given.value, defaults) : given;
}

/** The same of options that were read already, with others among them. */
export function sizesIn(
  given: Options,
  defaults: Readonly<Record<string, readonly number[]>>,
): Result<ReadonlyMap<string, readonly number[]>> {
  const read = new Map<string, readonly number[]>();
  for (const [name, fallback] of Object.entries(defaults)) {
    const numbers = wholeNumbers(given, name, fallback);
    if (!numbers.ok) return numbers;
    read.set(name, numbers.value);
  }
  return ok(read);
}
