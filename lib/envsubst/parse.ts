/**
 * Finds the variables in a text.
 *
 * @module
 */
import { type Expansion, type Operation, type Part, SubstitutionError } from "./template.ts";

const NAME = /[\p{L}\p{Nd}_]+/uy;
/** Deepest nesting of `${a:-${b:-…}}`. */
const MOST_DEPTH = 100;

// The words are those of Flux's library: people search for them.
const NO_NAME = "unable to parse variable name";
const NO_ARGUMENT = "unable to parse substitution within function";
const UNCLOSED = "missing closing brace";
const MALFORMED = "bad substitution";

/** The parts of `text`; throws {@linkcode SubstitutionError}. */
export function parseTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  const cursor = new Cursor(text);
  while (!cursor.isAtEnd) {
    // A pair stands for one dollar sign, also where no brace follows.
    if (cursor.take("$$")) parts.push("$");
    else if (cursor.take("${")) parts.push(parseExpansion(cursor));
    else parts.push(cursor.takeChar(), cursor.takeUntil("$"));
  }
  return parts;
}

function parseExpansion(cursor: Cursor): Expansion {
  return cursor.nest(() => {
    const isLength = cursor.take("#");
    const name = cursor.takeName();
    if (name === "") throw invalid(NO_NAME);
    const operation: Operation = isLength ? { kind: "length" } : parseOperation(cursor);
    if (!cursor.take("}")) throw invalid(UNCLOSED);
    return { name, operation };
  });
}

function parseOperation(cursor: Cursor): Operation {
  if (cursor.takeAny("=", ":=", ":-", ":?", ":+")) {
    return { kind: "default", text: parseArgument(cursor) };
  }
  if (cursor.take(":")) return parseSlice(cursor);
  const casing = cursor.takeAny("^^", "^", ",,", ",");
  if (casing !== undefined) return parseCase(cursor, casing);
  const trim = cursor.takeAny("##", "#", "%%", "%");
  if (trim !== undefined) {
    return {
      kind: "trim",
      end: trim.startsWith("#") ? "prefix" : "suffix",
      longest: trim.length === 2,
      pattern: required(parseArgument(cursor)),
    };
  }
  if (cursor.take("/")) return parseReplace(cursor);
  return { kind: "value" };
}

function parseSlice(cursor: Cursor): Operation {
  const start = required(parseArgument(cursor, ":"));
  const length = cursor.take(":") ? required(parseArgument(cursor)) : undefined;
  return { kind: "slice", start, length };
}

function parseCase(cursor: Cursor, casing: string): Operation {
  if (!cursor.isBefore("}")) throw invalid(MALFORMED);
  return { kind: "case", upper: casing.startsWith("^"), all: casing.length === 2 };
}

function parseReplace(cursor: Cursor): Operation {
  const wheres = { "/": "all", "#": "prefix", "%": "suffix" } as const;
  const sign = cursor.takeAny("/", "#", "%");
  const where = sign === undefined ? "first" : wheres[sign];
  const old = required(parseArgument(cursor, "/", true));
  if (!cursor.take("/")) throw invalid(MALFORMED);
  const parts = parseArgument(cursor, "", true);
  return { kind: "replace", where, old, new: parts.length > 0 ? parts : undefined };
}

/** Text and expansions up to the closing brace, or to `stop` where there is one. */
function parseArgument(cursor: Cursor, stop = "", hasEscapes = false): readonly Part[] {
  const parts: Part[] = [];
  while (!cursor.isAtEnd && !cursor.isBefore("}") && !(stop !== "" && cursor.isBefore(stop))) {
    if (cursor.take("${")) {
      parts.push(parseExpansion(cursor));
      continue;
    }
    if (hasEscapes && cursor.isBeforeAny("\\/", "\\\\")) cursor.takeChar();
    parts.push(cursor.takeChar(), cursor.takeUntil(`$}\\${stop}`));
  }
  return parts;
}

function required(argument: readonly Part[]): readonly Part[] {
  if (argument.length === 0) throw invalid(NO_ARGUMENT);
  return argument;
}

function invalid(message: string): SubstitutionError {
  return new SubstitutionError("InvalidTemplate", message);
}

/** A place in a text. */
class Cursor {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  isBefore(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  isBeforeAny(...tokens: readonly string[]): boolean {
    return tokens.some((token) => this.isBefore(token));
  }

  take(token: string): boolean {
    if (!this.isBefore(token)) return false;
    this.#at += token.length;
    return true;
  }

  /** The first of `tokens` that comes next. */
  takeAny<T extends string>(...tokens: readonly T[]): T | undefined {
    return tokens.find((token) => this.take(token));
  }

  takeChar(): string {
    return this.#text.charAt(this.#at++);
  }

  /** What comes before any of the characters in `stops`. */
  takeUntil(stops: string): string {
    const start = this.#at;
    while (!this.isAtEnd && !stops.includes(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  takeName(): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0] ?? "";
    this.#at += name.length;
    return name;
  }

  nest<T>(step: () => T): T {
    if (this.#depth >= MOST_DEPTH) {
      throw new SubstitutionError(
        "TooLarge",
        `more than ${MOST_DEPTH} variables inside each other`,
      );
    }
    this.#depth++;
    const value = step();
    this.#depth--;
    return value;
  }
}
