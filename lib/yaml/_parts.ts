/**
 * Cuts a stream into what Go's readers parse one by one.
 *
 * @module
 */
import { type Reader, stop } from "./_reader.ts";

/** A part of a stream that Go's readers parse for itself. */
export interface Part {
  /** Offset of its first character. */
  readonly start: number;
  /** Offset past its last character. */
  readonly end: number;
}

/**
 * Cuts the stream as Go's readers do before they parse: at lines that begin with `---`, which may carry
 * nothing but a comment. Such a line belongs to no part, unless the part would be empty before it.
 */
export function splitParts(reader: Reader): readonly Part[] {
  const { text, mode } = reader;
  const parts: Part[] = [];
  let start = 0;
  for (let at = text.startsWith("---") ? 0 : nextSeparator(text, 0); at >= 0;) {
    const lineEnd = text.indexOf("\n", at);
    const cuts = at > start && (mode === "lenient" || lineEnd >= 0);
    if (cuts || mode === "lenient") checkSeparator(reader, at, lineEnd);
    if (cuts) {
      parts.push({ start, end: at });
      start = lineEnd < 0 ? text.length : lineEnd + 1;
    }
    at = nextSeparator(text, at);
  }
  return [...parts, { start, end: text.length }];
}

/** The start of the next line with a separator, behind the line at `from`; -1 when there is none. */
function nextSeparator(text: string, from: number): number {
  const at = text.indexOf("\n---", from);
  return at < 0 ? -1 : at + 1;
}

function checkSeparator(reader: Reader, at: number, lineEnd: number): void {
  const { text } = reader;
  const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
  if (/^---[\s\u0085]*(?:#|$)/.test(line)) return;
  stop(
    reader,
    `invalid document separator: ${line.trim().slice(0, 60)}`,
    "put the content on the line below",
    text.slice(0, at).split("\n").length,
  );
}
