/**
 * Makes the pieces of an expression, and refuses those that make no sense.
 *
 * @module
 */
import { CelSyntaxError, type LoopName, type Node, type Shape } from "./syntax.ts";
import type { Token } from "./token.ts";
import { MAX_INT } from "./value.ts";

/** A chain such as `a.b.c` or `a + b + c` nests too: what is deeper would overflow the stack when evaluated. */
const DEEPEST_TREE = 500;

/** A node of `parts`; one that nests too deep is refused. */
export function made(at: number, shape: Shape, ...parts: readonly Node[]): Node {
  const depth = 1 + parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0);
  if (depth > DEEPEST_TREE) {
    throw new CelSyntaxError(at, `expression is nested deeper than ${DEEPEST_TREE}: split it`);
  }
  return { ...shape, at, depth };
}

/** A sign or a `!` before an operand. */
export function negated(at: number, name: string, operand: Node): Node {
  return made(at, { kind: "call", name, args: [operand] }, operand);
}

/** A literal, with its sign. */
export function literal({ value = null, text, at }: Token, isNegative: boolean): Node {
  let signed = value;
  if (typeof value === "bigint") {
    signed = isNegative ? -value : value;
    if (value > MAX_INT + (isNegative ? 1n : 0n)) {
      throw new CelSyntaxError(at, "Syntax error: invalid int literal");
    }
  } else if (isNegative) {
    if (typeof value !== "number") {
      throw new CelSyntaxError(at, `Syntax error: mismatched input '${text}' after '-'`);
    }
    signed = -value;
  }
  return { kind: "literal", value: signed, at, depth: 1 };
}

/** `has(argument)` */
export function presence(at: number, argument: Node): Node {
  if (argument.kind !== "select" || argument.mode !== "plain") {
    throw new CelSyntaxError(argument.at, "invalid argument to has() macro");
  }
  return { ...argument, mode: "test", at };
}

/** The name that a macro gives to what it goes over. */
export function variableName(node: Node, macro: string): string {
  if (node.kind === "ident") return node.name;
  throw new CelSyntaxError(node.at, `argument must be a simple name: the first one of ${macro}()`);
}

/** A macro over `range`; the number of its arguments was looked at before. */
export function loop(at: number, name: LoopName, range: Node, args: readonly Node[]): Node {
  const [first, second, third] = args;
  if (first === undefined || second === undefined) throw new TypeError("a macro without arguments");
  const variable = variableName(first, name);
  const step = third ?? second;
  const filter = third === undefined ? {} : { filter: second };
  return made(at, { kind: "loop", name, range, variable, ...filter, step }, range, second, step);
}
