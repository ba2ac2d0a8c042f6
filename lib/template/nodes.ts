/**
 * What a template consists of.
 *
 * @module
 */
import type { Value } from "./value.ts";

/** Where a part stands in its template. */
export interface Place {
  /** Offset of its first character, which messages name. */
  readonly pos: number;
  /** How messages show it. */
  readonly source: string;
}

/** A value, or how to get at one. */
export type Operand =
  & Place
  & (
    | { readonly kind: "dot" }
    | { readonly kind: "nil" }
    | { readonly kind: "constant"; readonly value: Value }
    | { readonly kind: "field"; readonly names: readonly string[] }
    | { readonly kind: "variable"; readonly name: string; readonly names: readonly string[] }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "pipe"; readonly pipe: Pipe }
    | { readonly kind: "chain"; readonly of: Operand; readonly names: readonly string[] }
  );

/** A function, or something else, with its arguments; there is always a first one. */
export interface Command extends Place {
  /** The function, or what has the value. */
  readonly first: Operand;
  /** What the function gets. */
  readonly args: readonly Operand[];
}

/** Commands of which each gets the value of the one before it. */
export interface Pipe extends Place {
  /** Variables that get the value. */
  readonly variables: readonly string[];
  /** True for `=`, which changes variables that are there. */
  readonly assigns: boolean;
  /** In the order they are carried out. */
  readonly commands: readonly Command[];
}

/** A list of nodes. */
export type Block = readonly TemplateNode[];

/** A part of a template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipe: Pipe }
  | {
    readonly kind: "if" | "with" | "range";
    readonly pipe: Pipe;
    readonly body: Block;
    readonly otherwise: Block;
  }
  | (Place & { readonly kind: "template"; readonly name: string; readonly pipe: Pipe | undefined })
  | { readonly kind: "break" | "continue" };

/** A template that was parsed. */
export interface Template {
  /** Its name. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
  /** Its parts, and those of the templates it defines. */
  readonly blocks: ReadonlyMap<string, Block>;
}

/** What is wrong with a template; never leaves the folder. */
export class TemplateProblem extends Error {}
