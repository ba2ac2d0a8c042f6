/**
 * Bodies: read to the end, or thrown away.
 *
 * @module
 */
import { ok, type Result } from "../base/mod.ts";
import { HttpBodyError } from "./failure.ts";

/**
 * Reads a bounded body to its end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const body = (async function* () { yield new Uint8Array([1]); yield new Uint8Array([2]); })();
 * assert.deepEqual(await readAll(body), { ok: true, value: new Uint8Array([1, 2]) });
 * ```
 */
export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch (thrown) {
    if (thrown instanceof HttpBodyError) return thrown.failure;
    throw thrown;
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return ok(only);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return ok(whole);
}

/** Closes a body that nobody reads on. */
export async function discard(response: Response): Promise<void> {
  if (response.body === null || response.body.locked) return;
  // A body that broke is closed already; why, its reader has been told.
  await response.body.cancel().catch(() => {});
}
