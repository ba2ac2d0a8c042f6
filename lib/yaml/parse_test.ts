/**
 * What the two readers take, what they refuse, and how they say so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { emitJson } from "./emit_json.ts";
import { getPath } from "./node.ts";
import { parseDocuments, parseOne } from "./parse.ts";
import type { YamlMode } from "./resolve.ts";

/** The documents as JSON; empty ones are left out. */
function read(text: string, mode: YamlMode): string[] | string {
  const parsed = parseDocuments(text, { mode, file: "x.yaml" });
  if (!parsed.ok) return parsed.message;
  return parsed.value.flatMap(({ node }) => node === undefined ? [] : [emitJson(node)]);
}

// Both readers answer alike; every row was asked of the Go libraries.
const same = [
  {
    name: "a block in a block",
    text: "a:\n  b:\n  - c\n  - d: e\n    f: g\n",
    want: ['{"a":{"b":["c",{"d":"e","f":"g"}]}}'],
  },
  { name: "a list at its key's column", text: "a:\n- 1\nb: 2\n", want: ['{"a":[1],"b":2}'] },
  { name: "lists in lists", text: "- - a\n  - b\n- c\n", want: ['[["a","b"],"c"]'] },
  {
    name: "brackets over lines and columns",
    text: "a: [b,\n{c: d},\n]\n",
    want: ['{"a":["b",{"c":"d"}]}'],
  },
  { name: "a pair without braces", text: "[a: b]\n", want: ['[{"a":"b"}]'] },
  { name: "a quoted key with its value at once", text: '{"a":b}\n', want: ['{"a":"b"}'] },
  { name: "a plain text over lines", text: "a: b\n  c\n\n  d\n", want: ['{"a":"b c\\nd"}'] },
  {
    name: "a tab in an empty line of a plain text",
    text: "a: b\n  \t\nc: d\n",
    want: ['{"a":"b","c":"d"}'],
  },
  { name: "single quotes", text: "a: 'it''s\n  b'\n", want: [`{"a":"it's b"}`] },
  {
    name: "escapes",
    text: String.raw`a: "\x41\u00e9\U0001F600\t\e"` + "\n",
    want: ['{"a":"Aé😀\\t\\u001b"}'],
  },
  { name: "an escaped line end", text: 'a: "b\\\n  c"\n', want: ['{"a":"bc"}'] },
  {
    name: "a literal block",
    text: "a: |\n  b\n   c\n\nd: e\n",
    want: ['{"a":"b\\n c\\n","d":"e"}'],
  },
  { name: "chomping", text: "a: |+\n  b\n\nc: |-\n  d\n\n", want: ['{"a":"b\\n\\n","c":"d"}'] },
  { name: "a named indentation", text: "a: |2\n   b\n", want: ['{"a":" b\\n"}'] },
  { name: "a folded block", text: "a: >\n  b\n  c\n\n  d\n", want: ['{"a":"b c\\nd\\n"}'] },
  { name: "a block at its key's column", text: "a:\n|\n b\n", want: ['{"a":"b\\n"}'] },
  {
    name: "anchors, aliases, merge keys",
    text: "a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\n",
    want: ['{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}'],
  },
  {
    name: "an anchor taken again inside its own node",
    text: "a: &x\n  b: &x {c: 1}\nd: *x\n",
    want: ['{"a":{"b":{"c":1}},"d":{"c":1}}'],
  },
  {
    name: "an anchor above a mapping",
    text: "a: &a\n  b: c\nd: *a\n",
    want: ['{"a":{"b":"c"},"d":{"b":"c"}}'],
  },
  {
    name: "properties above a key with its own",
    text: "a: !!map\n  &k b: c\nd: *k\n",
    want: ['{"a":{"b":"c"},"d":"b"}'],
  },
  { name: "a tag below an anchor", text: "a: &a\n !!str 1\nb: *a\n", want: ['{"a":"1","b":"1"}'] },
  { name: "a tag before a dash on the next line", text: "- !!str\n- b\n", want: ['["","b"]'] },
  {
    name: "a tag before an indentless list",
    text: "a: !!seq\n- 1\nb: 2\n",
    want: ['{"a":[1],"b":2}'],
  },
  {
    name: "explicit tags",
    text: "a: !!str 1\nb: !!float 1\nc: !!binary aGk=\nd: !x y\n",
    want: ['{"a":"1","b":1,"c":"hi","d":"y"}'],
  },
  { name: "a tag with a colon before its second !", text: "a: !1:2!b c\n", want: ['{"a":"c"}'] },
  { name: "asked keys", text: "? a\n: b\n? c\n", want: ['{"a":"b","c":null}'] },
  {
    name: "numbers",
    text: "a: [0x1F, 0b11, 017, 0o17, 1_000, +1, -2, 1e3, .5]\n",
    want: ['{"a":[31,3,15,15,1000,1,-2,1000,0.5]}'],
  },
  {
    name: "integers beyond a double",
    text: "a: 9007199254740993\nb: 18446744073709551615\n",
    want: ['{"a":9007199254740993,"b":18446744073709551615}'],
  },
  {
    name: "what is no number",
    text: "a: [1_0x, 08, 1:30, 0x, 1e, +, .]\n",
    want: ['{"a":["1_0x",8,"1:30","0x","1e","+","."]}'],
  },
  {
    name: "documents",
    text: "a: 1\n--- # b\nb: 2\n---\n---\nc: 3\n...\n",
    want: ['{"a":1}', '{"b":2}', '{"c":3}'],
  },
  {
    name: "a separator in a block",
    text: "a: |\n  b\n  ---\n  c\n",
    want: ['{"a":"b\\n---\\nc\\n"}'],
  },
  {
    name: "Windows line ends",
    text: "a: 1\r\n---\r\nb: |\r\n  c\r\n",
    want: ['{"a":1}', '{"b":"c\\n"}'],
  },
  { name: "nothing", text: "", want: [] },
  { name: "comments alone", text: "# a\n---\n  # b\n", want: [] },
];

