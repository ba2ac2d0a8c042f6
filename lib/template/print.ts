/**
 * How values are printed: Go's `fmt` package, as far as templates reach it.
 *
 * @module
 */
import { type Meter, quoteLikeGo } from "../base/mod.ts";
import { Dict, isList, type Struct, typeName, type Value } from "./value.ts";

/** How a value is to be printed. */
export interface Verb {
  /** The letter behind `%`. */
  readonly letter: string;
  readonly isSharp?: boolean;
  readonly isPlus?: boolean;
  readonly isSpaced?: boolean;
  readonly precision?: number | undefined;
}

const PLAIN: Verb = { letter: "v" };
/** Where the shortest form of a float turns to an exponent. */
const MOST_DIGITS = 6;
const LEAST_PLAIN = 1e-4;
/** From here on `toFixed` gives an exponent too. */
const MOST_FIXED = 1e21;

/** What an action prints. */
export function printValue(value: Value, meter: Meter): string {
  return value === undefined || value === null ? "<no value>" : show(value, meter);
}

/** A value as `%v` prints it. */
export function show(value: Value, meter: Meter): string {
  return typeof value === "string" ? value : showAs(value, PLAIN, meter);
}

/** Values one after the other, with a blank between two that are no texts. */
export function printAll(values: readonly Value[], meter: Meter): string {
  const texts = values.map((value, index) => {
    const isApart = index > 0 && typeof value !== "string" &&
      typeof values[index - 1] !== "string";
    return `${isApart ? " " : ""}${show(value, meter)}`;
  });
  return joinTexts(texts, "", meter);
}

/** A value as `verb` prints it. */
export function showAs(value: Value, verb: Verb, meter: Meter): string {
  switch (typeof value) {
    case "undefined":
      return showNil(verb);
    case "boolean":
      return "vt".includes(verb.letter) ? String(value) : showWrong(value, verb, meter);
    case "string":
      return showText(value, verb, meter);
    case "bigint":
      return showInteger(value, verb, meter);
    case "number":
      return showFloat(value, verb, meter);
    default:
      return value === null
        ? showNil(verb)
        : meter.nest("a value", () => showParts(value, verb, meter));
  }
}

function showNil({ letter }: Verb): string {
  return letter === "v" ? "<nil>" : `%!${letter}(<nil>)`;
}

function showWrong(value: Value, { letter }: Verb, meter: Meter): string {
  return `%!${letter}(${typeName(value)}=${show(value, meter)})`;
}

function showParts(value: readonly Value[] | Dict | Struct, verb: Verb, meter: Meter): string {
  meter.spendEntries(1, "a value");
  if (isList(value)) {
    return `[${joinTexts(value.map((item) => showAs(item, verb, meter)), " ", meter)}]`;
  }
  if (value instanceof Dict) {
    const entries = value.sorted().map(([key, item]) =>
      `${showAs(key, verb, meter)}:${showAs(item, verb, meter)}`
    );
    return `map[${joinTexts(entries, " ", meter)}]`;
  }
  if (value.text !== undefined && "vsqxX".includes(verb.letter)) {
    return showText(value.text, verb, meter);
  }
  const fields = value.fields.map(({ name, value: item }) =>
    `${verb.isPlus === true ? `${name}:` : ""}${showAs(item, verb, meter)}`
  );
  return `{${joinTexts(fields, " ", meter)}}`;
}

/** The texts in a row; they are counted first, because many may be one and the same. */
export function joinTexts(texts: readonly string[], separator: string, meter: Meter): string {
  const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  meter.spendBytes(length, "a value");
  return texts.join(separator);
}

function showText(value: string, verb: Verb, meter: Meter): string {
  const { letter, precision } = verb;
  const text = precision === undefined ? value : [...value].slice(0, precision).join("");
  switch (letter) {
    case "v":
      return verb.isSharp === true ? quoteLikeGo(text) : text;
    case "s":
      return text;
    case "q":
      return verb.isSharp === true && !/[`\p{Cc}\ufeff]/u.test(text)
        ? `\`${text}\``
        : quoteLikeGo(text);
    case "x":
    case "X": {
      const hex = new TextEncoder().encode(text).toHex();
      return letter === "x" ? hex : hex.toUpperCase();
    }
    default:
      return showWrong(value, verb, meter);
  }
}

const RADIX: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: "0b", o: "0", x: "0x", X: "0X" };

function showInteger(value: bigint, verb: Verb, meter: Meter): string {
  const { letter } = verb;
  const radix = RADIX[letter];
  if (radix !== undefined) {
    const digits = (value < 0n ? -value : value).toString(radix);
    const cased = (letter === "X" ? digits.toUpperCase() : digits).padStart(
      verb.precision ?? 0,
      "0",
    );
    const prefix = letter === "O" ? "0o" : verb.isSharp === true ? PREFIX[letter] ?? "" : "";
    return signOf(value < 0n, verb) + prefix + cased;
  }
  const isPoint = value >= 0n && value <= 0x10ffffn;
  const char = isPoint ? String.fromCodePoint(Number(value)).toWellFormed() : "\ufffd";
  if (letter === "c") return char;
  if (letter === "q") {
    return `'${quoteLikeGo(char).slice(1, -1).replace('\\"', '"').replace("'", "\\'")}'`;
  }
  if (letter === "U") return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  return showWrong(value, verb, meter);
}

function signOf(isNegative: boolean, { isPlus, isSpaced }: Verb): string {
  return isNegative ? "-" : isPlus === true ? "+" : isSpaced === true ? " " : "";
}

function showFloat(value: number, verb: Verb, meter: Meter): string {
  if (!"vgGeEfF".includes(verb.letter)) return showWrong(value, verb, meter);
  const isNegative = value < 0 || Object.is(value, -0);
  if (Number.isNaN(value)) return "NaN";
  const sign = signOf(isNegative, verb);
  if (!Number.isFinite(value)) return `${sign === "" ? "+" : sign}Inf`;
  return sign + digitsOf(Math.abs(value), verb);
}

function digitsOf(value: number, { letter, precision }: Verb): string {
  const most = Math.min(precision ?? 6, 100);
  switch (letter) {
    case "f":
    case "F":
      return value < MOST_FIXED
        ? value.toFixed(most)
        : BigInt(value) + (most > 0 ? `.${"0".repeat(most)}` : "");
    case "e":
    case "E": {
      const text = goExponent(value.toExponential(most));
      return letter === "E" ? text.toUpperCase() : text;
    }
    default: {
      if (precision === undefined) return shortest(value, MOST_DIGITS);
      const digits = Math.max(1, most);
      return shortest(Number(value.toPrecision(digits)), digits);
    }
  }
}

/** The fewest digits that make the same number again, with an exponent where it has more than `most` before the point. */
function shortest(value: number, most: number): string {
  if (value === 0 || (value >= LEAST_PLAIN && value < 10 ** most)) {
    return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  }
  return goExponent(value.toExponential());
}

/** Go writes two digits of an exponent at least. */
function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
