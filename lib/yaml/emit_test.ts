/**
 * The bytes that Go's emitter prints; every row was asked of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { emitDocuments, emitYaml } from "./emit.ts";
import { emitJson } from "./emit_json.ts";
import { parseOne } from "./parse.ts";
import { fromPlain, toPlain } from "./plain.ts";

const LONG = `${"word ".repeat(19)}word`;

const texts = [
  { name: "a word", text: "abc", want: "abc" },
  { name: "nothing", text: "", want: '""' },
  { name: "what reads as null", text: "~", want: '"~"' },
  { name: "an old boolean", text: "yes", want: '"yes"' },
  { name: "an old boolean's letter", text: "N", want: '"N"' },
  { name: "a number", text: "1_0", want: '"1_0"' },
  { name: "a number with an exponent", text: "1e3", want: '"1e3"' },
  { name: "a number of base 60", text: "1:30", want: '"1:30"' },
  { name: "a date", text: "2020-01-02", want: '"2020-01-02"' },
  { name: "a merge key", text: "<<", want: "<<" },
  { name: "a colon and a space", text: "a: b", want: "'a: b'" },
  { name: "a colon at the end", text: "a:", want: "'a:'" },
  { name: "a colon inside", text: "a:b", want: "a:b" },
  { name: "a comment sign", text: "a #b", want: "'a #b'" },
  { name: "a dash and a space", text: "- a", want: "'- a'" },
  { name: "a sign that begins something", text: "@a", want: "'@a'" },
  { name: "a quote", text: "it's", want: "it's" },
  { name: "a quote that needs quotes", text: "'a", want: "'''a'" },
  { name: "a double quote first", text: '"a', want: "'\"a'" },
  { name: "a space at the start", text: " a", want: "' a'" },
  { name: "a tab", text: "a\tb", want: '"a\\tb"' },
  { name: "an emoji", text: "😀", want: '"\\U0001F600"' },
  { name: "a letter beyond ASCII", text: "é", want: "é" },
  { name: "a space that does not break", text: "a\u00a0b", want: "a\u00a0b" },
  { name: "a document marker", text: "---", want: "'---'" },
  { name: "lines", text: "a\nb\n", want: "|\n  a\n  b" },
  { name: "lines without a last end", text: "a\nb", want: "|-\n  a\n  b" },
  { name: "lines with two last ends", text: "a\n\n", want: "|+\n  a\n" },
  { name: "lines that begin indented", text: " a\nb", want: "|2-\n   a\n  b" },
  { name: "lines with blanks at their end", text: "a \nb", want: '"a \\nb"' },
  { name: "a long text", text: LONG, want: `${"word ".repeat(15)}word\n  word word word word` },
];

for (const { name, text, want } of texts) {
  Deno.test(`emitYaml() writes ${name}`, () => {
    const got = emitYaml(fromPlain({ k: text }));

    assert.equal(got, `k: ${want}\n`);
    const again = parseOne(got);
    assert.equal(
      again.ok && emitJson(again.value ?? fromPlain(null)),
      emitJson(fromPlain({ k: text })),
    );
  });
}

const values = [
  {
    name: "keys in natural order",
    value: { b: 1, a10: 1, a9: 1, B: 1, _: 1 },
    want: "_: 1\nB: 1\na9: 1\na10: 1\nb: 1\n",
  },
  {
    name: "lists at their key's column",
    value: { a: [{ b: 1, c: [2] }, [3]] },
    want: "a:\n- b: 1\n  c:\n  - 2\n- - 3\n",
  },
  {
    name: "empty collections",
    value: { a: {}, b: [], c: [[], {}] },
    want: "a: {}\nb: []\nc:\n- []\n- {}\n",
  },
  {
    name: "keys that read as others",
    value: { y: 1, "": 2, "1": 3, "a b": 4 },
    want: '"": 2\n"1": 3\na b: 4\n"y": 1\n',
  },
  { name: "keys of several lines", value: { "a\nb": 1 }, want: "? |-\n  a\n  b\n: 1\n" },
  {
    name: "keys too long for a line",
    value: { ["k".repeat(129)]: [1] },
    want: `? ${"k".repeat(129)}\n: - 1\n`,
  },
  {
    name: "numbers",
    value: [1.5, 1e21, 1e-7, 123456.5, 1234567.5, 18446744073709551615n],
    want: "- 1.5\n- 1e+21\n- 1e-07\n- 123456.5\n- 1.2345675e+06\n- 18446744073709551615\n",
  },
  { name: "a text alone", value: "a", want: "a\n" },
  { name: "an empty map alone", value: {}, want: "{}\n" },
];

for (const { name, value, want } of values) {
  Deno.test(`emitYaml() writes ${name}`, () => {
    assert.equal(emitYaml(fromPlain(value)), want);
  });
}

Deno.test("emitDocuments() puts --- between documents", () => {
  assert.equal(emitDocuments([fromPlain({ a: 1 }), fromPlain([2])]), "a: 1\n---\n- 2\n");
});

Deno.test("emitJson() prints what encoding/json prints", () => {
  const value = {
    "é": "<>&\u2028",
    b: [1e21, 1e-7, 9007199254740993n],
    "😀": null,
    "\uffff": true,
    a: 'q"\\\n\u0001',
  };

  const json = emitJson(fromPlain(value));

  assert.equal(
    json,
    String
      .raw`{"a":"q\"\\\n\u0001","b":[1e+21,1e-7,9007199254740993],"é":"\u003c\u003e\u0026\u2028","` +
      "\uffff" + String.raw`":true,"😀":null}`,
  );
});

Deno.test("toPlain() and fromPlain() are each other's way back", async (t) => {
  const cases = [
    { name: "null", value: null },
    { name: "a nested value", value: { a: [1, "1", true, null, 1.5], b: {} } },
    { name: "an integer beyond a double", value: { a: 9007199254740993n } },
    { name: "the prototype's name", value: JSON.parse('{"__proto__":{"a":1}}') },
  ];
  for (const { name, value } of cases) {
    await t.step(name, () => assert.deepEqual(toPlain(fromPlain(value)), value));
  }
});

Deno.test("toPlain() leaves the prototype alone", () => {
  const parsed = parseOne("__proto__:\n  polluted: true\n");

  const plain = toPlain(parsed.ok ? parsed.value : undefined);

  assert.equal(Object.getPrototypeOf(plain), Object.prototype);
  assert.equal(Object.hasOwn({}, "polluted"), false);
});

Deno.test("fromPlain() refuses what has no form in JSON", async (t) => {
  const cases = [
    { name: "a function", value: () => 1 },
    { name: "infinity", value: [Infinity] },
    { name: "no number", value: { a: NaN } },
    { name: "a symbol", value: Symbol("a") },
  ];
  for (const { name, value } of cases) {
    await t.step(name, () => assert.throws(() => fromPlain(value), TypeError));
  }
});
