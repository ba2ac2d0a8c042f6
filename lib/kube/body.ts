/**
 * Reading answers so that they can be broken off.
 *
 * The signal given to `fetch` is not enough: Deno hands the body a signal that depends on ours, and once that
 * is garbage-collected an abort no longer ends a read that waits (seen with Deno 2.9.6 on watches that were
 * idle across a collection). So a body is read through a reader of our own, which the abort cancels.
 *
 * @module
 */

/** Thrown when an answer is larger than allowed. */
export class BodyTooLarge extends Error {
  /** Names the limit. */
  constructor(most: number) {
    super(`an answer is larger than ${most} bytes`);
    this.name = "BodyTooLarge";
  }
}

/** The chunks of `body`; throws the signal's reason as soon as it aborts. */
export async function* chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  // A body that broke off by itself rejects the cancel with its own error, which the read has told already.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    while (true) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** The whole of an answer as text, of at most `mostBytes`. */
export async function readText(
  response: Response,
  options: { mostBytes: number; signal: AbortSignal },
): Promise<string> {
  const { mostBytes, signal } = options;
  if (Number(response.headers.get("content-length") ?? 0) > mostBytes) {
    await response.body?.cancel();
    throw new BodyTooLarge(mostBytes);
  }
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of chunksOf(response.body, signal)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > mostBytes) throw new BodyTooLarge(mostBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
