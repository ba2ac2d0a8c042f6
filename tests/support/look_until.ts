/**
 * Looks at what may be behind: a log that is written beside what it tells of, a list of requests under way.
 *
 * @module
 */
import { pause } from "./app.ts";

/** How long to look, and how often. */
export interface LookOptions {
  /** A minute when absent. */
  readonly limitMs?: number;
  /** Between two looks. */
  readonly againMs?: number;
}

/** Looks again until what is seen is so, or the time is up; gives what was seen last. */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  { limitMs = 60_000, againMs = 200 }: LookOptions = {},
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen) || performance.now() > endMs) return seen;
    await pause(againMs);
  }
}

/** Waits until it is so; fails by its name when the time is up. */
export async function untilSo(
  what: string,
  isSo: () => Promise<boolean>,
  { limitMs = 60_000, againMs = 50 }: LookOptions = {},
): Promise<void> {
  const isSeen = await lookUntil(isSo, (seen) => seen, { limitMs, againMs });
  if (!isSeen) throw new Error(`not so after ${limitMs} ms: ${what}`);
}
