/**
 * YAML: half of it well-formed by construction in every style, half of it pieces at random.
 *
 * @module
 */
import fc from "fast-check";
import type { Json, Make } from "./model.ts";

const words = fc.constantFrom(
  ..."a b word 1 0x1F 0o17 017 1e3 1.0 .5 1_000 0b11 -1 +1 12:30 2001-01-01 2001-01-01T00:00:00Z true Yes n ~ null .inf .nan << = - é 😀 a:b a#b x,y [ ] { } & * ! | > % @ ` ' \" \\ ?"
    .split(" "),
  "",
  "long word ".repeat(12).trim(),
  "x".repeat(130),
  "a: b",
  "a #b",
  " lead",
  "trail ",
  "\ttab",
  "\u00a0",
  "\u2028",
  "\u0085",
  "\u0007",
  "\ufeff",
  "two\nlines",
  "two\n\nlines\n",
  "  indented\nlines",
  "end\n\n\n",
  "tr \nail",
  "a\r\nb",
);
const scalarTexts = fc.oneof(
  { weight: 4, arbitrary: words },
  { weight: 1, arbitrary: fc.array(words, { maxLength: 4 }).map((it) => it.join(" ")) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }) },
);

const plain = fc.constantFrom(
  ..."a word 1 0x1F 0o17 017 1e3 1.0 .5 1_000 0b11 -1 +1 12:30 1:2:3 2001-01-01 2001-01-01T10:00:00Z true True Yes n ~ null Null .NaN 1. 0. -0 1e400 9223372036854775808 18446744073709551616 0xFFFFFFFFFFFFFFFFF a:b a#b x,y -a ?a :a << é"
    .split(" "),
  "two words",
  "",
);

/** Lines with one more level of indentation, empty ones left alone. */
function indented(text: string, by: string): string {
  return text.split("\n").map((line) => (line === "" ? "" : `${by}${line}`)).join("\n");
}

const literals = fc.tuple(
  fc.constantFrom("|", "|-", "|+", ">", ">-", ">+", "|2", ">2"),
  scalarTexts,
  fc.constantFrom("", "\n", "\n\n"),
).map(([head, text, end]) => `${head}\n${indented(text, "  ")}${end}`);

const tags = fc.constantFrom(
  "",
  "",
  "",
  "",
  "",
  "!!str ",
  "!!int ",
  "!!float ",
  "!!binary ",
  "!x ",
);
const scalars = fc.tuple(
  tags,
  fc.oneof(
    { weight: 3, arbitrary: plain },
    { weight: 2, arbitrary: scalarTexts.map((it) => JSON.stringify(it)) },
    { weight: 2, arbitrary: scalarTexts.map((it) => `'${it.replaceAll("'", "''")}'`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '"\\x41"',
        '"\\u00e9\\\n  b"',
        '"a\\  b"',
        '"\\/\\e\\_"',
        '"\\ud83d\\ude00"',
      ),
    },
  ),
).map(([tag, text]) => tag + text);

const keys = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom("a", "b", "c", "a1", "a10", "a9", "A", "_x", "é", "n", "a-b", "a.b"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"q"', "'s'", '"1"', '"true"', "? a\n", '""', "1", "true", "a b"),
  },
);
const comments = fc.constantFrom("", "", "", "", " # note", "\n# line", "\n\n");

const { block } = fc.letrec<{ block: string; flow: string }>((tie) => ({
  flow: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars.filter((it) => !/^[|>]/.test(it) && !it.includes("\n")),
    fc.array(tie("flow"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc.array(fc.tuple(keys, tie("flow")), { maxLength: 3 })
      .map((pairs) => `{${pairs.map(([key, it]) => `${key}: ${it}`).join(", ")}}`),
  ),
  block: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 4, arbitrary: scalars.map((it) => ` ${it}`) },
    { weight: 2, arbitrary: literals.map((it) => ` ${it}`) },
    { weight: 2, arbitrary: tie("flow").map((it) => ` ${it}`) },
    { weight: 1, arbitrary: fc.constantFrom(" &x 1", " *x", " &x {a: 1}", " &x") },
    {
      weight: 3,
      arbitrary: fc.array(fc.tuple(keys, tie("block"), comments), { minLength: 1, maxLength: 3 })
        .map((pairs) =>
          `\n${indented(pairs.map(([key, it, note]) => `${key}:${it}${note}`).join("\n"), "  ")}`
        ),
    },
    {
      weight: 3,
      arbitrary: fc.array(fc.tuple(tie("block"), comments), { minLength: 1, maxLength: 3 })
        .map((items) =>
          `\n${
            items.map(([it, note]) =>
              `-${
                indented(it, "  ").trimStart() === "" ? "" : ` ${indented(it, "  ").trim()}`
              }${note}`
            ).join("\n")
          }`
        ),
    },
    { weight: 1, arbitrary: fc.constant("\n  <<: *x\n  b: 1") },
  ),
}));

const pieces = fc.constantFrom(
  ..."a b 1 0x 1e . - + : ? # & * ! | > ' \" % @ ` , [ ] { } ~ \\ << --- ... é 😀 yes null"
    .split(" "),
  " ",
  "  ",
  "\n",
  "\n",
  "\n  ",
  "\n- ",
  "\na: ",
  "\t",
  "\r\n",
  ": ",
  "- ",
  "? ",
  " #",
  "&a ",
  "*a",
  "!!str ",
  "\u2028",
);
const noise = fc.array(pieces, { maxLength: 25 }).map((it) => it.join(""));

/** What follows the header of a resource. */
export const yamlTexts: Make = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(fc.tuple(fc.constantFrom("spec", "data", "x", "y"), block), {
      minLength: 1,
      maxLength: 3,
    }).map((pairs) => pairs.map(([key, it], index) => `${key}${index}:${it}\n`).join("")),
  },
  { weight: 1, arbitrary: noise.map((it) => `spec: ${it}\n`) },
).map((text): Json => ({ text }));
