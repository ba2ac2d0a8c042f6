/**
 * Properties that hold for any text and any value. A failure prints the seed that brings it back.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Budget, defaultBudget } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { emitYaml } from "./emit.ts";
import { emitJson } from "./emit_json.ts";
import { parseDocuments, parseOne } from "./parse.ts";
import { fromPlain, toPlain } from "./plain.ts";

const BUDGET: Budget = { ...defaultBudget(), bytes: 1 << 20, entries: 20_000, depth: 60 };

/** Pieces that meet each other often enough to find every branch. */
const piece = fc.constantFrom(
  ..."a b 1 0x 1e . - + : ? # & * ! | > ' \" % @ ` , [ ] { } ~ \\ << --- ... é 😀 yes null".split(
    " ",
  ),
  ...[
    " ",
    "  ",
    "\n",
    "\n",
    "\n  ",
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
    "\ufeff",
    "\0",
  ],
);
const noise = fc.oneof(
  fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
);
const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  // Go cannot read its own JSON back when such a character is in it.
  noise.map((it) => it.toWellFormed().replace(/\p{Cc}|[\ufeff\ufffe\uffff]/gu, "\n")),
);
// kustomize prints `<<` plain, and takes what stands under it for a merge when it reads that again.
const key = text.filter((it) => it !== "<<");
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(key, tie("node"), { maxKeys: 4 }),
  ),
})).node;

Deno.test("parseDocuments() answers any text with documents or a failure", () => {
  fc.assert(
    fc.property(noise, fc.constantFrom("kyaml" as const, "lenient" as const), (it, mode) => {
      const parsed = parseDocuments(it, { mode, budget: BUDGET });

      if (!parsed.ok) return assert.match(parsed.code, /^(MalformedYaml|BudgetSpent)$/);
      for (const { node } of parsed.value) {
        const { start, end } = node?.at ?? { start: 0, end: 0 };
        assert.ok(start <= end && end <= it.length + 1);
        if (node !== undefined) emitJson(node);
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("parseOne() reads back what emitYaml() prints", () => {
  fc.assert(
    fc.property(value, (it) => {
      const printed = emitYaml(fromPlain(it));

      const read = parseOne(printed);

      assert.ok(read.ok, read.ok ? "" : read.message);
      assert.equal(emitYaml(read.value ?? fromPlain(null)), printed);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("emitYaml() prints << plain, as kustomize does; parseOne() takes the key for a merge", () => {
  const printed = emitYaml(fromPlain({ a: "<<", "<<": "" }));

  const read = parseOne(printed);

  assert.equal(printed, '<<: ""\na: <<\n');
  assert.match(read.ok ? "" : read.message, /map merge requires map/);
});

Deno.test("toPlain() gives what fromPlain() took", () => {
  fc.assert(
    fc.property(value, (it) => {
      // A whole number is an integer node, whatever type it came in.
      assert.equal(emitJson(fromPlain(toPlain(fromPlain(it)))), emitJson(fromPlain(it)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseDocuments() stops at bombs", async (t) => {
  const names = Array.from({ length: 9 }, (_, index) => `a${index}`);
  const laughs = names.map((name, index) => {
    const items = index === 0 ? "x" : Array(9).fill(`*a${index - 1}`).join(", ");
    return `${name}: &${name} [${items}]\n`;
  });
  const ladder = Array.from(
    { length: 80 },
    (_, index) => `a${index}: &a${index} ${index === 0 ? "x" : `[*a${index - 1}]`}\n`,
  );
  const cases = [
    { name: "aliases of aliases", text: laughs.join("") },
    { name: "a ladder of aliases", text: ladder.join("") },
    { name: "brackets in brackets", text: "[".repeat(100_000) },
    { name: "dashes in dashes", text: "- ".repeat(100_000) },
    { name: "asked keys in asked keys", text: "? ".repeat(100_000) },
    {
      name: "maps in maps",
      text: Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}a:\n`).join(""),
    },
    { name: "more nodes than allowed", text: "- a\n".repeat(30_000) },
    { name: "more text than allowed", text: "a".repeat(2 << 20) },
  ];
  for (const { name, text } of cases) {
    await t.step(name, () => {
      const parsed = parseDocuments(text, { budget: BUDGET, file: "x.yaml" });

      assert.equal(!parsed.ok && parsed.code, "BudgetSpent");
      assert.match(parsed.ok ? "" : parsed.message, /^x\.yaml: line \d+: /);
    });
  }
});

Deno.test("parseDocuments() stops when its time is up", () => {
  const budget = { ...defaultBudget(), signal: AbortSignal.abort() };

  const parsed = parseDocuments("- a\n".repeat(10_000), { budget });

  assert.equal(!parsed.ok && parsed.code, "BudgetSpent");
});

Deno.test("parseDocuments() takes time in proportion to the text", async (t) => {
  // Each of these made some reader look at everything again for every line or sign.
  const cases: readonly { name: string; make: (size: number) => string }[] = [
    { name: "quotes that never end", make: (size) => "a: '" + "b\n".repeat(size) },
    { name: "a plain text of many lines", make: (size) => "a: b\n" + "  c\n".repeat(size) },
    { name: "empty lines", make: (size) => "a: |\n" + "\n".repeat(2 * size) + "b: c\n" },
    { name: "comments", make: (size) => "# a\n".repeat(2 * size) + "a: b\n" },
    { name: "comments with objects", make: (size) => "# {}\n".repeat(2 * size) + "a:\n- b: c\n" },
    {
      name: "keys under comments with objects",
      make: (size) => Array.from({ length: size }, (_, i) => `# {}\nk${i}: []\n`).join(""),
    },
    { name: "separators", make: (size) => "---\n".repeat(2 * size) },
    {
      name: "keys without values",
      make: (size) => Array.from({ length: size }, (_, i) => `k${i}:\n`).join(""),
    },
    { name: "a key without an end", make: (size) => "a".repeat(5 * size) },
    { name: "half pairs", make: (size) => "a ".repeat(2 * size) + "\n: b" },
  ];
  for (const { name, make } of cases) {
    await t.step(name, () => assertGrowsWithSize(10_000, make, (text) => parseDocuments(text)));
  }
});
