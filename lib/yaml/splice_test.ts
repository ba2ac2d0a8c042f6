import assert from "node:assert/strict";
import type { Result } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import type { ScalarNode, YamlNode } from "./node.ts";
import { parseDocuments } from "./parse.ts";
import { spliceScalars } from "./splice.ts";

const spliced: { name: string; text: string; value: string; want: string }[] = [
  { name: "a plain value", text: "a:  x  # c\n", value: "new", want: "a:  new  # c\n" },
  { name: "a number by a text", text: "a: 1.9 # c", value: "1.10", want: 'a: "1.10" # c' },
  { name: "null by a text", text: "a: ~\n", value: "new", want: "a: new\n" },
  { name: "a text that no plain scalar is", text: "a: x\n", value: "y: z", want: "a: 'y: z'\n" },
  { name: "a text that would end brackets", text: "[x]\n", value: "y]", want: '["y]"]\n' },
  { name: "nothing", text: "a: x\n", value: "", want: 'a: ""\n' },
  { name: "single quotes", text: "a: 'x'\n", value: "it's", want: "a: 'it''s'\n" },
  {
    name: "single quotes that cannot hold it",
    text: "a: 'x'\n",
    value: "\t\n",
    want: 'a: "\\t\\n"\n',
  },
  { name: "double quotes", text: 'a: "\\x41"\n', value: 'y"\\', want: 'a: "y\\"\\\\"\n' },
  {
    name: "a value of several lines",
    text: "a: x\n  x\nb: c\n",
    value: "new",
    want: "a: new\nb: c\n",
  },
  { name: "quotes over lines", text: 'a: "x\n\n x" # c\n', value: "new", want: 'a: "new" # c\n' },
  { name: "JSON", text: '{"a":"x","b":[1]}', value: "new", want: '{"a":"new","b":[1]}' },
  {
    name: "what an anchor names",
    text: "a: &n x\nb: *n\n",
    value: "new",
    want: "a: &n new\nb: *n\n",
  },
  { name: "what a tag makes a text", text: "a: !!str 1\n", value: "2", want: 'a: !!str "2"\n' },
  { name: "a line of CRLF", text: "a: x\r\nb: c\r\n", value: "new", want: "a: new\r\nb: c\r\n" },
  {
    name: "a key that stands twice",
    text: "a: x\na: z\n",
    value: "new",
    want: "a: new\na: z\n",
  },
  { name: "behind a byte order mark", text: "\ufeffa: x\n", value: "new", want: "\ufeffa: new\n" },
  { name: "a block", text: "a: |\n   x\nb: c\n", value: "new", want: "a: |-\n   new\nb: c\n" },
  {
    name: "a block of lines, with what stands around them",
    text: "a: >2+ # c\r\n\r\n    x\r\n    x\r\n\r\n# d\r\nb: c\r\n",
    value: "new",
    want: "a: >- # c\r\n    new\r\n\r\n# d\r\nb: c\r\n",
  },
  { name: "a block by nothing", text: "a: |\n  x\nb: c\n", value: "", want: "a: |-\n\nb: c\n" },
  { name: "a block at the end", text: "a: |-\n  x", value: "new", want: "a: |-\n  new" },
];

for (const { name, text, value, want } of spliced) {
  Deno.test(`spliceScalars() writes ${name}`, () => {
    const got = spliceScalars(text, [{ node: firstValue(text), value }]);

    assert.equal(said(got), want);
  });
}

Deno.test("spliceScalars() writes several values, in any order", () => {
  const text = "a: x\nb: [x, x]\n";
  const [a, b, c] = valuesOf(text);
  assert.ok(a && b && c);

  const got = spliceScalars(text, [
    { node: c, value: "three" },
    { node: a, value: "one" },
    { node: b, value: "two" },
  ]);

  assert.equal(said(got), "a: one\nb: [two, three]\n");
});

const refused: { name: string; text: string; value: string; want: string }[] = [
  {
    name: "an alias",
    text: "- *n\n".replace("- ", "x: &n 1\na: "),
    value: "new",
    want: "CannotSplice: f.yaml: an alias has no text of its own; name its anchor instead",
  },
  {
    name: "lines into a block",
    text: "a: |\n  x\n",
    value: "y\nz",
    want: "CannotSplice: f.yaml: line 1: cannot hold this value in a block; " +
      "write the value in quotes",
  },
  {
    name: "a text into a block without lines",
    text: "a: |\nb: c\n",
    value: "new",
    want: "CannotSplice: f.yaml: line 1: cannot hold this value in a block; " +
      "write the value in quotes",
  },
  {
    name: "a text under the tag of a number",
    text: "a: !!int 1\n",
    value: "new",
    want:
      "CannotSplice: f.yaml: line 1: cannot write the value without another reading of the file; " +
      "write the value in quotes",
  },
];

