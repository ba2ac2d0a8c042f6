/**
 * What functions, methods and operators take and give, for the check before the run.
 *
 * @module
 */
import { TIME_PARTS } from "./time.ts";

/** A type: `dyn` is one that only the run tells. */
export interface CelType {
  readonly name: string;
  /** Of a list: its elements. Of a map: keys, values. Of an optional: what it holds. */
  readonly parts?: readonly CelType[];
}

/** One way to call a function; the target of a method comes first. */
export interface Signature {
  readonly args: readonly CelType[];
  readonly result: CelType;
}

/** Any type. */
export const DYN: CelType = { name: "dyn" };

const NUMBERS = ["int", "uint", "double"] as const;
const ORDERED = ["bool", "string", "bytes", "timestamp", "duration"] as const;

/** One line for each way to call; methods have the target's type before the dot. */
const LINES: readonly string[] = [
  ...["_<_", "_<=_", "_>_", "_>=_"].flatMap((name) => [
    ...NUMBERS.flatMap((one) => NUMBERS.map((other) => `${name}(${one}, ${other}): bool`)),
    ...ORDERED.map((type) => `${name}(${type}, ${type}): bool`),
  ]),
  ...["_+_", "_-_", "_*_", "_/_"].flatMap((name) =>
    NUMBERS.map((type) => `${name}(${type}, ${type}): ${type}`)
  ),
  ...["int", "uint"].map((type) => `_%_(${type}, ${type}): ${type}`),
  ...["string", "bytes", "list"].map((type) => `_+_(${type}, ${type}): ${type}`),
  "_+_(duration, duration): duration",
  "_+_(timestamp, duration): timestamp",
  "_+_(duration, timestamp): timestamp",
  "_-_(duration, duration): duration",
  "_-_(timestamp, duration): timestamp",
  "_-_(timestamp, timestamp): duration",
  "!_(bool): bool",
  "-_(int): int",
  "-_(double): double",
  ...["string", "bytes", "list", "map"].flatMap((type) => [
    `size(${type}): int`,
    `${type}.size(): int`,
  ]),
  ...["contains", "startsWith", "endsWith", "matches"].map((name) =>
    `string.${name}(string): bool`
  ),
  "matches(string, string): bool",
  "string.charAt(int): string",
  ...["indexOf", "lastIndexOf"].flatMap((name) => [
    `string.${name}(string): int`,
    `string.${name}(string, int): int`,
  ]),
  ...["lowerAscii", "upperAscii", "trim", "reverse"].map((name) => `string.${name}(): string`),
  "string.replace(string, string): string",
  "string.replace(string, string, int): string",
  "string.split(string): strings",
  "string.split(string, int): strings",
  "string.substring(int): string",
  "string.substring(int, int): string",
  "string.format(list): string",
  "strings.join(): string",
  "strings.join(string): string",
  "strings.quote(string): string",
  ...["contains", "equivalent", "intersects"].map((name) => `sets.${name}(list, list): bool`),
  "base64.encode(bytes): string",
  "base64.decode(string): bytes",
  ...TIME_PARTS.flatMap((name) => [
    `timestamp.${name}(): int`,
    `timestamp.${name}(string): int`,
  ]),
  ...["getHours", "getMinutes", "getSeconds", "getMilliseconds"].map((name) =>
    `duration.${name}(): int`
  ),
  ...["bool", "string"].map((type) => `bool(${type}): bool`),
  ...["bytes", "string"].map((type) => `bytes(${type}): bytes`),
  ...[...NUMBERS, "string"].flatMap((type) =>
    NUMBERS.map((result) => `${result}(${type}): ${result}`)
  ),
  "int(timestamp): int",
  "int(duration): int",
  ...[...NUMBERS, ...ORDERED].map((type) => `string(${type}): string`),
  ...["int", "string", "timestamp"].map((type) => `timestamp(${type}): timestamp`),
  ...["int", "string", "duration"].map((type) => `duration(${type}): duration`),
  "dyn(dyn): dyn",
  "type(dyn): type",
  "optional_type.hasValue(): bool",
];

/** Names with a dot that are no methods. */
const NAMESPACES: ReadonlySet<string> = new Set(["sets", "base64"]);

const TYPES: ReadonlyMap<string, CelType> = new Map([
  ["timestamp", { name: "timestamp" }],
  ["list", { name: "list", parts: [DYN] }],
  ["strings", { name: "list", parts: [{ name: "string" }] }],
  ["map", { name: "map", parts: [DYN, DYN] }],
  ["optional_type", { name: "optional_type", parts: [DYN] }],
]);

/** Ways to call by name; those of methods have a dot before it. */
export const SIGNATURES: ReadonlyMap<string, readonly Signature[]> = read();

function read(): Map<string, Signature[]> {
  const table = new Map<string, Signature[]>();
  for (const line of LINES) {
    const [, target, name = "", args = "", result = ""] =
      /^(?:(\w+)\.)?([^(]+)\(([^)]*)\): (\w+)$/.exec(line) ?? [];
    const isQuote = line.startsWith("strings.quote");
    const isMethod = target !== undefined && !NAMESPACES.has(target) && !isQuote;
    const key = isMethod ? `.${name}` : target === undefined ? name : `${target}.${name}`;
    const types = [
      ...(isMethod ? [target] : []),
      ...args.split(", ").filter((type) => type !== ""),
    ];
    const ways = table.get(key) ?? [];
    ways.push({ args: types.map(typeNamed), result: typeNamed(result) });
    table.set(key, ways);
  }
  return table;
}

function typeNamed(name: string): CelType {
  return TYPES.get(name) ?? { name };
}
