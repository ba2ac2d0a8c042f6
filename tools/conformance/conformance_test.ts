/**
 * How the conformance tool reads its arguments, rows and gap lists, and judges by them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatGaps, judge, parseGaps } from "./gaps.ts";
import { parseConformanceArguments } from "./request.ts";
import { parseRows } from "./rows.ts";

const KNOWN = ["kstatus", "ssa"];

Deno.test("parseConformanceArguments() reads areas and options", async (t) => {
  const plain = { help: false, areas: [], rows: undefined, all: false, listGaps: false };
  const cases = [
    { name: "nothing is every area", args: [], want: plain },
    { name: "a leading -- is deno's", args: ["--", "ssa"], want: { ...plain, areas: ["ssa"] } },
    {
      name: "rows behind a space",
      args: ["ssa", "--rows", "x.json"],
      want: { ...plain, areas: ["ssa"], rows: "x.json" },
    },
    {
      name: "rows behind =",
      args: ["--rows=x", "ssa"],
      want: { ...plain, areas: ["ssa"], rows: "x" },
    },
    {
      name: "several areas",
      args: ["ssa", "kstatus", "--all"],
      want: { ...plain, areas: ["ssa", "kstatus"], all: true },
    },
    {
      name: "what a list should hold",
      args: ["ssa", "--list-gaps"],
      want: { ...plain, areas: ["ssa"], listGaps: true },
    },
    { name: "help", args: ["-h"], want: { ...plain, help: true } },
  ];
  for (const { name, args, want } of cases) {
    await t.step(name, () => {
      assert.deepEqual(parseConformanceArguments(args, KNOWN), { ok: true, value: want });
    });
  }
});

Deno.test("parseConformanceArguments() refuses what it does not know", async (t) => {
  const cases = [
    ["--nope"],
    ["helm"],
    ["ssa", "--rows"],
    ["ssa", "--rows="],
    ["--rows", "x.json"],
    ["ssa", "kstatus", "--rows", "x.json"],
    ["--list-gaps"],
  ];
  for (const args of cases) {
    await t.step(args.join(" "), () => {
      const parsed = parseConformanceArguments(args, KNOWN);

      assert.equal(!parsed.ok && parsed.code, "Usage");
    });
  }
});

Deno.test("parseRows() reads arrays, single rows and rows a line", async (t) => {
  const cases = [
    { name: "an array", file: "a.json", text: '[{"name":"x"},{"name":"y"}]', want: ["x", "y"] },
    { name: "one row", file: "a.json", text: '{"name":"x","files":{}}', want: ["x"] },
    {
      name: "a row a line",
      file: "a.jsonl",
      text: '{"name":"x"}\n\n{"name":"y"}\n',
      want: ["x", "y"],
    },
    { name: "line breaks in names", file: "a.json", text: '[{"name":"a\\nb"}]', want: ["a\\nb"] },
  ];
  for (const { name, file, text, want } of cases) {
    await t.step(name, () => {
      const rows = parseRows(text, file);

      assert.deepEqual(rows.ok && rows.value.map((row) => row.name), want);
    });
  }
});

Deno.test("parseRows() names the file and line of what it cannot read", async (t) => {
  const cases = [
    { name: "no JSON", file: "a.json", text: "{", want: /^a\.json: / },
    {
      name: "no JSON on a line",
      file: "a.jsonl",
      text: '{"name":"x"}\n{',
      want: /^a\.jsonl: line 2/,
    },
    { name: "a row without a name", file: "a.json", text: '[{"name":"x"},{}]', want: /row 2/ },
  ];
  for (const { name, file, text, want } of cases) {
    await t.step(name, () => {
      const rows = parseRows(text, file);

      assert.equal(!rows.ok && rows.code, "BadRows");
      assert.match(rows.ok ? "" : rows.message, want);
    });
  }
});

Deno.test("parseGaps() splits at the last two spaces of a line", () => {
  const gaps = parseGaps("a  b 'c'  why it fails\n\nname   a name may end in a space\n", "x.txt");

  assert.deepEqual(
    gaps.ok && [...gaps.value],
    [["a  b 'c'", "why it fails"], ["name ", "a name may end in a space"]],
  );
});

Deno.test("parseGaps() refuses lines without a reason, and names twice", async (t) => {
  for (const text of ["alone\n", "alone  \n", "a  why\na  why\n"]) {
    await t.step(JSON.stringify(text), () => {
      const gaps = parseGaps(text, "x.txt");

      assert.equal(!gaps.ok && gaps.code, "BadGapList");
      assert.match(gaps.ok ? "" : gaps.message, /^x\.txt: line [12]: /);
    });
  }
});

Deno.test("parseGaps() reads what formatGaps() prints", () => {
  const findings = [
    { name: "b  c", why: "two  spaces\nand a line" },
    { name: "a ", why: "why" },
  ];

  const text = formatGaps(findings);
  const gaps = parseGaps(text, "x.txt");

  assert.equal(text, "a   why\nb  c  two spaces and a line\n");
  assert.deepEqual(gaps.ok && [...gaps.value.keys()], ["a ", "b  c"]);
});

Deno.test("judge() goes by the list", async (t) => {
  const cases = [
    { name: "a row passes", failing: [], gaps: [], passed: 2, failed: [], known: [] },
    {
      name: "an unlisted row fails",
      failing: ["x"],
      gaps: [],
      passed: 1,
      failed: ["x"],
      known: [],
    },
    {
      name: "a listed row fails",
      failing: ["x"],
      gaps: ["x"],
      passed: 1,
      failed: [],
      known: ["x"],
    },
    { name: "a listed row passes", failing: [], gaps: ["x"], passed: 1, failed: ["x"], known: [] },
    { name: "a listed row is none", failing: [], gaps: ["z"], passed: 2, failed: ["z"], known: [] },
  ];
  const rows = ["x", "y"].map((name) => ({ name, data: {} }));
  for (const { name, failing, gaps, passed, failed, known } of cases) {
    await t.step(name, async () => {
      const listed = new Map(gaps.map((gap) => [gap, "why"]));

      const got = await judge(
        rows,
        listed,
        (row) => failing.some((it) => it === row.name) ? "differs" : undefined,
      );

      assert.equal(got.passed, passed);
      assert.deepEqual(got.failed.map((finding) => finding.name), failed);
      assert.deepEqual(got.gaps, known.map((gap) => ({ name: gap, why: "why" })));
    });
  }
});

Deno.test("judge() does not count a name twice", async () => {
  const rows = [{ name: "x", data: 1 }, { name: "x", data: 2 }];

  const got = await judge(rows, new Map(), () => undefined);

  assert.deepEqual(got, {
    passed: 1,
    failed: [{ name: "x", why: "another row has this name" }],
    gaps: [],
  });
});
