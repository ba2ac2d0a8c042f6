/**
 * Shell patterns for one name, as Go's `path.Match` reads them.
 *
 * @module
 */

/** Says whether a name matches. */
export type NameMatcher = (name: string) => boolean;

type Step =
  | { readonly kind: "any" | "star" }
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly Range[] };

interface Range {
  readonly low: string;
  readonly high: string;
}

/**
 * Compiles a pattern; nothing when it is malformed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(compileGlob("*.y[a-m]ml")?.("a.yaml"), true);
 * assert.equal(compileGlob("[a"), undefined);
 * ```
 */
export function compileGlob(pattern: string): NameMatcher | undefined {
  const chars = [...pattern];
  const steps: Step[] = [];
  for (let at = 0; at < chars.length;) {
    const char = chars[at] ?? "";
    if (char === "[") {
      const set = parseSet(chars, at + 1);
      if (set === undefined) return undefined;
      steps.push(set.step);
      at = set.end;
    } else if (char === "*") {
      if (steps.at(-1)?.kind !== "star") steps.push({ kind: "star" });
      at++;
    } else if (char === "?") {
      steps.push({ kind: "any" });
      at++;
    } else {
      const isEscape = char === "\\";
      const literal = isEscape ? chars[at + 1] : char;
      if (literal === undefined) return undefined;
      steps.push({ kind: "char", char: literal });
      at += isEscape ? 2 : 1;
    }
  }
  return (name) => matches(steps, [...name]);
}

function parseSet(
  chars: readonly string[],
  start: number,
): { step: Step; end: number } | undefined {
  const negated = chars[start] === "^";
  const ranges: Range[] = [];
  let at = negated ? start + 1 : start;
  while (chars[at] !== "]" || ranges.length === 0) {
    const low = parseMember(chars, at);
    if (low === undefined) return undefined;
    at = low.end;
    const high = chars[at] === "-" ? parseMember(chars, at + 1) : low;
    if (high === undefined) return undefined;
    at = high.end;
    ranges.push({ low: low.char, high: high.char });
  }
  return { step: { kind: "set", negated, ranges }, end: at + 1 };
}

function parseMember(
  chars: readonly string[],
  at: number,
): { char: string; end: number } | undefined {
  const char = chars[at];
  if (char === undefined || char === "-" || char === "]") return undefined;
  if (char !== "\\") return { char, end: at + 1 };
  const escaped = chars[at + 1];
  return escaped === undefined ? undefined : { char: escaped, end: at + 2 };
}

/** Only the last star is ever taken back, so the time is pattern × name, not exponential. */
function matches(steps: readonly Step[], name: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let star = -1;
  let retryAt = 0;
  while (at < name.length) {
    const current = steps[step];
    if (current?.kind === "star") {
      star = step++;
      retryAt = at;
    } else if (current !== undefined && matchesOne(current, name[at] ?? "")) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++retryAt;
    } else {
      return false;
    }
  }
  while (steps[step]?.kind === "star") step++;
  return step === steps.length;
}

function matchesOne(step: Step, char: string): boolean {
  if (step.kind === "char") return step.char === char;
  if (step.kind !== "set") return true;
  const point = char.codePointAt(0) ?? 0;
  const isIn = step.ranges.some(({ low, high }) =>
    (low.codePointAt(0) ?? 0) <= point && point <= (high.codePointAt(0) ?? 0)
  );
  return isIn !== step.negated;
}
