/**
 * The functions of the language itself.
 *
 * @module
 */
import { type Args, atLeast, fixed, type FunctionTable, refuse } from "./functions.ts";
import { joinTexts, printAll, show } from "./print.ts";
import { printFormat } from "./printf.ts";
import { compareTexts, Dict, isList, isTruth, Struct, typeName, type Value } from "./value.ts";

/** Go's functions; `and` and `or` are carried out by the engine, which does not look at all arguments. */
export const BUILTINS: FunctionTable = {
  and: atLeast(1, (args) => args.any(0)),
  or: atLeast(1, (args) => args.any(0)),
  not: fixed(1, (args) => !isTruth(args.any(0))),
  len: fixed(1, (args) => lengthOf(args.any(0))),
  index: atLeast(1, index),
  slice: atLeast(1, slice),
  print: atLeast(0, (args) => printAll(args.from(0), args.meter)),
  println: atLeast(
    0,
    (args) => `${joinTexts(args.from(0).map((it) => show(it, args.meter)), " ", args.meter)}\n`,
  ),
  printf: atLeast(1, (args) => printFormat(args.text(0), args.from(1), args.meter)),
  html: atLeast(0, (args) => escapeText(args, HTML)),
  js: atLeast(0, (args) => escapeText(args, SCRIPT)),
  urlquery: atLeast(
    0,
    (args) => new URLSearchParams([["", printAll(args.from(0), args.meter)]]).toString().slice(1),
  ),
  eq: atLeast(1, (args) => isAnyEqual(args)),
  ne: fixed(2, (args) => !isEqual(args.any(0), args.any(1))),
  lt: fixed(2, (args) => compare(args) < 0),
  le: fixed(2, (args) => compare(args) <= 0),
  gt: fixed(2, (args) => compare(args) > 0),
  ge: fixed(2, (args) => compare(args) >= 0),
};

function lengthOf(value: Value): bigint {
  if (typeof value === "string") return BigInt(new TextEncoder().encode(value).length);
  if (isList(value)) return BigInt(value.length);
  if (value instanceof Dict) return BigInt(value.entries.size);
  return refuse(value === null ? "len of nil pointer" : `len of type ${typeName(value)}`);
}

function index(args: Args): Value {
  let here = args.any(0);
  if (here === null) refuse("index of untyped nil");
  for (const key of args.from(1)) here = entryOf(here, key);
  return here;
}

function entryOf(value: Value, key: Value): Value {
  if (value === null || value === undefined) return refuse("index of nil pointer");
  if (value instanceof Dict) {
    if (typeof key !== "string" && !(key instanceof Struct)) {
      return refuse(
        key === null || key === undefined
          ? "value is nil; should be of type string"
          : `value has type ${typeName(key)}; should be string`,
      );
    }
    return value.entries.has(key) ? value.entries.get(key) : value.zero;
  }
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : undefined;
  const length = bytes?.length ?? (isList(value) ? value.length : undefined);
  if (length === undefined) return refuse(`can't index item of type ${typeName(value)}`);
  const at = indexOf(key, length - 1);
  return bytes === undefined ? isList(value) ? value[at] : undefined : BigInt(bytes[at] ?? 0);
}

function indexOf(key: Value, last: number): number {
  if (typeof key !== "bigint") {
    return refuse(
      key === null || key === undefined
        ? "cannot index slice/array with nil"
        : `cannot index slice/array with type ${typeName(key)}`,
    );
  }
  return key < 0n || key > BigInt(last) ? refuse(`index out of range: ${key}`) : Number(key);
}

function slice(args: Args): Value {
  const value = args.any(0);
  if (value === null) refuse("slice of untyped nil");
  if (args.count > 4) refuse(`too many slice indexes: ${args.count - 1}`);
  if (typeof value === "string" && args.count > 3) refuse("cannot 3-index slice a string");
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : undefined;
  const length = bytes?.length ?? (isList(value) ? value.length : undefined);
  if (length === undefined) return refuse(`can't slice item of type ${typeName(value)}`);
  const [from = 0, to = length] = args.from(1).map((key) => indexOf(key, length));
  if (from > to) refuse(`invalid slice index: ${from} > ${to}`);
  if (bytes !== undefined) return new TextDecoder().decode(bytes.subarray(from, to));
  return isList(value) ? value.slice(from, to) : undefined;
}

function isAnyEqual(args: Args): boolean {
  if (args.count < 2) refuse("missing argument for comparison");
  return args.from(1).some((other) => isEqual(args.any(0), other));
}

function isEqual(one: Value, other: Value): boolean {
  const [a, b] = [one ?? null, other ?? null];
  if (a === null || b === null) return a === b;
  if (kindOf(a) !== kindOf(b)) return refuseKinds(a, b);
  for (const value of [a, b]) {
    if (isList(value) || value instanceof Dict) {
      return refuse(`non-comparable type ${typeName(value)}`);
    }
  }
  if (a instanceof Struct && b instanceof Struct) {
    return a === b ||
      (a.typeName === b.typeName &&
        a.fields.every(({ value }, at) => isEqual(value, b.fields[at]?.value)));
  }
  return a === b;
}

function refuseKinds(a: Value, b: Value): never {
  return refuse(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function kindOf(value: Value): string {
  return typeof value === "object" ? "other" : typeof value;
}

function compare(args: Args): number {
  const [a, b] = [args.any(0), args.any(1)];
  for (const value of [a, b]) {
    if (kindOf(value) === "other") return refuse("invalid type for comparison");
  }
  if (kindOf(a) !== kindOf(b)) return refuseKinds(a, b);
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "number" && typeof b === "number") {
    return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN;
  }
  return refuse("invalid type for comparison");
}

const HTML: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};
const SCRIPT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function escapeText(args: Args, table: Readonly<Record<string, string>>): string {
  const text = printAll(args.from(0), args.meter);
  args.meter.checkBytes(text.length * 6, "an escaped text");
  return text.replace(/[\p{Cc}"'&<>=\\]/gu, (char) => {
    const known = table[char];
    if (known !== undefined || table === HTML || !/\p{Cc}/u.test(char)) return known ?? char;
    return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
}
