/**
 * Waits that end early.
 *
 * @module
 */

/**
 * What `promise` gives, or `otherwise` as soon as `signal` aborts; what comes later is of no concern to anybody.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const over = new AbortController();
 * const never = new Promise<string>(() => {});
 * const waiting = unlessAborted(never, over.signal, "called off");
 * over.abort();
 * assert.equal(await waiting, "called off");
 * ```
 */
export async function unlessAborted<T, Otherwise>(
  promise: Promise<T>,
  signal: AbortSignal,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  const aborted = Promise.withResolvers<Otherwise>();
  const abort = () => aborted.resolve(otherwise);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