for (const { name, text, want } of same) {
  Deno.test(`parseDocuments() reads ${name}`, () => {
    assert.deepEqual(read(text, "lenient"), want);
    assert.deepEqual(read(text, "kyaml"), want);
  });
}

// Where kustomize's reader and the one of everything else in Kubernetes part.
const apart = [
  { name: "old booleans", text: "a: yes\n", kyaml: ['{"a":"yes"}'], lenient: ['{"a":true}'] },
  {
    name: "dates",
    text: "a: 2020-1-2\n",
    kyaml: ['{"a":"2020-01-02T00:00:00Z"}'],
    lenient: ['{"a":"2020-1-2"}'],
  },
  {
    name: "a key twice",
    text: "a: 1\na: 2\n",
    kyaml: /line 2: mapping key "a" already defined at line 1/,
    lenient: ['{"a":2}'],
  },
  {
    name: "keys that are no strings",
    text: "0x10: a\n",
    kyaml: ['{"0x10":"a"}'],
    lenient: ['{"16":"a"}'],
  },
  {
    name: "keys beyond int64",
    text: "18446744073709551615: a\n",
    kyaml: ['{"18446744073709551615":"a"}'],
    lenient: /unsupported map key/,
  },
  { name: "the bare tag", text: "a: ! 1\n", kyaml: ['{"a":1}'], lenient: ['{"a":"1"}'] },
  {
    name: "a separator with content at the start",
    text: "--- [a]\n",
    kyaml: ['["a"]'],
    lenient: /invalid document separator: --- \[a\]/,
  },
  {
    name: "a block that ends with the text",
    text: "a: |\n  b",
    kyaml: ['{"a":"b"}'],
    lenient: ['{"a":"b\\n"}'],
  },
  {
    name: "what is left out between brackets",
    text: "a: {b: , c}\n",
    kyaml: ['{"a":{"b":"","c":""}}'],
    lenient: ['{"a":{"b":null,"c":null}}'],
  },
  {
    name: "indented lines of a folded block",
    text: "a: >\n  b\n   c\n  d\n",
    kyaml: ['{"a":"b\\n\\n c\\nd\\n"}'],
    lenient: ['{"a":"b\\n c\\nd\\n"}'],
  },
  {
    name: "a folded block that keeps its end",
    text: "a: >+\n  b\n\n",
    kyaml: ['{"a":"b\\n\\n\\n"}'],
    lenient: ['{"a":"b\\n\\n"}'],
  },
  {
    name: "a folded block that begins indented",
    text: "a: >1\n   b\n c\n\n d\n",
    kyaml: ['{"a":"  b\\nc d\\n"}'],
    lenient: ['{"a":"  b\\nc\\nd\\n"}'],
  },
  {
    name: "a key that was left out",
    text: "a: {? : b}\nc:\n  ?\n",
    kyaml: ['{"a":{"":"b"},"c":{"":null}}'],
    lenient: /line 1: unsupported map key: null/,
  },
  {
    name: "an anchor in the place of a key",
    text: "a:\n  &b : c\n",
    kyaml: ['{"a":{"":"c"}}'],
    lenient: /line 2: unsupported map key: null/,
  },
  {
    name: "a block that begins with a tab",
    text: "a: |2\n  \tb\n",
    kyaml: /line 1: found a tab character where an indentation space is expected/,
    lenient: ['{"a":"\\tb\\n"}'],
  },
  {
    name: "a comment behind an open block",
    text: "a: |+\n  b\n\n# c\n",
    kyaml: ['{"a":"b\\n\\n\\n"}'],
    lenient: ['{"a":"b\\n\\n"}'],
  },
  {
    name: "a float that only uint64 holds",
    text: "a: !!float 18446744073709551615\n",
    kyaml: /line 1: cannot decode !!int/,
    lenient: /line 1: cannot decode !!int/,
  },
];

