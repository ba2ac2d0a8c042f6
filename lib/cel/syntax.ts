/**
 * What an expression is made of, and the errors that reading it can bring.
 *
 * @module
 */
import type { CelValue } from "./value.ts";

/** A piece of an expression. `at` is where it stands, `depth` how much stands inside it. */
export type Node = Shape & { readonly at: number; readonly depth: number };

/** The macros that go over a list or the keys of a map. */
export type LoopName = "all" | "exists" | "exists_one" | "map" | "filter";

/** The forms of a piece. */
export type Shape =
  | { readonly kind: "literal"; readonly value: CelValue }
  | { readonly kind: "ident"; readonly name: string }
  /** `a.b`, `a.?b`, `has(a.b)` */
  | {
    readonly kind: "select";
    readonly operand: Node;
    readonly field: string;
    readonly mode: "plain" | "optional" | "test";
  }
  /** `a[b]`, `a[?b]` */
  | {
    readonly kind: "index";
    readonly operand: Node;
    readonly index: Node;
    readonly isOptional: boolean;
  }
  /** Functions, methods and operators; those go by names such as `_+_`. */
  | {
    readonly kind: "call";
    readonly name: string;
    readonly target?: Node;
    readonly args: readonly Node[];
  }
  | { readonly kind: "logic"; readonly isAnd: boolean; readonly operands: readonly Node[] }
  | { readonly kind: "choice"; readonly when: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly kind: "list"; readonly items: readonly ListItem[] }
  | { readonly kind: "map"; readonly entries: readonly MapEntry[] }
  | {
    readonly kind: "loop";
    readonly name: LoopName;
    readonly range: Node;
    readonly variable: string;
    readonly filter?: Node;
    readonly step: Node;
  }
  /** `a.optMap(x, f)`, `a.optFlatMap(x, f)` */
  | {
    readonly kind: "optional-map";
    readonly isFlat: boolean;
    readonly operand: Node;
    readonly variable: string;
    readonly step: Node;
  };

/** An element of a list; `[?x]` leaves out what is absent. */
export interface ListItem {
  readonly node: Node;
  readonly isOptional: boolean;
}

/** An entry of a map; `{?k: v}` leaves out what is absent. */
export interface MapEntry {
  readonly key: Node;
  readonly value: Node;
  readonly isOptional: boolean;
}

/** Thrown while an expression is read; the face of this folder turns it into a failure. */
export class CelSyntaxError extends Error {
  /** Offset into the text. */
  readonly at: number;

  /** Says what is wrong at `at`. */
  constructor(at: number, message: string) {
    super(message);
    this.name = "CelSyntaxError";
    this.at = at;
  }
}

/**
 * The error at `at` of `source` as cel-go prints it: line, column, and an arrow below the line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(pointAt("a b", 2, "not expected"), "ERROR: <input>:1:3: not expected\n | a b\n | ..^");
 * ```
 */
export function pointAt(source: string, at: number, message: string): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length;
  const text = source.split("\n")[line - 1] ?? "";
  // A very long line would hide what is said about it.
  const shown = column > 200 ? "" : `\n | ${text.slice(0, 300)}\n | ${".".repeat(column)}^`;
  return `ERROR: <input>:${line}:${column + 1}: ${message}${shown}`;
}
