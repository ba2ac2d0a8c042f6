/**
 * The options of benchmarks: each has a list of values, after a space or an equals sign.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";

/** Reads `--name A,B` and `--name=A,B`; only `names` may stand there. */
export function readOptions(
  args: readonly string[],
  names: readonly string[],
): Result<ReadonlyMap<string, readonly string[]>> {
  const given = new Map<string, readonly string[]>();
  const words = args.flatMap((word) => word.split("="));
  while (words.length > 0) {
    const [name = "", value = ""] = words.splice(0, 2);
    if (!names.includes(name)) return fail("BadArguments", `unknown option ${name}`);
    if (value === "") return fail("BadArguments", `${name} needs a value`);
    given.set(name, value.split(","));
  }
  return ok(given);
}

/** The values of an option that takes whole numbers above 0. */
export function wholeNumbers(
  given: ReadonlyMap<string, readonly string[]>,
  name: string,
  fallback: readonly number[],
): Result<readonly number[]> {
  const numbers = given.get(name)?.map(Number) ?? fallback;
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
  if (!given.ok) return given;
  const read = new Map<string, readonly number[]>();
  for (const [name, fallback] of Object.entries(defaults)) {
    const numbers = wholeNumbers(given.value, name, fallback);
    if (!numbers.ok) return numbers;
    read.set(name, numbers.value);
  }
  return ok(read);
}
