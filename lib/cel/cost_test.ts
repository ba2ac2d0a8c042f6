import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import { COST_EXCEEDED, parseCel } from "./mod.ts";

const LIST = Array.from({ length: 1_000 }, (_, index) => index);
const VARIABLES = {
  list: LIST,
  long: "a".repeat(100_000),
  words: Array.from({ length: 1_000 }, (_, index) => "x".repeat(1_000) + index),
  nested: LIST.map(() => ({ list: LIST })),
};

const hostile = [
  // 10⁹ and 10¹² turns.
  "list.all(a, list.all(b, list.all(c, a + b + c >= 0)))",
  "list.map(a, list.map(b, list.map(c, list.map(d, a)))).size() > 0",
  "list.exists(a, list.exists(b, list.exists(c, a + b + c < 0)))",
  "list.filter(a, list.all(b, list.all(c, true))).size() == 0",
  "nested.all(a, nested.all(b, a == b))",
  // Text that grows: by a product, by doubling, by a format.
  "list.map(a, long).join() == ''",
  "list.all(a, (long + long + long + long + long + string(a)) != '')",
  "list.map(a, long.replace('a', 'bbbbbbbbbb')).size() > 0",
  "list.map(a, '%s%s%s'.format([long, long, long])).size() > 0",
  "list.all(a, long.split('').size() > 0)",
  "list.map(a, long.reverse() + long.upperAscii()).size() > 0",
  "list.all(a, base64.encode(bytes(long)) != '')",
  // Patterns that a backtracking engine never ends, and ones that are large.
  "list.all(a, !(long + string(a)).matches('^(a+)+$'))",
  "list.all(a, long.matches('(a{1,100}){1,10}b' + string(a)))",
  "list.all(a, words.all(w, !w.matches('(x+x+)+y')))",
  "list.all(a, !'a'.matches('(((a{1,10}){1,10}){1,10})x{' + string(a + 1) + '}'))",
  // Comparisons that look long.
  "words.all(a, words.all(b, a.contains('y') || b.contains('z') || true))",
  "list.all(a, list.map(b, b) == list.map(c, c))",
  "list.all(a, sets.equivalent(list, list))",
  "list.all(a, a in list && long.indexOf('b') == -1)",
  "words.all(a, words.all(b, (a < b) || true))",
];

for (const source of hostile) {
  Deno.test(`a limit ends ${source}`, () => {
    const program = parseCel(source);
    assert.ok(program.ok, program.ok ? "" : program.message);

    const began = performance.now();
    const got = program.value.test(VARIABLES);
    const ms = performance.now() - began;

    assert.ok(!got.ok, "it came to an end");
    assert.equal(got.code, COST_EXCEEDED, got.message);
    assert.match(got.message, /more than \d+ (steps|characters)/);
    // It is some tenths of a second on an idle machine.
    assert.ok(ms < 10_000, `${ms} ms`);
  });
}

const deep = [
  ["brackets", "(".repeat(100_000)],
  ["lists", "[".repeat(50_000)],
  ["members", `a${".b".repeat(40_000)}`],
  ["sums", `1${"+1".repeat(40_000)}`],
  ["methods", `a${".f()".repeat(20_000)}`],
  ["choices", "a ? b : ".repeat(10_000)],
  ["a text that is too long", "a".repeat(100_001)],
] as const;

for (const [what, source] of deep) {
  Deno.test(`an expression that nests without end is refused: ${what}`, () => {
    const program = parseCel(source);

    assert.ok(!program.ok);
    assert.equal(program.code, "InvalidCELExpression");
    assert.ok(program.message.length < 2_000, "the message stays short");
  });
}

Deno.test("a long chain of || is no nesting, and neither are many signs", () => {
  for (const source of [`false${" || false".repeat(9_000)} || true`, `${"!".repeat(10_000)}true`]) {
    const program = parseCel(source);
    assert.ok(program.ok, program.ok ? "" : program.message);
    assert.deepEqual(program.value.test({}), { ok: true, value: true });
  }
});

Deno.test("an evaluation ends when its run is over", () => {
  const program = parseCel("list.all(a, list.all(b, true))");
  const budget = defaultBudget(AbortSignal.abort());
  assert.ok(program.ok);

  const got = program.value.test(VARIABLES, { budget });

  assert.ok(!got.ok);
  assert.equal(got.code, COST_EXCEEDED);
  assert.match(got.message, /the time of the run is over/);
});

Deno.test("what hostile expressions leave behind is bounded", () => {
  const grow = "list.map(a, list.map(b, long + string(b))).size() > 0";
  const program = parseCel(grow);
  assert.ok(program.ok);

  const before = Deno.memoryUsage().heapUsed;
  for (let turn = 0; turn < 20; turn++) assert.equal(program.value.test(VARIABLES).ok, false);

  assert.ok(Deno.memoryUsage().heapUsed - before < 200 << 20);
});

Deno.test("an ordinary check of a long list of conditions is far from any limit", () => {
  const conditions = LIST.map((index) => ({ type: `T${index}`, status: "True" }));
  const source = "status.conditions.filter(e, e.type == 'T999').all(e, e.status == 'True') && " +
    "status.conditions.all(e, e.type.matches('^T[0-9]{1,3}$'))";
  const program = parseCel(source);
  assert.ok(program.ok);

  assert.deepEqual(program.value.test({ status: { conditions } }), { ok: true, value: true });
});
