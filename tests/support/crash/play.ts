/**
 * Plays a life until it stands still.
 *
 * @module
 */
import { pause } from "../app.ts";

/** What is told comes within this time, on a machine that is busy with something else, too. */
const LAST_WORD_MS = 60_000;

/** What is waited for. */
export interface Awaited {
  /** In a message: `odd-7: not begun`. */
  readonly what: string;
  /** Resolves when the run stands still; nothing where it shall not. */
  readonly held: Promise<unknown> | undefined;
  /** Resolves when the controllers end by themselves, with their last words. */
  readonly broken: Promise<string>;
  /** Whether it came about, before its time was up or `over`. */
  until(over: Promise<unknown>): Promise<boolean>;
  /** What there is instead, as plain data. */
  see(): unknown;
}

/** Waits until something is done or the run stands still. Throws when it comes to no end. */
export async function awaitDone({ what, held, broken, until, see }: Awaited): Promise<void> {
  let isHeld = false;
  let end: string | undefined;
  const over = Promise.race([
    held?.then(() => isHeld = true) ?? broken,
    broken.then((lines) => end = lines),
  ]);
  if (await until(over) || isHeld) return;
  throw new Error(`${what} ${end ?? "in time"}; it is ${JSON.stringify(see())}`);
}

/**
 * Lives acts one after the other until the run stands still, which `held` tells; gives the act in which it
 * does, or nothing when all were lived.
 */
export async function playActs<A>(
  acts: readonly A[],
  { held, isExpected, lastWordMs = LAST_WORD_MS }: {
    readonly held: Promise<unknown>;
    readonly isExpected: boolean;
    readonly lastWordMs?: number | undefined;
  },
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
  await Promise.race([standing, pause(lastWordMs)]);
  return isHeld ? acts.at(-1) : undefined;
}
