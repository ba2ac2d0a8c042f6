/**
 * Shell patterns, as Go's `path.Match` reads them: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before what is meant
 * literally.
 *
 * @module
 */

/** One character of a pattern, or a star for any number of them. */
export type GlobStep =
  | { readonly kind: "any" | "star" }
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly GlobRange[] };

/** Characters of a set, both ends included. */
export interface GlobRange {
  /** First. */
  readonly low: string;
  /** Last. */
  readonly high: string;
}

/**
 * Takes a pattern apart; nothing when it is malformed. Stars in a row are one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseGlob("a**"), [{ kind: "char", char: "a" }, { kind: "star" }]);
 * assert.equal(parseGlob("[a"), undefined);
 * ```
 */
export function parseGlob(pattern: string): GlobStep[] | undefined {
  const chars = [...pattern];
  const steps: GlobStep[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    if (char === "*") {
      if (steps.at(-1)?.kind !== "star") steps.push({ kind: "star" });
    } else if (char === "?") {
      steps.push({ kind: "any" });
    } else if (char === "[") {
      const set = parseSet(chars, at + 1);
      if (set === undefined) return undefined;
      steps.push(set.step);
      at = set.last;
    } else {
      const literal = char === "\\" ? chars[++at] : char;
      if (literal === undefined) return undefined;
      steps.push({ kind: "char", char: literal });
    }
  }
  return steps;
}

/**
 * Whether one character is what `step` asks for; any is for a star.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [step] = parseGlob("[^a-c]") ?? [];
 * assert.ok(step && fitsGlobStep(step, "d") && !fitsGlobStep(step, "b"));
 * ```
 */
export function fitsGlobStep(step: GlobStep, char: string): boolean {
  if (step.kind === "char") return step.char === char;
  if (step.kind !== "set") return true;
  const point = pointOf(char);
  const isIn = step.ranges.some(({ low, high }) => pointOf(low) <= point && point <= pointOf(high));
  return isIn !== step.negated;
}

/** `last` is the place of the closing bracket. */
function parseSet(
  chars: readonly string[],
  start: number,
): { step: GlobStep; last: number } | undefined {
  const negated = chars[start] === "^";
  const ranges: GlobRange[] = [];
  let at = negated ? start + 1 : start;
  while (chars[at] !== "]" || ranges.length === 0) {
    const low = parseMember(chars, at);
    if (low === undefined) return undefined;
    const high = chars[low.next] === "-" ? parseMember(chars, low.next + 1) : low;
    if (high === undefined) return undefined;
    ranges.push({ low: low.char, high: high.char });
    at = high.next;
  }
  return { step: { kind: "set", negated, ranges }, last: at };
}

function parseMember(
  chars: readonly string[],
  at: number,
): { char: string; next: number } | undefined {
  const isEscape = chars[at] === "\\";
  const char = chars[isEscape ? at + 1 : at];
  if (char === undefined || (!isEscape && (char === "-" || char === "]"))) return undefined;
  return { char, next: isEscape ? at + 2 : at + 1 };
}

function pointOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