for (const { name, text, kyaml, lenient } of apart) {
  Deno.test(`parseDocuments() reads by mode: ${name}`, () => {
    for (const [mode, want] of [["kyaml", kyaml], ["lenient", lenient]] as const) {
      const got = read(text, mode);
      if (want instanceof RegExp) assert.match(String(got), want);
      else assert.deepEqual(got, want, mode);
    }
  });
}

// Each was asked of Go: which node a comment belongs to.
const noted = [
  { name: "behind a key", text: "a: # {}\n- 1\n", want: { key: "{}" } },
  { name: "behind brackets", text: "a: [1] # {}\n", want: { value: "{}" } },
  { name: "above a key", text: "b: 1\n# {}\na: [1]\n", want: { key: "{}" } },
  { name: "above a key, apart from both", text: "b: 1\n\n# {}\n\na: 1\n", want: { key: "{}" } },
  { name: "close below other content", text: "b: 1\n# {}\n\na: 1\n", want: {} },
  { name: "at the end of a deeper map", text: "b:\n  c: 1\n  # {}\na: 1\n", want: {} },
  { name: "one of two", text: "b: 1\n# {}\n# x\na: 1\n", want: {} },
  { name: "above the first key, apart", text: "# {}\n\na: 1\n", want: {} },
  { name: "with words", text: "a: # see {}\n- 1\n", want: {} },
];

for (const { name, text, want } of noted) {
  Deno.test(`parseOne() keeps an object in a comment: ${name}`, () => {
    const parsed = parseOne(text);

    const root = parsed.ok ? parsed.value : undefined;
    const entry = root?.kind === "map" ? root.entries.at(-1) : undefined;
    const got = {
      ...(entry?.key.comment && { key: entry.key.comment }),
      ...(entry?.value.comment && { value: entry.value.comment }),
    };
    assert.deepEqual(got, want);
  });
}

const bad = [
  {
    name: "a mapping in a plain text",
    text: "a: b: c\n",
    want: /line 1: mapping values are not allowed.*; indent it.*or quote/,
  },
  {
    name: "a tab that indents",
    text: "a:\n\tb: c\n",
    want: /line 2: found character that cannot start any token; .*spaces/,
  },
  { name: "a tab below a quoted text", text: '"a"\n\t\n', want: /line 2: / },
  {
    name: "a line indented less",
    text: "a:\n    b: c\n  d: e\n",
    want: /line 3: did not find expected key/,
  },
  {
    name: "a key without a colon",
    text: "a: b\nc\n",
    want: /line 2: could not find expected ':'; write key: value/,
  },
  { name: "a list in a mapping", text: "a: b\n- c\n", want: /line 2: did not find expected key/ },
  {
    name: "a mapping in a list",
    text: "- a\nb: c\n",
    want: /line 2: did not find expected '-' indicator/,
  },
  {
    name: "an open bracket",
    text: "a: [b\nc: d\n",
    want: /line [123]: did not find expected ',' or '\]'; .*bracket of line 1/,
  },
  {
    name: "an open quote",
    text: 'a: "b\n',
    want: /found unexpected end of stream; close the quote that line 1 opens/,
  },
  {
    name: "an unknown escape",
    text: 'a: "\\q"\n',
    want: /line 1: found unknown escape character; .*\\\\/,
  },
  // JSON knows this one; Go's readers do not.
  { name: "an escaped slash", text: 'a: "\\/"\n', want: /line 1: found unknown escape character/ },
  { name: "half a surrogate pair", text: 'a: "\\ud800"\n', want: /invalid Unicode/ },
  {
    name: "a sign no value begins with",
    text: "a: @b\n",
    want: /line 1: found character that cannot start any token; quote.*@/,
  },
  {
    name: "an unknown anchor",
    text: "a: *b\n",
    want: /line 1: unknown anchor 'b' referenced; put &b before/,
  },
  {
    name: "an anchor within itself",
    text: "a: &a\n  b: *a\n",
    want: /line 2: anchor 'a' value contains itself/,
  },
  { name: "a merge of no mapping", text: "<<: a\n", want: /line 1: map merge requires map/ },
  { name: "a collection as key", text: "[a]: b\n", want: /line 1: invalid map key/ },
  {
    name: "a null as key",
    text: "a: b\n~: c\n",
    want: /line 2: unsupported map key: ~; put it in quotes/,
  },
  { name: "infinity", text: "a: b\nc: -.inf\n", want: /line 2: unsupported value: -\.inf; / },
  { name: "what is not a number", text: "[.nan]\n", want: /line 1: unsupported value: \.nan; / },
  {
    name: "a question mark between brackets",
    text: "a: [b?c]\n",
    want: /line 1: did not find expected ','/,
  },
  {
    name: "a tag that does not fit",
    text: "a: !!int b\n",
    want: /line 1: cannot decode !!str `b` as a !!int/,
  },
  { name: "a tag with half an escape", text: "a: !% b\n", want: /URI escaped octet/ },
  { name: "a tag without a name", text: "a: !!\n", want: /expected tag URI/ },
  { name: "a tag that runs into a bracket", text: "a: [!b]\n", want: /line [12]: / },
  { name: "an alias with an anchor", text: "a: &a 1\nb: &b\n  *a\n", want: /line 3: / },
  {
    name: "two anchors",
    text: "a: &b\n  &c d\n",
    want: /line 2: did not find expected node content/,
  },
  { name: "bad base64", text: "a: !!binary '*'\n", want: /line 1: .*base64/ },
  {
    name: "a control character",
    text: "a: b\n\u0001",
    want: /line 2: control characters are not allowed \(U\+0001\)/,
  },
  {
    name: "a separator with content",
    text: "a: 1\n---b\nc: 2\n",
    want: /line 2: invalid document separator: ---b; put the content/,
  },
  {
    name: "an end without a document",
    text: "a: 1\n---\n...\n",
    want: /line 3: did not find expected node content/,
  },
  {
    name: "an unknown directive",
    text: "%FOO\n---\na: 1\n",
    want: /line 1: found unknown directive %FOO/,
  },
  {
    name: "more behind the document",
    text: "  a: 1\nb: 2\n",
    want: /line 2: did not find expected <document start>/,
  },
  {
    name: "more behind the end of the document",
    text: "a: 1\n...\n# b\nc: 2\n",
    want: /line 4: found content behind the end of the document/,
  },
];

