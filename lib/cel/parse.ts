/**
 * Reads an expression (cel-spec, "Syntax", and the macros of the standard library and of optional types).
 *
 * @module
 */
import { literal, loop, made, negated, presence, variableName } from "./nodes.ts";
import {
  CelSyntaxError,
  type ListItem,
  type LoopName,
  type MapEntry,
  type Node,
} from "./syntax.ts";
import { type Token, tokensOf } from "./token.ts";

/** Longest text, and deepest nesting of brackets, that cel-go reads. */
const LONGEST_SOURCE = 100_000;
const DEEPEST_NESTING = 250;

const RESERVED: ReadonlySet<string> = new Set([
  ..."as break const continue else for function if import let loop namespace package return var void while"
    .split(" "),
]);

/** Operators of one strength, from the weakest; all of them go from left to right. */
const LEVELS: readonly (readonly string[])[] = [
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** Macros over lists: their plain name, and how many arguments they take. */
const LOOPS: ReadonlyMap<string, { name: LoopName; counts: readonly number[] }> = new Map([
  ["all", { name: "all", counts: [2] }],
  ["exists", { name: "exists", counts: [2] }],
  ["exists_one", { name: "exists_one", counts: [2] }],
  ["existsOne", { name: "exists_one", counts: [2] }],
  ["map", { name: "map", counts: [2, 3] }],
  ["filter", { name: "filter", counts: [2] }],
]);

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Functions whose first part is no object. */
const NAMESPACES: ReadonlySet<string> = new Set([
  "base64.decode",
  "base64.encode",
  "optional.none",
  "optional.of",
  "optional.ofNonZeroValue",
  "sets.contains",
  "sets.equivalent",
  "sets.intersects",
  "strings.quote",
]);

/** The tree of `source`; throws {@linkcode CelSyntaxError}. */
export function parseExpression(source: string): Node {
  if (source.length > LONGEST_SOURCE) {
    throw new CelSyntaxError(
      0,
      `expression code point size exceeds limit: size: ${source.length}, limit ${LONGEST_SOURCE}`,
    );
  }
  const reader = new Reader(tokensOf(source));
  const node = reader.readExpression();
  reader.expectEnd();
  return node;
}

class Reader {
  readonly #tokens: readonly Token[];
  #index = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  readExpression(): Node {
    if (++this.#nesting > DEEPEST_NESTING) {
      throw new CelSyntaxError(
        this.#now.at,
        `expression recursion limit exceeded: ${DEEPEST_NESTING}`,
      );
    }
    const when = this.#readLogic("||");
    const node = this.#take("?") ? this.#readChoice(when) : when;
    this.#nesting--;
    return node;
  }

  expectEnd(): void {
    const { kind, text, at } = this.#now;
    if (kind === "end") return;
    throw new CelSyntaxError(at, `Syntax error: extraneous input '${text}' expecting <EOF>`);
  }

  get #now(): Token {
    return this.#tokens[this.#index] ?? { kind: "end", text: "", at: 0 };
  }

  #is(symbol: string): boolean {
    const { kind, text } = this.#now;
    return text === symbol && (kind === "symbol" || kind === "ident");
  }

  #take(symbol: string): boolean {
    const isThere = this.#is(symbol);
    if (isThere) this.#index++;
    return isThere;
  }

  #expect(symbol: string): void {
    if (this.#take(symbol)) return;
    throw this.#unexpected(`'${symbol}'`);
  }

  #unexpected(wanted: string): CelSyntaxError {
    const { kind, text, at } = this.#now;
    const found = kind === "end" ? "<EOF>" : text;
    return new CelSyntaxError(at, `Syntax error: mismatched input '${found}' expecting ${wanted}`);
  }

  #readChoice(when: Node): Node {
    const then = this.#readLogic("||");
    this.#expect(":");
    const otherwise = this.readExpression();
    return made(when.at, { kind: "choice", when, then, otherwise }, when, then, otherwise);
  }

  /** `a || b || c` is one piece of three, as many as there are: a chain does not nest. */
  #readLogic(symbol: "||" | "&&"): Node {
    const readOne = () => symbol === "||" ? this.#readLogic("&&") : this.#readBinary(0);
    const first = readOne();
    const operands = [first];
    while (this.#take(symbol)) operands.push(readOne());
    return operands.length === 1
      ? first
      : made(first.at, { kind: "logic", isAnd: symbol === "&&", operands }, ...operands);
  }

  #readBinary(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#readUnary();
    let left = this.#readBinary(level + 1);
    for (;;) {
      const { at } = this.#now;
      const operator = operators.find((symbol) => this.#is(symbol));
      if (operator === undefined) return left;
      this.#index++;
      const args = [left, this.#readBinary(level + 1)];
      left = made(at, { kind: "call", name: `_${operator}_`, args }, ...args);
    }
  }

  #readUnary(): Node {
    const { at } = this.#now;
    if (this.#is("!")) {
      let count = 0;
      while (this.#take("!")) count++;
      const operand = this.#readMember();
      return count % 2 === 0 ? operand : negated(at, "!_", operand);
    }
    if (!this.#is("-")) return this.#readMember();
    let count = 0;
    while (this.#take("-")) count++;
    const isNegative = count % 2 === 1;
    if (this.#now.kind === "number") return this.#readMember(isNegative);
    const operand = this.#readMember();
    return isNegative ? negated(at, "-_", operand) : operand;
  }

  #readMember(isNegative = false): Node {
    let node = this.#readPrimary(isNegative);
    for (;;) {
      const { at } = this.#now;
      if (this.#take(".")) node = this.#readAfterDot(node, at);
      else if (this.#take("[")) {
        const isOptional = this.#take("?");
        const index = this.readExpression();
        this.#expect("]");
        node = made(at, { kind: "index", operand: node, index, isOptional }, node, index);
      } else return node;
    }
  }

  #readAfterDot(operand: Node, dotAt: number): Node {
    const isOptional = this.#take("?");
    const token = this.#now;
    const isName = token.kind === "ident" && !["in", "true", "false", "null"].includes(token.text);
    if (!isName) {
      // ANTLR's words, which Flux's users see today.
      throw new CelSyntaxError(
        token.at,
        `Syntax error: no viable alternative at input '${isOptional ? ".?" : "."}${token.text}'`,
      );
    }
    this.#index++;
    const mode = isOptional ? "optional" : "plain";
    if (isOptional || !this.#is("(")) {
      return made(dotAt, { kind: "select", operand, field: token.text, mode }, operand);
    }
    const args = this.#readArguments();
    return this.#method(operand, token, args);
  }

  #method(target: Node, { text: name, at }: Token, args: readonly Node[]): Node {
    const qualified = target.kind === "ident" ? `${target.name}.${name}` : "";
    if (NAMESPACES.has(qualified)) {
      return made(at, { kind: "call", name: qualified, args }, ...args);
    }
    const macro = LOOPS.get(name);
    if (macro?.counts.includes(args.length)) return loop(at, macro.name, target, args);
    const isOptionalMap = name === "optMap" || name === "optFlatMap";
    const [variable, step] = args;
    if (isOptionalMap && args.length === 2 && variable !== undefined && step !== undefined) {
      const shape = {
        kind: "optional-map",
        isFlat: name === "optFlatMap",
        operand: target,
        variable: variableName(variable, name),
        step,
      } as const;
      return made(at, shape, target, step);
    }
    return made(at, { kind: "call", name, target, args }, target, ...args);
  }

  #readArguments(): Node[] {
    this.#expect("(");
    const args: Node[] = [];
    if (this.#take(")")) return args;
    do args.push(this.readExpression()); while (this.#take(","));
    this.#expect(")");
    return args;
  }

  #readPrimary(isNegative: boolean): Node {
    const token = this.#now;
    const { at } = token;
    if (token.kind === "number" || token.kind === "text") {
      this.#index++;
      return literal(token, isNegative);
    }
    if (this.#take("(")) {
      const node = this.readExpression();
      this.#expect(")");
      return node;
    }
    if (this.#take("[")) return this.#readList(at);
    if (this.#take("{")) return this.#readMap(at);
    const isRooted = this.#take(".");
    const name = this.#now;
    if (name.kind !== "ident" || name.text === "in") {
      throw this.#unexpected("an expression");
    }
    this.#index++;
    const constant = CONSTANTS.get(name.text);
    if (constant !== undefined && !isRooted) {
      return { kind: "literal", value: constant, at, depth: 1 };
    }
    if (RESERVED.has(name.text)) {
      throw new CelSyntaxError(name.at, `reserved identifier: ${name.text}`);
    }
    if (!this.#is("(")) return { kind: "ident", name: name.text, at: name.at, depth: 1 };
    const args = this.#readArguments();
    const [argument] = args;
    if (name.text === "has" && args.length === 1 && argument !== undefined) {
      return presence(name.at, argument);
    }
    return made(name.at, { kind: "call", name: name.text, args }, ...args);
  }

  #readList(at: number): Node {
    const items: ListItem[] = [];
    while (!this.#take("]")) {
      const isOptional = this.#take("?");
      items.push({ node: this.readExpression(), isOptional });
      if (!this.#is("]")) this.#expect(",");
    }
    return made(at, { kind: "list", items }, ...items.map(({ node }) => node));
  }

  #readMap(at: number): Node {
    const entries: MapEntry[] = [];
    while (!this.#take("}")) {
      const isOptional = this.#take("?");
      const key = this.readExpression();
      this.#expect(":");
      entries.push({ key, value: this.readExpression(), isOptional });
      if (!this.#is("}")) this.#expect(",");
    }
    return made(at, { kind: "map", entries }, ...entries.flatMap(({ key, value }) => [key, value]));
  }
}
