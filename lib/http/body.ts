/**
 * Bodies: read to the end, piece by piece, or thrown away.
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

const CHUNK_BYTES = 64 << 10;

/**
 * The chunks of a body. With `reuses` they lie in the same memory, where the stream can do that: each is gone when the
 * next one is asked for. A body of 26 MiB leaves 26 MiB less to the garbage collector then.
 */
export function chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  reuses: boolean,
): AsyncIterable<Uint8Array> {
  const reader = reuses ? byteReader(body) : undefined;
  return reader === undefined ? body : reusedChunks(reader);
}

function byteReader(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch (thrown) {
    // A stream of whole chunks, not of bytes.
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

async function* reusedChunks(reader: ReadableStreamBYOBReader): AsyncGenerator<Uint8Array> {
  let memory = new ArrayBuffer(CHUNK_BYTES);
  try {
    while (true) {
      const { value, done } = await reader.read(new Uint8Array(memory));
      if (done) return;
      yield value;
      memory = value.buffer;
    }
  } finally {
    // Of one that broke its reader has been told; one at its end stays as it is.
    await reader.cancel().catch(() => {});
  }
}

/** Closes a body that nobody reads on. */
export async function discard(response: Response): Promise<void> {
  if (response.body === null || response.body.locked) return;
  // A body that broke is closed already; why, its reader has been told.
  await response.body.cancel().catch(() => {});
}
