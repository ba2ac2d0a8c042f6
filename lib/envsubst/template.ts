/**
 * What a text with variables in it consists of.
 *
 * @module
 */

/** Text as it is, or something to fill in. */
export type Part = string | Expansion;

/** `${name…}` */
export interface Expansion {
  readonly name: string;
  readonly operation: Operation;
}

/** What becomes of the variable's value. */
export type Operation =
  | { readonly kind: "value" }
  | { readonly kind: "length" }
  | { readonly kind: "case"; readonly upper: boolean; readonly all: boolean }
  | { readonly kind: "default"; readonly text: readonly Part[] }
  | {
    readonly kind: "slice";
    readonly start: readonly Part[];
    readonly length: readonly Part[] | undefined;
  }
  | {
    readonly kind: "trim";
    readonly end: "prefix" | "suffix";
    readonly longest: boolean;
    readonly pattern: readonly Part[];
  }
  | {
    readonly kind: "replace";
    readonly where: "first" | "all" | "prefix" | "suffix";
    readonly old: readonly Part[];
    /** Nothing when nothing was written, not even a variable that is empty. */
    readonly new: readonly Part[] | undefined;
  };

/** Ends a substitution; its message is the bare reason that Flux reports. */
export class SubstitutionError extends Error {
  /** Names it for code. */
  readonly code: "InvalidTemplate" | "NotSet" | "TooLarge";

  /** Names it for code and for people. */
  constructor(code: SubstitutionError["code"], message: string) {
    super(message);
    this.name = "SubstitutionError";
    this.code = code;
  }
}
