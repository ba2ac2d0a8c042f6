/**
 * Sealed JSON: where each value stands.
 *
 * @module
 */
import { type Budget, fail, messageOf, Meter, ok, type Result } from "../base/mod.ts";
import { readMetadata } from "./metadata.ts";
import { plainDigits } from "./numbers.ts";
import type { Leaf, Replacement, SealedText, Span } from "./sealed_text.ts";
import type { OpenedValue } from "./value.ts";

/** Reads a file that sops sealed as JSON. */
export function readSealedJson(text: string, budget: Budget): Result<SealedText> {
  // What JSON is, the runtime decides; the scanner behind it only looks for places.
  try {
    JSON.parse(text);
  } catch (thrown) {
    return fail("Malformed", `it is no JSON: ${placeOnly(messageOf(thrown))}`);
  }
  const scanner = new Scanner(text, new Meter(budget));
  const found = scanner.read();
  if (found === undefined) return fail("Malformed", "its JSON is no object with a 'sops' member");
  const metadata = readMetadata(JSON.parse(text.slice(found.metadata.start, found.metadata.end)));
  if (!metadata.ok) return metadata;
  return ok({
    text,
    metadata: metadata.value,
    leaves: scanner.leaves,
    remarks: [],
    cuts: [found.cut],
  });
}

/** The words of the runtime quote the text; where it is wrong is enough. */
function placeOnly(message: string): string {
  return /at position \d+|line \d+ column \d+/.exec(message)?.[0] ?? "it ends too early";
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const WORD = /[^,\]}\s]+/y;

/** Reads JSON that is known to be right. */
class Scanner {
  readonly leaves: Leaf[] = [];
  readonly #text: string;
  readonly #meter: Meter;
  #at = 0;

  constructor(text: string, meter: Meter) {
    this.#text = text;
    this.#meter = meter;
  }

  /** Finds the metadata, and all values besides. */
  read(): { metadata: Span; cut: Replacement } | undefined {
    this.#take(SPACE);
    if (this.#text[this.#at] !== "{") return undefined;
    let metadata: Span | undefined;
    let cut: Replacement | undefined;
    let lastEnd = this.#at + 1;
    this.#members((key, keyStart) => {
      const start = this.#at;
      if (key !== "sops") this.#value([key]);
      else this.#skip();
      const end = this.#at;
      if (key === "sops" && metadata === undefined) {
        metadata = { start, end };
        // With the comma before it, or, in front of all others, with the one behind it.
        const isFirst = lastEnd === this.#firstEnd;
        cut = isFirst
          ? { start: keyStart, end: this.#pastComma(end), text: "" }
          : { start: lastEnd, end, text: "" };
      }
      lastEnd = end;
    });
    return metadata && cut && { metadata, cut };
  }

  #firstEnd = 0;

  #pastComma(end: number): number {
    const behind = /^[ \t\r\n]*,[ \t\r\n]*/.exec(this.#text.slice(end))?.[0] ?? "";
    return end + behind.length;
  }

  #members(each: (key: string, keyStart: number) => void): void {
    this.#at++;
    this.#firstEnd ||= this.#at;
    for (;;) {
      this.#take(SPACE);
      if (this.#text[this.#at] === "}") break;
      const keyStart = this.#at;
      const key: unknown = JSON.parse(this.#take(STRING));
      this.#take(SPACE);
      this.#at++;
      this.#take(SPACE);
      each(String(key), keyStart);
      this.#take(SPACE);
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
  }

  #value(path: readonly string[]): void {
    this.#meter.spendEntries(1, "a value of the sealed file");
    const first = this.#text[this.#at];
    if (first === "{") {
      this.#meter.nest(
        "the sealed file",
        () => this.#members((key) => this.#value([...path, key])),
      );
    } else if (first === "[") {
      this.#meter.nest("the sealed file", () => this.#items(path));
    } else this.#leaf(path, first);
  }

  #items(path: readonly string[]): void {
    this.#at++;
    for (;;) {
      this.#take(SPACE);
      if (this.#text[this.#at] === "]") break;
      this.#value(path);
      this.#take(SPACE);
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
  }

  #leaf(path: readonly string[], first: string | undefined): void {
    const start = this.#at;
    const word = this.#take(first === '"' ? STRING : WORD);
    const span = { start, end: this.#at };
    if (word === "null") return;
    const value: unknown = JSON.parse(word);
    const isString = typeof value === "string";
    const text = isString
      ? value
      : typeof value === "boolean"
      ? (value ? "True" : "False")
      : numberText(word);
    this.leaves.push({
      path,
      text,
      isString,
      ...span,
      write: (opened) => ({ ...span, text: jsonOf(opened) }),
    });
  }

  /** Past a value that is of no interest. */
  #skip(): void {
    const leaves = this.leaves.length;
    this.#value([]);
    this.leaves.length = leaves;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }
}

/** Integers of 64 bits are taken in as they are, all else as a float. */
function numberText(word: string): string {
  const isInteger = /^-?\d+$/.test(word) && BigInt.asIntN(64, BigInt(word)) === BigInt(word);
  return isInteger ? String(BigInt(word)) : plainDigits(Number(word));
}

/** An opened value as sops writes it into JSON. */
export function jsonOf({ type, text }: OpenedValue): string {
  switch (type) {
    case "int":
      return /^[-+]?\d+$/.test(text) ? String(BigInt(text)) : quote(text);
    case "float":
      return Number.isFinite(Number(text)) ? String(Number(text)) : quote(text);
    case "bool":
      return String(/^(1|t|true)$/i.test(text));
    default:
      return quote(text);
  }
}

/** As Go's encoder writes strings. */
function quote(text: string): string {
  const unicode = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029\x7f]/g,
    (char) => char === "\x7f" ? char : unicode(char),
  );
}
