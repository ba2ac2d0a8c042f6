/**
 * The body of a watch: one JSON event a line.
 *
 * @module
 */
import { isRecord, parseJson } from "../base/mod.ts";

/** One line of a watch. */
export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`, or what a later server thinks of. */
  readonly type: string;
  /** The object, or a Status. */
  readonly object: Record<string, unknown>;
}

/** The longest line; etcd holds no object beyond some megabytes. */
const LONGEST_LINE_BYTES = 32 << 20;

/** Thrown when the stream is no watch. */
export class BrokenStream extends Error {
  /** Says how. */
  constructor(message: string) {
    super(message);
    this.name = "BrokenStream";
  }
}

/**
 * Reads the events of a watch as they come; throws {@linkcode BrokenStream} on a line that is no event, is
 * longer than `mostBytes`, or breaks off.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const body = new Blob(['{"type":"ADDED","object":{"kind":"Pod"}}\n']).stream();
 * const events = await Array.fromAsync(readWatch(body));
 * assert.deepEqual(events, [{ type: "ADDED", object: { kind: "Pod" } }]);
 * ```
 */
export async function* readWatch(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: { onBytes?: (sizeBytes: number) => void; mostBytes?: number } = {},
): AsyncGenerator<WatchEvent> {
  const { onBytes, mostBytes = LONGEST_LINE_BYTES } = options;
  const decoder = new TextDecoder();
  // Parts are joined once at the end of the line, so a long line costs its length, not its square.
  let parts: string[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    onBytes?.(chunk.byteLength);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > mostBytes) {
      throw new BrokenStream(`a watch event is larger than ${mostBytes} bytes`);
    }
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const text = parts.join("") + line;
      parts = [];
      if (text !== "") yield parseEvent(text);
    }
    if (lines.length > 0) sizeBytes = rest.length;
    parts.push(rest);
  }
  if (parts.join("").trim() !== "") throw new BrokenStream("the watch broke off inside an event");
}

function parseEvent(line: string): WatchEvent {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch {
    throw new BrokenStream("a watch event is no JSON");
  }
  if (!isRecord(value) || typeof value.type !== "string" || !isRecord(value.object)) {
    throw new BrokenStream("a watch event has no type or no object");
  }
  return { type: value.type, object: value.object };
}
