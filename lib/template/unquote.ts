/**
 * What a quoted text of Go stands for.
 *
 * @module
 */

const SIMPLE = new Map(
  Object.entries({ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\" }),
);
const ESCAPE =
  /\\(?:([abfnrtv\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** The text in quotes; nothing when it holds an escape that Go does not know. */
export function unquote(quoted: string): string | undefined {
  const quote = quoted.charAt(0);
  const inner = quoted.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  let out = "";
  for (let at = 0; at < inner.length;) {
    if (inner.charAt(at) !== "\\") {
      out += inner.charAt(at++);
      continue;
    }
    ESCAPE.lastIndex = at;
    const found = ESCAPE.exec(inner);
    if (found === null) return undefined;
    const [whole, simple, hex, octal, short, long] = found;
    const char = simple === undefined
      ? fromPoint(
        Number.parseInt(octal ?? hex ?? short ?? long ?? "", octal === undefined ? 16 : 8),
      )
      : simple === quote
      ? quote
      : SIMPLE.get(simple);
    if (char === undefined) return undefined;
    out += char;
    at += whole.length;
  }
  return out;
}

/** Unlike Go, which makes bytes of `\x` and octal escapes: a message is text. */
function fromPoint(point: number): string | undefined {
  const isHalf = point >= 0xd800 && point < 0xe000;
  return point > 0x10ffff || isHalf ? undefined : String.fromCodePoint(point);
}
