/**
 * What kustomize makes of a folded text: it prints every resource as YAML, `>` blocks as `>` blocks, and reads
 * that again before it prints the result; on the way its library writes some line ends once too often.
 *
 * @module
 */
import { allowsBlock } from "./_scalar_text.ts";

/** A line, the line ends behind it and the first character behind those. */
const LINE = /([^\n]+)(\n+)(?=([^\n]?))/g;

/** The text that comes out when `value`, read from a `>` block, is written as one and read again. */
export function refold(value: string): string {
  const first = /[^\n]/.exec(value)?.[0];
  if (first === undefined || !canBeBlock(value)) return value;
  // The library looks at the start of the text where it means the start of the next line.
  const adds = isIndented(first) ? 0 : 1;
  return value.replace(LINE, (_all, line: string, ends: string, next: string) => {
    const written = ends.length + (isIndented(line) ? 0 : adds);
    // A single line end at the end of a text is kept by `>`, more of them by `>+`.
    if (next === "") return line + (ends.length === 1 ? ends : "\n".repeat(written));
    if (isIndented(line) || isIndented(next)) return line + "\n".repeat(written);
    return line + (written === 1 ? " " : "\n".repeat(written - 1));
  });
}

/** True for a text that stays in its block. Other line breaks and what no block can hold are written in quotes, which keep everything. */
export function canBeBlock(value: string): boolean {
  return !/[\r\u0085\u2028\u2029]/.test(value) && allowsBlock(value.replaceAll("\t", "x"));
}

function isIndented(line: string): boolean {
  return line.startsWith(" ") || line.startsWith("\t");
}