for (const { name, text, want } of bad) {
  Deno.test(`parseDocuments() refuses ${name}`, () => {
    for (const mode of ["kyaml", "lenient"] as const) {
      const parsed = parseDocuments(text, { file: "apps/x.yaml", mode });

      assert.equal(!parsed.ok && parsed.code, "MalformedYaml");
      assert.match(parsed.ok ? "" : parsed.message, want);
      assert.match(parsed.ok ? "" : parsed.message, /^apps\/x\.yaml: line \d+: .+; .+/);
    }
  });
}

Deno.test("parseDocuments() gives every node its place", async (t) => {
  const text = "# a\nb:\n  - c: 'd'\n    e: [f]\n---\ng: |\n  h\n";
  const parsed = parseDocuments(text);
  assert.ok(parsed.ok);
  const [first, second] = parsed.value.map(({ node }) => node);
  const list = getPath(first, ["b"]);
  assert.ok(list?.kind === "seq");
  const [item] = list.items;
  const cases = [
    { name: "the root", node: first, line: 2, column: 1, text: "b:\n  - c: 'd'\n    e: [f]" },
    { name: "an item", node: item, line: 3, column: 5, text: "c: 'd'\n    e: [f]" },
    { name: "a quoted text", node: getPath(item, ["c"]), line: 3, column: 8, text: "'d'" },
    { name: "a bracket", node: getPath(item, ["e"]), line: 4, column: 8, text: "[f]" },
    { name: "a block", node: getPath(second, ["g"]), line: 6, column: 4, text: "|\n  h\n" },
  ];
  for (const { name, node, line, column, text: want } of cases) {
    await t.step(name, () => {
      assert.ok(node?.at !== undefined);
      assert.deepEqual([node.at.line, node.at.column], [line, column]);
      assert.equal(text.slice(node.at.start, node.at.end), want);
    });
  }
});

Deno.test("parseDocuments() says on which line a document begins", () => {
  const parsed = parseDocuments("# a\n\nb: 1\n---\n\nc: 2\n");

  assert.deepEqual(parsed.ok && parsed.value.map(({ line }) => line), [3, 6]);
});

Deno.test("parseOne() takes one document", async (t) => {
  const cases = [
    { name: "a document between separators", text: "---\na: 1\n---\n", want: '{"a":1}' },
    { name: "content behind a separator", text: "--- [a]\n", want: '["a"]' },
    { name: "no document", text: "# a\n", want: undefined },
    {
      name: "two documents",
      text: "a: 1\n---\nb: 2\n",
      want: /^x\.yaml: line [23]: found a second document; /,
    },
  ];
  for (const { name, text, want } of cases) {
    await t.step(name, () => {
      const parsed = parseOne(text, { file: "x.yaml" });
      if (want instanceof RegExp) assert.match(parsed.ok ? "" : parsed.message, want);
      else assert.equal(parsed.ok && parsed.value && emitJson(parsed.value), want);
    });
  }
});
