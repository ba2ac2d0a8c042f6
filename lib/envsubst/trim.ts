/**
 * Takes the part that a shell pattern matches off the start or the end of a value.
 *
 * @module
 */

/** Which part goes. */
export interface TrimOptions {
  readonly end: "prefix" | "suffix";
  readonly longest: boolean;
}

type Step =
  | { readonly kind: "any" | "star" }
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly Range[] };

interface Range {
  readonly low: string;
  readonly high: string;
}

/**
 * `value` without what `pattern` matches; as it is when nothing matches or the pattern is malformed.
 * The time is pattern × value, which the caller bounds.
 */
export function trimMatch(value: string, pattern: string, options: TrimOptions): string {
  const steps = parsePattern([...pattern]);
  if (steps === undefined) return value;
  const chars = [...value];
  if (options.end === "suffix") {
    chars.reverse();
    steps.reverse();
  }
  const length = matchLength(chars, steps, options.longest);
  const kept = chars.slice(length);
  return (options.end === "suffix" ? kept.reverse() : kept).join("");
}

function parsePattern(chars: readonly string[]): Step[] | undefined {
  const steps: Step[] = [];
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

/** `last` is the place of the closing bracket. */
function parseSet(
  chars: readonly string[],
  start: number,
): { step: Step; last: number } | undefined {
  const negated = chars[start] === "^";
  const ranges: Range[] = [];
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

/**
 * How many characters go. Every place in the pattern that the characters so far can lead to is
 * followed at once, so that no pattern makes it go back.
 */
function matchLength(chars: readonly string[], steps: readonly Step[], longest: boolean): number {
  let reached = withStars(new Uint8Array(steps.length + 1).fill(1, 0, 1), steps);
  let length = 0;
  for (const [index, char] of chars.entries()) {
    const next = new Uint8Array(steps.length + 1);
    let isAlive = false;
    for (const [at, step] of steps.entries()) {
      if (reached[at] !== 1 || !matchesChar(step, char)) continue;
      next[step.kind === "star" ? at : at + 1] = 1;
      isAlive = true;
    }
    if (!isAlive) break;
    reached = withStars(next, steps);
    if (reached[steps.length] !== 1) continue;
    length = index + 1;
    // Unlike a shell, the shortest match has at least one character: `${v#*}` takes one.
    if (!longest) break;
  }
  return length;
}

/** A star may match nothing. */
function withStars(
  reached: Uint8Array<ArrayBuffer>,
  steps: readonly Step[],
): Uint8Array<ArrayBuffer> {
  for (const [at, step] of steps.entries()) {
    if (step.kind === "star" && reached[at] === 1) reached[at + 1] = 1;
  }
  return reached;
}

function matchesChar(step: Step, char: string): boolean {
  if (step.kind === "char") return step.char === char;
  if (step.kind !== "set") return true;
  const point = pointOf(char);
  const isIn = step.ranges.some(({ low, high }) => pointOf(low) <= point && point <= pointOf(high));
  return isIn !== step.negated;
}

function pointOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
