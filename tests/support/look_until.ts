/**
 * Looks at what may be behind: a log that is written beside what it tells of, a list of requests under way.
 *
 * @module
 */
import { pause } from "./app.ts";

const AGAIN_MS = 200;

/** Looks again until what is seen is so, or the time is up; gives what was seen last. */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen) || performance.now() > endMs) return seen;
    await pause(AGAIN_MS);
  }
}
