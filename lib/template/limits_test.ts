/**
 * Templates of strangers: whatever they are, they end, within their budget.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Budget, defaultBudget, fail, type Result } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { parseTemplate } from "./parse.ts";
import { runTemplate } from "./run.ts";
import { SPRIG } from "./sprig/mod.ts";
import { Dict } from "./value.ts";

const BUDGET: Budget = { ...defaultBudget(), bytes: 1 << 20, entries: 20_000, depth: 60 };

const bombs: { name: string; template: string; limit: RegExp }[] = [
  {
    name: "a text that doubles",
    template: '{{ $x := "ab" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}',
    limit: /bytes/,
  },
  { name: "repeat", template: '{{ repeat 2000000000 "abc" }}', limit: /bytes/ },
  {
    name: "a format that is wide",
    template: '{{ printf "%*d%*d" 900000 1 900000 1 }}',
    limit: /bytes/,
  },
  { name: "indent", template: '{{ indent 1000000 "a\\nb" }}', limit: /bytes/ },
  {
    name: "replace",
    template: '{{ $x := repeat 2000 "a" }}{{ replace "a" $x $x }}',
    limit: /bytes/,
  },
  {
    name: "a replacement by a pattern",
    template: '{{ $x := repeat 2000 "a" }}{{ regexReplaceAll "a" $x $x }}',
    limit: /bytes/,
  },
  { name: "join", template: '{{ join (repeat 2000 "a") (until 2000) }}', limit: /bytes/ },
  { name: "a sequence", template: "{{ until 1000000000 }}", limit: /entries/ },
  {
    name: "a range over a number",
    template: "{{ range 1000000000 }}{{ end }}",
    limit: /entries/,
  },
  {
    name: "loops in loops",
    template: "{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}",
    limit: /entries/,
  },
  {
    name: "a list that doubles",
    template: "{{ $x := list 1 }}{{ range until 100 }}{{ $x = concat $x $x }}{{ end }}",
    limit: /entries/,
  },
  {
    name: "a template that calls itself",
    template: '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
    limit: /depth/,
  },
  {
    name: "parentheses",
    template: `{{ ${"(".repeat(5_000)}1${")".repeat(5_000)} }}`,
    limit: /depth/,
  },
  { name: "blocks in blocks", template: "{{ if 1 }}".repeat(1_000), limit: /depth/ },
  {
    name: "else after else",
    template: `{{ if 0 }}${"{{ else if 0 }}".repeat(1_000)}{{ end }}`,
    limit: /depth/,
  },
  { name: "words", template: `{{ print ${"1 ".repeat(30_000)} }}`, limit: /entries/ },
  {
    name: "a list of itself that doubles",
    template: "{{ $x := list 1 }}{{ range until 50 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
    limit: /entries/,
  },
  {
    name: "a list of itself that doubles, as JSON",
    template: "{{ $x := list 1 }}{{ range until 50 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}",
    limit: /entries/,
  },
  {
    name: "a list of itself that doubles, compared",
    template: "{{ $x := list 1 }}{{ $y := list 1 }}{{ range until 50 }}{{ $x = list $x $x }}" +
      "{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}",
    limit: /entries/,
  },
  {
    name: "one text many times",
    template: '{{ $x := repeat 100000 "a" }}{{ $l := list }}{{ range until 100 }}' +
      "{{ $l = append $l $x }}{{ end }}{{ $l }}",
    limit: /bytes/,
  },
  {
    name: "a map that holds itself",
    template: '{{ $x := dict }}{{ set $x "a" $x }}',
    limit: /depth/,
  },
  {
    name: "a map that holds itself, as JSON",
    template: '{{ $x := dict }}{{ $_ := set $x "a" $x }}{{ toJson $x }}',
    limit: /depth/,
  },
  {
    name: "deep JSON",
    template:
      '{{ fromJson (repeat 5000 "[") }}{{ fromJson (print (repeat 5000 "[") (repeat 5000 "]")) }}',
    limit: /depth/,
  },
];

for (const { name, template, limit } of bombs) {
  Deno.test(`a template stops at its budget: ${name}`, () => {
    const got = run(template);

    assert.equal(!got.ok && got.code, "BudgetSpent");
    assert.match(got.ok ? "" : got.message, limit);
  });
}

Deno.test("a template stops when its run is called off", () => {
  const budget = { ...defaultBudget(), signal: AbortSignal.abort() };

  const got = run("{{ range until 1000 }}{{ end }}", budget);

  assert.equal(!got.ok && got.code, "BudgetSpent");
});

const word = fc.constantFrom(
  ..."{{ }} {{- -}} if else end with range define template block break continue nil true . $ $x := = | ( ) , \"a\" `b` 'c' 1 -2 1.5 .a .b.c print printf len index eq lt and or dict list set merge trunc /* */"
    .split(" "),
);
const noise = fc.oneof(
  fc.array(word, { maxLength: 30 }).map((words) => words.join(" ")),
  fc.array(word, { maxLength: 12 }).map((words) => `{{ ${words.join(" ")} }}`),
  fc.string({ unit: "binary", maxLength: 40 }),
);

Deno.test("a template is any text: it gives a text or a failure", () => {
  fc.assert(
    fc.property(noise, (template) => {
      const got = run(template);

      if (!got.ok) assert.match(got.code, /^(InvalidTemplate|TemplateFailed|BudgetSpent)$/);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("printf takes any format", () => {
  const flag = fc.constantFrom(..."%-+# 0*.[1]29vsdqxXtfgceUTz".split(""));
  const format = fc.array(flag, { maxLength: 12 }).map((signs) => signs.join(""));
  fc.assert(
    fc.property(format, (it) => {
      assert.equal(run(`{{ printf ${JSON.stringify(it)} "a" 1 2.5 true (list 1) }}`).ok, true);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a template takes time in proportion to its text", async (t) => {
  const cases: readonly { name: string; make: (size: number) => string }[] = [
    { name: "actions", make: (size) => "{{ 1 }}\n".repeat(size) },
    { name: "texts to trim", make: (size) => "  {{- 1 -}}  ".repeat(size) },
    {
      name: "blanks to trim",
      make: (size) => `${" ".repeat(5 * size)}x${" ".repeat(5 * size)}{{- 1 }}`,
    },
    { name: "variables", make: (size) => "{{ $x := 1 }}".repeat(size) },
  ];
  for (const { name, make } of cases) {
    await t.step(
      name,
      () => assertGrowsWithSize(2_000, make, (text) => run(text, defaultBudget())),
    );
  }
});

function run(template: string, budget = BUDGET): Result<string> {
  const parsed = parseTemplate(template, { name: "t", functions: SPRIG, budget });
  if (!parsed.ok) return fail(parsed.code, parsed.message);
  return runTemplate(parsed.value, new Dict([["a", "x"]]), { functions: SPRIG, budget });
}
