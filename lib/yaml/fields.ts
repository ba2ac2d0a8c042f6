/**
 * Small configuration, as people write it: fields and their values, in YAML or JSON.
 *
 * @module
 */
import { isRecord } from "../base/mod.ts";
import { parseOne } from "./parse.ts";
import { toPlain } from "./plain.ts";

/**
 * The fields of the one document that `text` is; nothing where it is no mapping. Why not is not said, as the parser's
 * words quote what they are about, which may be a secret.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseFields("a: 1\nb: [x]\n"), { a: 1, b: ["x"] });
 * assert.equal(parseFields("- a"), undefined);
 * assert.equal(parseFields("a: ["), undefined);
 * ```
 */
export function parseFields(text: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseOne(text, { mode: "lenient" });
  const plain = parsed.ok ? toPlain(parsed.value) : undefined;
  return isRecord(plain) ? plain : undefined;
}
