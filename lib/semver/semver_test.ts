import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRange, satisfies } from "./range.ts";
import { sortTags } from "./sort.ts";
import { compareVersions, formatVersion, parseTagVersion, parseVersion } from "./version.ts";

const ranges = [
  { range: "1.x", takes: ["1.0.0", "1.9.9"], refuses: ["2.0.0", "0.9.0", "1.1.0-rc.1"] },
  { range: "~1.2", takes: ["1.2.0", "1.2.9"], refuses: ["1.3.0"] },
  { range: "^0.2.3", takes: ["0.2.3", "0.2.9"], refuses: ["0.3.0", "0.2.2"] },
  { range: "^0.0.3", takes: ["0.0.3"], refuses: ["0.0.4"] },
  { range: ">1.2", takes: ["1.3.0"], refuses: ["1.2.9"] },
  { range: "<=1.2", takes: ["1.2.9"], refuses: ["1.3.0"] },
  { range: "!=1.2", takes: ["1.3.0"], refuses: ["1.2.9"] },
  { range: "1.2 - 1.4", takes: ["1.2.0", "1.4.9"], refuses: ["1.5.0"] },
  { range: ">=1.0,<1.5 || ^3", takes: ["1.4.0", "3.1.0"], refuses: ["2.0.0"] },
  { range: ">=1.0.0-0 <2", takes: ["1.5.0-rc.1"], refuses: ["2.0.0"] },
  { range: ">=1 || >=0.1.0-0", takes: ["1.0.0", "1.0.0-rc.1"], refuses: ["0.0.9"] },
];

for (const { range, takes, refuses } of ranges) {
  Deno.test(`satisfies() reads ${range} as Flux does`, () => {
    for (const version of takes) assert.equal(isIn(version, range), true, version);
    for (const version of refuses) assert.equal(isIn(version, range), false, version);
  });
}

const improper = [
  { text: "", want: 'improper constraint: ""' },
  { text: "latest", want: 'improper constraint: "latest"' },
  { text: ">=1 and\u00a0<2\n", want: 'improper constraint: ">=1 and\\u00a0<2\\n"' },
  { text: "1x", want: "constraint parser error" },
  { text: "1.0 -2.0", want: 'improper constraint: "1.0 -2.0"' },
  { text: "1 ||".repeat(40), want: "too many constraint groups (max 32)" },
  { text: ">=1 ".repeat(2_000), want: "constraint is too long (max 4096 characters)" },
];

for (const { text, want } of improper) {
  Deno.test(`parseRange() refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    const got = parseRange(text);

    assert.equal(got.ok ? "ok" : `${got.code}: ${got.message}`, `InvalidRange: ${want}`);
  });
}

Deno.test("parseVersion() refuses what is longer than any version", () => {
  assert.equal(parseVersion(`1.2.3-${"a".repeat(300)}`).ok, false);
});

Deno.test("parseTagVersion() counts dots, wherever they are", () => {
  const tags = ["1", "1.2", "1-a.b", "1-a.b.c", "v1.2.3", "1.2.3.4"];

  assert.deepEqual(tags.map((tag) => parseTagVersion(tag).ok), [
    false,
    false,
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("sortTags() keeps the order of equal versions", () => {
  const tags = ["1.0.0", "v1.0.0+b", "2.0.0-rc.1", "v1.0.0+a", "main"];

  assert.deepEqual(sortTags(tags), ["2.0.0-rc.1", "1.0.0", "v1.0.0+b", "v1.0.0+a"]);
});

const piece = fc.constantFrom(
  "0",
  "1",
  "10",
  "01",
  ".",
  "-",
  "+",
  "a",
  "rc",
  "x",
  "*",
  "v",
  " ",
  ">",
  "=",
  "<",
  "~",
  "^",
  "!",
  ",",
  "|",
);
const scrap = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
const options = { seed: 20_260_502, numRuns: 3_000 };

Deno.test("parseRange() and parseVersion() always answer", () => {
  fc.assert(
    fc.property(scrap, scrap, (range, text) => {
      const version = parseVersion(text);
      assert.equal(typeof isIn(text, range), "boolean");
      if (!version.ok) return;
      const again = parseVersion(formatVersion(version.value));
      assert.equal(again.ok && compareVersions(again.value, version.value), 0);
    }),
    options,
  );
});

const version = fc.tuple(
  fc.nat(2),
  fc.nat(2),
  fc.nat(2),
  fc.constantFrom("", "-0", "-1", "-a", "-a.1", "-a.b", "-rc.10", "-rc.9"),
).map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`);

Deno.test("compareVersions() orders any three versions without contradiction", () => {
  fc.assert(
    fc.property(version, version, version, (...texts) => {
      const [a, b, c] = texts.map((text) => parseVersion(text));
      assert.ok(a?.ok && b?.ok && c?.ok);
      assert.equal(compareVersions(a.value, b.value), 0 - compareVersions(b.value, a.value));
      if (compareVersions(a.value, b.value) <= 0 && compareVersions(b.value, c.value) <= 0) {
        assert.ok(compareVersions(a.value, c.value) <= 0);
      }
    }),
    options,
  );
});

function isIn(text: string, range: string): boolean {
  const version = parseVersion(text);
  const parsed = parseRange(range);
  return version.ok && parsed.ok && satisfies(version.value, parsed.value);
}
