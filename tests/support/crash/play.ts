/**
 * Plays a life until it stands still.
 *
 * @module
 */
import { pause } from "../app.ts";

const LAST_WORD_MS = 3_000;

/**
 * Lives acts one after the other until the run stands still, which `held` tells; gives the act in which it
 * does, or nothing when all were lived.
 */
export async function playActs<A>(
  acts: readonly A[],
  { held, isExpected }: { readonly held: Promise<unknown>; readonly isExpected: boolean },
  live: (act: A, held: Promise<unknown>) => Promise<void>,
): Promise<A | undefined> {
  let isHeld = false;
  const standing = held.then(() => isHeld = true);
  for (const act of acts) {
    await live(act, standing);
    if (isHeld) return act;
  }
  if (!isExpected) return undefined;
  // The outcome of the last write may be seen before it is told that the run stands still there.
  await Promise.race([standing, pause(LAST_WORD_MS)]);
  return isHeld ? acts.at(-1) : undefined;
}
