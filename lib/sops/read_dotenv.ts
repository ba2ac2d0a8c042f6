/**
 * A sealed list of variables, `NAME=value` a line.
 *
 * @module
 */
import { type Budget, fail, Meter, ok, type Result } from "../base/mod.ts";
import { nestMetadata } from "./flat_metadata.ts";
import { readMetadata } from "./metadata.ts";
import type { Leaf, Remark, Replacement, SealedText } from "./sealed_text.ts";
import { isSealedValue } from "./value.ts";

const METADATA = "sops_";

/** Reads a file that sops sealed as dotenv. */
export function readSealedDotenv(text: string, budget: Budget): Result<SealedText> {
  const meter = new Meter(budget);
  const leaves: Leaf[] = [];
  const remarks: Remark[] = [];
  const cuts: Replacement[] = [];
  const entries: [string, string][] = [];
  let start = 0;
  for (const [index, line] of text.split("\n").entries()) {
    meter.spendEntries(1, "the sealed file");
    const end = start + line.length;
    const sign = line.indexOf("=");
    if (line.startsWith("#")) {
      const sealed = line.slice(1);
      const span = { start: start + 1, end };
      const write = (text: string) => [{ ...span, text }];
      if (isSealedValue(sealed)) remarks.push({ sealed, paths: [[]], write });
    } else if (line !== "") {
      if (sign < 0) return fail("Malformed", `line ${index + 1} has no '='`);
      const name = line.slice(0, sign);
      const value = unescapeLines(line.slice(sign + 1));
      if (name.startsWith(METADATA)) {
        entries.push([name.slice(METADATA.length), value]);
        cuts.push({ start, end: Math.min(end + 1, text.length), text: "" });
      } else leaves.push(leafOf(name, value, { start: start + sign + 1, end }));
    }
    start = end + 1;
  }
  const metadata = readMetadata(nestMetadata(entries));
  return metadata.ok ? ok({ text, metadata: metadata.value, leaves, remarks, cuts }) : metadata;
}

function leafOf(name: string, text: string, span: { start: number; end: number }): Leaf {
  return {
    path: [name],
    text,
    isString: true,
    ...span,
    write: (opened) => ({ ...span, text: opened.text.replaceAll("\n", "\\n") }),
  };
}

function unescapeLines(text: string): string {
  return text.replaceAll("\\n", "\n");
}
