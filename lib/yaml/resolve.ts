/**
 * What a plain scalar means: the rules of Go's two YAML readers, and the numbers and times they find.
 *
 * @module
 */
import type { ScalarNode, ScalarTag } from "./node.ts";
import { formatTimestamp } from "./timestamp.ts";

/**
 * Whose rules decide what an unquoted word is: `kyaml` (kustomize's reader: `yes` is a string, dates are
 * timestamps) or `lenient` (sigs.k8s.io/yaml, which reads everything else in Kubernetes: `yes` is a
 * boolean, dates are strings). `source` is `kyaml` for a text that is to be edited: its tree is what is written,
 * with aliases, merge keys and double keys as they stand.
 */
export type YamlMode = "kyaml" | "lenient" | "source";

const COMMON_WORDS: readonly (readonly [ScalarTag, readonly string[]])[] = [
  ["bool", ["true", "True", "TRUE", "false", "False", "FALSE"]],
  ["null", ["", "~", "null", "Null", "NULL"]],
  ["float", [".nan", ".NaN", ".NAN"]],
  ["float", [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"]],
];

const OLD_BOOLEANS = "y Y yes Yes YES on On ON n N no No NO off Off OFF".split(" ");

const KYAML_WORDS = new Map(
  COMMON_WORDS.flatMap(([tag, words]) => words.map((word) => [word, tag] as const)),
);

const LENIENT_WORDS = new Map<string, ScalarTag>([
  ...KYAML_WORDS,
  ...OLD_BOOLEANS.map((word) => [word, "bool"] as const),
]);

const TRUE_WORDS = new Set("true True TRUE y Y yes Yes YES on On ON".split(" "));

/** Words end here: the longest is `false`. */
const LONGEST_WORD = 5;

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
/** Go strips these two prefixes itself and lets a second sign stand behind them. */
const SIGNED_BEHIND_PREFIX = /^0b[-+][01]+$|^0o[-+][0-7]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const POINT_FLOAT = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;

/** YAML 1.1's minutes and seconds: nobody here reads them as numbers, others might. */
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

const INT64_MIN = -(2n ** 63n);
/** The largest integer that Go's `int64` holds. */
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * What the unquoted `text` is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(resolvePlain("0x1F", "kyaml"), "int");
 * assert.equal(resolvePlain("yes", "kyaml"), "str");
 * assert.equal(resolvePlain("yes", "lenient"), "bool");
 * ```
 */
export function resolvePlain(text: string, mode: YamlMode): ScalarTag {
  const tag = resolveTag(text, mode);
  return tag === "timestamp" && mode === "lenient" ? "str" : tag;
}

/** True when `text` needs quotes to stay a string for a YAML 1.1 reader. */
export function readsAsOther(text: string): boolean {
  return resolveTag(text, "lenient") !== "str" || (text.includes(":") && BASE_60.test(text));
}

function resolveTag(text: string, mode: YamlMode): ScalarTag {
  const first = text.charCodeAt(0);
  if (first === 46 || first === 43 || first === 45 || (first >= 48 && first <= 57)) {
    return resolveNumber(text, first, mode);
  }
  if (text.length > LONGEST_WORD) return "str";
  return (mode === "lenient" ? LENIENT_WORDS : KYAML_WORDS).get(text) ?? "str";
}

function resolveNumber(text: string, first: number, mode: YamlMode): ScalarTag {
  if (text.length <= LONGEST_WORD && KYAML_WORDS.has(text)) return "float";
  if (first === 46) {
    return POINT_FLOAT.test(text) && Number.isFinite(floatOf(text)) ? "float" : "str";
  }
  if (text.charCodeAt(4) === 45 && formatTimestamp(text) !== undefined) return "timestamp";
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  if (mode === "lenient" && /^0o[-+]/.test(plain)) return "str";
  if (integerOf(plain) !== undefined) return "int";
  return FLOAT.test(plain) && Number.isFinite(Number(plain)) ? "float" : "str";
}

/** The integer that `text` spells, when it fits Go's 64 bits: a `bigint` outside the safe range. */
export function integerOf(text: string): number | bigint | undefined {
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  if (plain.length < 16 && /^(?:0|-?[1-9][0-9]*)$/.test(plain)) return Number(plain);
  const value = bigOf(plain);
  if (value === undefined) return undefined;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function bigOf(plain: string): bigint | undefined {
  if (SIGNED_BEHIND_PREFIX.test(plain)) {
    const value = BigInt(plain.slice(0, 2) + plain.slice(3));
    return plain[2] === "-" ? -value : value;
  }
  if (!INTEGER.test(plain)) return undefined;
  const sign = plain[0] === "-" || plain[0] === "+" ? plain[0] : "";
  const digits = plain.slice(sign.length);
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = sign === "-" ? -BigInt(octal) : BigInt(octal);
  const most = sign === "" ? UINT64_MAX : INT64_MAX;
  return value < INT64_MIN || value > most ? undefined : value;
}

/** True for an integer that only Go's `uint64` holds. */
export function isBeyondInt64(text: string): boolean {
  return (integerOf(text) ?? 0) > INT64_MAX;
}

/** The float that `text` spells. */
export function floatOf(text: string): number {
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  const word = plain.toLowerCase();
  if (word.endsWith(".nan")) return NaN;
  if (word.endsWith(".inf")) return word.startsWith("-") ? -Infinity : Infinity;
  const integer = integerOf(plain);
  return integer === undefined ? Number(plain) : Number(integer);
}

/** What a `bool` scalar says. */
export function isTrue(text: string): boolean {
  return TRUE_WORDS.has(text);
}

/** A scalar's value in JSON: what Go's reader makes of it. */
export function scalarValue(node: ScalarNode): null | boolean | number | bigint | string {
  switch (node.tag) {
    case "null":
      // Only the parser makes a null in quotes: one that kustomize prints as an empty text.
      return node.style === "single" ? "" : null;
    case "bool":
      return isTrue(node.value);
    case "int":
      return integerOf(node.value) ?? floatOf(node.value);
    case "float":
      return floatOf(node.value);
    case "timestamp":
      return formatTimestamp(node.value) ?? node.value;
    case "binary":
      return decodeBinary(node.value);
    default:
      return node.value;
  }
}

function decodeBinary(text: string): string {
  try {
    return decodeLikeGo(Uint8Array.fromBase64(text));
  } catch {
    // The parser let nothing else in; a node made by hand stays readable.
    return text;
  }
}

/** Where bytes are no UTF-8, Go writes a U+FFFD for each of them; `TextDecoder` joins those of one character. */
function decodeLikeGo(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    text += length === 0 ? "\ufffd" : STRICT.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return text;
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many bytes the character at `at` has; 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  try {
    return length > 0 && STRICT.decode(bytes.subarray(at, at + length)) !== "" ? length : 0;
  } catch {
    return 0;
  }
}
