/**
 * Takes the part that a shell pattern matches off the start or the end of a value.
 *
 * @module
 */
import { fitsGlobStep, type GlobStep, parseGlob } from "../base/mod.ts";

/** Which part goes. */
export interface TrimOptions {
  readonly end: "prefix" | "suffix";
  readonly longest: boolean;
}

/**
 * `value` without what `pattern` matches; as it is when nothing matches or the pattern is malformed.
 * The time is pattern × value, which the caller bounds.
 */
export function trimMatch(value: string, pattern: string, options: TrimOptions): string {
  const steps = parseGlob(pattern);
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

/**
 * How many characters go. Every place in the pattern that the characters so far can lead to is
 * followed at once, so that no pattern makes it go back.
 */
function matchLength(
  chars: readonly string[],
  steps: readonly GlobStep[],
  longest: boolean,
): number {
  let reached = withStars(new Uint8Array(steps.length + 1).fill(1, 0, 1), steps);
  let length = 0;
  for (const [index, char] of chars.entries()) {
    const next = new Uint8Array(steps.length + 1);
    let isAlive = false;
    for (const [at, step] of steps.entries()) {
      if (reached[at] !== 1 || !fitsGlobStep(step, char)) continue;
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
  steps: readonly GlobStep[],
): Uint8Array<ArrayBuffer> {
  for (const [at, step] of steps.entries()) {
    if (step.kind === "star" && reached[at] === 1) reached[at + 1] = 1;
  }
  return reached;
}
