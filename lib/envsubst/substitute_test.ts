import assert from "node:assert/strict";
import fc from "fast-check";
import { substitute } from "./substitute.ts";

const VARIABLES = new Map([
  ["a", "abcABC"],
  ["path", "/usr/share/file.tar.gz"],
  ["empty", ""],
  ["negative", "-3"],
  ["accent", "épée"],
  ["sharp", "ß"],
]);

const filled = [
  { name: "leaves a text without variables as it is", text: "a $b {c} $", want: "a $b {c} $" },
  {
    name: "turns pairs of dollar signs into one",
    text: "$$a $${a} $$${a}",
    want: "$a ${a} $abcABC",
  },
  {
    name: "takes defaults for nothing set and nothing in it",
    text: "${x:=1}${empty:-2}",
    want: "12",
  },
  { name: "fills defaults in from inside", text: "${x:=<${y:-${a}}>}", want: "<abcABC>" },
  { name: "ends a default at its first brace", text: "${x:-{}}", want: "{}" },
  { name: "keeps pairs of dollar signs inside defaults", text: "${x:-$$b}", want: "$$b" },
  { name: "counts bytes", text: "${#accent}", want: "6" },
  { name: "cuts by bytes", text: "${a:1:2}", want: "bc" },
  { name: "cuts from the end", text: "${a:${negative}:2}", want: "AB" },
  { name: "cuts up to a place before the end", text: "${a:1:-2}", want: "bcA" },
  {
    name: "starts at the start when the place is before it",
    text: "${a:${negative}0:2}",
    want: "ab",
  },
  { name: "changes case letter by letter", text: "${sharp^^}${accent^}", want: "ßÉpée" },
  { name: "trims the longest prefix", text: "${path##*/}", want: "file.tar.gz" },
  { name: "trims the shortest suffix", text: "${path%.*}", want: "/usr/share/file.tar" },
  { name: "trims at least one character", text: "${a#*}", want: "bcABC" },
  { name: "trims by sets", text: "${a##[a-c]*[^a-c]}", want: "" },
  { name: "trims whole characters", text: "${accent#?}", want: "pée" },
  { name: "trims nothing by a broken pattern", text: "${a#[a}", want: "abcABC" },
  {
    name: "replaces literally, not by pattern",
    text: "${path//./$&}",
    want: "/usr/share/file$&tar$&gz",
  },
  { name: "reads escaped slashes", text: "${path/\\//\\\\}", want: "\\usr/share/file.tar.gz" },
  { name: "deletes what has no replacement", text: "${a/abc/}", want: "ABC" },
  { name: "keeps an end that has no replacement", text: "${a/#abc/}", want: "abcABC" },
];

for (const { name, text, want } of filled) {
  Deno.test(`substitute() ${name}`, () => {
    assert.deepEqual(substitute(text, VARIABLES, { strict: false }), { ok: true, value: want });
  });
}

const refused = [
  {
    name: "a variable that is not set",
    text: "${x}",
    want: 'NotSet: variable not set (strict mode): "x"',
  },
  {
    name: "one that is not set in a default that is not needed",
    text: "${a:-${x}}",
    want: 'NotSet: variable not set (strict mode): "x"',
  },
  { name: "no name", text: "${!a}", want: "InvalidTemplate: unable to parse variable name" },
  { name: "an open brace", text: "${a:-b", want: "InvalidTemplate: missing closing brace" },
  { name: "an unknown form", text: "${a-b}", want: "InvalidTemplate: missing closing brace" },
  {
    name: "a pattern in a change of case",
    text: "${a^b}",
    want: "InvalidTemplate: bad substitution",
  },
  {
    name: "an empty pattern",
    text: "${a##}",
    want: "InvalidTemplate: unable to parse substitution within function",
  },
  {
    name: "a cut through a character",
    text: "${accent:1}",
    want: "InvalidTemplate: a position inside a character: 1",
  },
  {
    name: "a thousand variables inside each other",
    text: "${x:-".repeat(1_000),
    want: "TooLarge: more than 100 variables inside each other",
  },
];

for (const { name, text, want } of refused) {
  Deno.test(`substitute() refuses ${name}`, () => {
    const got = substitute(text, VARIABLES, { strict: true });

    assert.equal(got.ok ? got.value : `${got.code}: ${got.message}`, want);
  });
}

const hostile = [
  { name: "many long values", text: "${long}".repeat(100_000) },
  { name: "one long value for each letter of another", text: "${long//a/${long}}" },
  { name: "a long pattern against a long value", text: `\${long%%*${"a*".repeat(100)}b}` },
];

for (const { name, text } of hostile) {
  Deno.test(`substitute() gives up on ${name}`, () => {
    const variables = new Map([["long", "a".repeat(1 << 20)]]);

    const got = substitute(text, variables, { strict: true });

    assert.equal(!got.ok && got.code, "TooLarge");
  });
}

Deno.test("substitute() always answers, whatever it reads", () => {
  const token = fc.constantFrom(
    "$",
    "{",
    "}",
    "a",
    "x",
    ":",
    "-",
    "=",
    "#",
    "%",
    "/",
    "^",
    ",",
    "[",
    "]",
    "*",
    "?",
    "\\",
    "1",
    "é",
  );
  const text = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(""));

  fc.assert(
    fc.property(text, fc.boolean(), (template, strict) => {
      const got = substitute(template, VARIABLES, { strict });
      assert.ok(got.ok || got.message !== "");
      if (!template.includes("$")) assert.equal(got.ok && got.value, template);
    }),
    { seed: 20_260_501, numRuns: 3_000 },
  );
});