for (const { name, text, value, want } of refused) {
  Deno.test(`spliceScalars() refuses ${name}`, () => {
    const node = valuesOf(text).at(name === "an alias" ? -1 : 0);
    assert.ok(node);

    const got = spliceScalars(text, [{ node, value }], { file: "f.yaml" });

    assert.equal(said(got), want);
  });
}

const notes: { name: string; text: string; want: readonly (string | undefined)[] }[] = [
  { name: "behind a value", text: "a: x # {1}\n", want: ["{1}"] },
  { name: "behind the header of a block", text: "a: >-   # {1}\n  x\n", want: ["{1}"] },
  { name: "inside a block, which is text", text: "a: |\n  x # {1}\n", want: [undefined] },
  { name: "between brackets", text: "{a: x, # {1}\nb: y # {2}\n}\n", want: ["{1}", "{2}"] },
  {
    name: "in a list in brackets",
    text: "[x # {1}\n, y , # {2}\n z]\n",
    want: ["{1}", "{2}", undefined],
  },
  { name: "behind brackets, which are no scalar", text: "a: [x] # {1}\n", want: [undefined] },
  { name: "above an item", text: "a:\n# {1}\n- x\n- y\n", want: ["{1}", undefined] },
  { name: "between a dash and its item", text: "a:\n- # {1}\n  x\n", want: ["{1}"] },
  { name: "above a key, which is not its value's", text: "# {1}\na: x\n", want: [undefined] },
  { name: "behind a key, which is not its value's", text: "a: # {1}\n  x\n", want: [undefined] },
  { name: "behind an alias", text: "a: &n x\nb: *n # {1}\n", want: [undefined, "{1}"] },
];

for (const { name, text, want } of notes) {
  Deno.test(`parseDocuments() finds a comment ${name}, where a text is to be edited`, () => {
    assert.deepEqual(valuesOf(text).map(({ comment }) => comment), want);
  });
}

Deno.test("parseDocuments() leaves aliases, merges and doubles as they stand, where a text is to be edited", () => {
  const text = "a: &n {x: 1}\nb:\n  <<: *n\n  c: 1\n  c: .inf\n";

  const got = valuesOf(text).map(({ value, isAlias }) =>
    isAlias === true ? `alias ${value}` : value
  );

  assert.deepEqual(got, ["1", "alias *n", "1", ".inf"]);
});

Deno.test("parseDocuments() takes time in proportion to a text that is to be edited", async (t) => {
  const cases: readonly { name: string; make: (size: number) => string }[] = [
    { name: "JSON on one line", make: (size) => `{"a":[${'"b", '.repeat(size)}"c" # {1}\n]}` },
    { name: "comments above items", make: (size) => `a:\n${"# {1}\n- b\n".repeat(size)}` },
    { name: "a comment above many items", make: (size) => `a:\n# {1}\n${"- b\n".repeat(size)}` },
  ];
  for (const { name, make } of cases) {
    await t.step(
      name,
      () => assertGrowsWithSize(10_000, make, (text) => parseDocuments(text, { mode: "source" })),
    );
  }
});

Deno.test("spliceScalars() takes time in proportion to the text", async () => {
  const make = (size: number) => "- x # {1}\n".repeat(size);
  await assertGrowsWithSize(
    3_000,
    make,
    (text) => spliceScalars(text, valuesOf(text).map((node) => ({ node, value: "new" }))),
  );
});

function firstValue(text: string): ScalarNode {
  const [first] = valuesOf(text);
  assert.ok(first);
  return first;
}

function valuesOf(text: string): readonly ScalarNode[] {
  const parsed = parseDocuments(text, { mode: "source" });
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.value.flatMap(({ node }) => node === undefined ? [] : [...scalarsIn(node)]);
}

function* scalarsIn(node: YamlNode): Generator<ScalarNode> {
  if (node.kind === "scalar") yield node;
  else if (node.kind === "seq") { for (const item of node.items) yield* scalarsIn(item); }
  else for (const { value } of node.entries) yield* scalarsIn(value);
}

function said(result: Result<string>): string {
  return result.ok ? result.value : `${result.code}: ${result.message}`;
}
