import assert from "node:assert/strict";
import { type CelValue, compileCel, parseCel } from "./mod.ts";

const OBJECT = {
  metadata: { name: "web", generation: 3, labels: { "app/v": "1" } },
  spec: { replicas: 2, ratio: 0.5, items: [1, 2, 3], big: 9007199254740993n },
  status: {
    conditions: [
      { type: "Ready", status: "True", reason: "Fine" },
      { type: "Synced", status: "False", reason: "Late" },
    ],
  },
};

function valueOf(source: string, variables: Record<string, unknown> = OBJECT): CelValue | string {
  const program = parseCel(source);
  if (!program.ok) return program.message;
  const value = program.value.evaluate(variables);
  return value.ok ? value.value : value.message;
}

const truths = [
  // As Flux's documentation writes health checks.
  "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
  "status.conditions.exists(e, e.type == 'Synced' && e.status == 'False')",
  "status.conditions.exists_one(e, e.status == 'True')",
  "status.conditions.map(e, e.type) == ['Ready', 'Synced']",
  "status.conditions.map(e, e.status == 'True', e.reason) == ['Fine']",
  "!has(status.observedGeneration)",
  "has(status.observedGeneration) ? false : true",
  "metadata.labels['app/v'] == '1'",
  "'app/v' in metadata.labels && 2 in spec.items && !(4 in spec.items)",
  "metadata.labels.all(key, key.startsWith('app'))",
  "metadata.?labels[?'x'].orValue('none') == 'none'",
  "metadata.?name.optMap(n, n + '!').value() == 'web!'",
  "optional.of(1).hasValue() && !optional.none().hasValue()",
  "[?metadata.?nope, ?metadata.?name] == ['web']",
  "{?'a': metadata.?nope, 'b': 1}.size() == 1",
  // Numbers.
  "spec.replicas == 2 && spec.replicas == 2.0 && spec.replicas < 2.5 && 1u < spec.replicas",
  "spec.big == 9007199254740993 && spec.big != 9007199254740992",
  "-9223372036854775808 < 0 && 0xff == 255 && 7 / 2 == 3 && -7 % 3 == -1 && 7.0 / 2.0 == 3.5",
  "1 == 1u && dyn(1) == 1.0 && !('1' == 1)",
  "int('42') == 42 && string(1.5) == '1.5' && double('1e3') == 1000.0 && uint(3) == 3u",
  "type(1) == int && type('') == string && type([]) == list && type(null) == null_type",
  // Errors that another operand makes good.
  "true || nope.x == 1",
  "nope.x == 1 || true",
  "!(false && nope.x == 1) && !(nope.x == 1 && false)",
  "[1, 2].exists(x, x == 2 || nope.y)",
  // Text.
  "'żółw'.size() == 4 && 'żółw'.substring(1, 3) == 'ół' && 'żółw'.charAt(3) == 'w'",
  "'a-b-c'.split('-') == ['a', 'b', 'c'] && 'a-b-c'.split('-', 2) == ['a', 'b-c']",
  "['a', 'b'].join(', ') == 'a, b' && 'aXbX'.replace('X', '-') == 'a-b-'",
  "'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('z') == -1",
  "' A '.trim().lowerAscii() == 'a' && 'ab'.upperAscii() == 'AB' && 'ab'.reverse() == 'ba'",
  "'%s is %d, %.2f, %x'.format(['x', 7, 1.5, 255]) == 'x is 7, 1.50, ff'",
  "'v1.2.3'.matches('^v[0-9]+\\\\.') && matches('abc', 'b') && !'abc'.matches('^b$')",
  "r'\\d' == '\\\\d' && '''a\nb''' == 'a\\nb' && b'\\xff' == b'\\377' && '\\u00e9' == 'é'",
  "strings.quote('a\"b') == '\"a\\\\\"b\"'",
  // Sets, encoders.
  "sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2, 2], [2, 1]) && sets.intersects([1], [1, 2])",
  "base64.encode(b'hi') == 'aGk=' && string(base64.decode('aGk=')) == 'hi'",
  // Time.
  "timestamp('2026-01-02T03:04:05Z') + duration('1h') == timestamp('2026-01-02T05:04:05+01:00')",
  "timestamp('2026-01-02T03:04:05.250Z').getMilliseconds() == 250",
  "timestamp('2026-01-02T03:04:05Z').getHours('+02:00') == 5",
  "timestamp('2026-07-02T03:04:05Z').getHours('Europe/Warsaw') == 5",
  "duration('90m').getHours() == 1 && string(duration('1.5s')) == '1.5s'",
  "timestamp('2026-01-03T00:00:00Z') - timestamp('2026-01-02T00:00:00Z') > duration('23h')",
  "string(timestamp('2026-01-02T03:04:05.120Z')) == '2026-01-02T03:04:05.12Z'",
  // What cel-go 0.26 was seen doing.
  "duration('1500ms').getMilliseconds() == 1500 && int(duration('1s')) == 1000000000",
  "string(1000000.0) == '1e+06' && string(123456789.125) == '1.23456789125e+08'",
  "''.indexOf('a', 1) == -1 && 'abcabc'.indexOf('c', 9) == -1",
  "optional.of(1).orValue(1 / 0) == 1 && [].first().orValue(7) == 7 && [1, 2].last().value() == 2",
  "!has(metadata.name.x) && metadata.name.?x.orValue(1) == 1",
  "!([0, 1].exists_one(x, x > 5)) && [0, 1].exists(x, 1 / x > 0) && [1, 2, 3].exists(x, x in {2: 1})",
  "{1: 2}[1.0] == 2 && {1: 2}[1u] == 2 && [1, 2][1.0] == 2 && [1] == [1.0]",
];

for (const source of truths) {
  Deno.test(`CEL holds: ${source}`, () => assert.equal(valueOf(source), true));
}

const failures = [
  ["foo", "no such attribute(s): foo"],
  ["status.nope.x", "no such key: nope"],
  ["nope.conditions.filter(e, true)", "no such attribute(s): nope.conditions"],
  ["has(nope.a)", "no such attribute(s): nope.a"],
  ["spec.items[9]", "index out of bounds: 9"],
  ["9223372036854775807 + 1", "integer overflow"],
  ["-(-9223372036854775807 - 1)", "integer overflow"],
  ["0u - 1u", "unsigned integer overflow"],
  ["1 / 0", "division by zero"],
  ["1 % 0", "modulus by zero"],
  ["1 + 'a'", "no such overload: _+_(int, string)"],
  ["'a'.nope()", "no such overload: nope(string)"],
  ["1 && true", "no such overload: expected bool, got int"],
  ["[1].all(x, 'a')", "no such overload: expected bool, got string"],
  ["'a'.map(x, x)", "map() goes over a list or a map, not over a string"],
  ["optional.none().value()", "optional.none() dereference"],
  ["int('x')", 'type conversion error: "x" is no int'],
  ["'a'.substring(2)", "index out of range: 2"],
  ["{'a': 1, 'a': 2}", "Failed with repeated key: a"],
  ["metadata.name.x", "no such key: x"],
  ["has(spec.items.a)", "unsupported index type 'string' in list"],
  ["0.0 / 0.0 < 1.0", "NaN values cannot be ordered"],
  ["[1, 0].all(x, 1 / x > 0)", "division by zero"],
  [
    "timestamp('2026-02-30T00:00:00Z')",
    '"2026-02-30T00:00:00Z" is not a time such as 2026-01-02T03:04:05Z',
  ],
  // cel-go 0.26 ends in a panic here.
  ["{b'a': 1}", "unsupported key type 'bytes' in map"],
] as const;

for (const [source, want] of failures) {
  Deno.test(`CEL fails: ${source}`, () => {
    assert.equal(valueOf(source), `failed to evaluate the CEL expression '${source}': ${want}`);
  });
}

const refused = [
  ["dep.(", "1:5", "Syntax error: no viable alternative at input '.('"],
  ["foo.", "1:5", "Syntax error: no viable alternative at input '.'"],
  ["a ==", "1:5", "Syntax error: mismatched input '<EOF>' expecting an expression"],
  ["a b", "1:3", "Syntax error: extraneous input 'b' expecting <EOF>"],
  ["a &&\n  (b", "2:5", "Syntax error: mismatched input '<EOF>' expecting ')'"],
  ["a = b", "1:3", "Syntax error: token recognition error at: '='"],
  ["'abc", "1:1", "Syntax error: token recognition error at: ''abc'"],
  ["for", "1:1", "reserved identifier: for"],
  ["has(a)", "1:5", "invalid argument to has() macro"],
  ["[1].all(x.y, true)", "1:10", "argument must be a simple name: the first one of all()"],
  ["9223372036854775808", "1:1", "Syntax error: invalid int literal"],
] as const;

for (const [source, where, want] of refused) {
  Deno.test(`CEL refuses ${JSON.stringify(source)}`, () => {
    const program = parseCel(source);

    assert.ok(!program.ok);
    assert.equal(program.code, "InvalidCELExpression");
    const start =
      `failed to parse the CEL expression '${source}': ERROR: <input>:${where}: ${want}`;
    assert.ok(program.message.startsWith(start), program.message);
  });
}

const compiled = [
  { source: "dep.spec.x == true", want: "" },
  { source: "dep.metadata.labels['v'] == '1' && self.spec.prune", want: "" },
  {
    source: "dep.status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')",
    want: "",
  },
  {
    source: "dep.status.n > 1 && size(dep.spec) < 9 && dep.x in [1, 2] && has(self.a.b)",
    want: "",
  },
  { source: "dep.?status.?n.orValue(0) == 1", want: "" },
  { source: "timestamp(dep.a) - timestamp(self.a) < duration('1h')", want: "" },
  { source: "dep.metadata.name", want: "expected bool, got dyn" },
  { source: "'foo'", want: "expected bool, got string" },
  { source: "size(dep.a)", want: "expected bool, got int" },
  { source: "foo", want: "1:1: undeclared reference to 'foo' (in container '')" },
  { source: "dep.x.nope()", want: "undeclared reference to 'nope'" },
  {
    source: "dep == 'bar'",
    want: "1:5: found no matching overload for '_==_' applied to '(map(string, dyn), string)'",
  },
  {
    source: "1 + 'a' == 2",
    want: "found no matching overload for '_+_' applied to '(int, string)'",
  },
  { source: "[1, 'a'].size() == 2", want: "expected type 'int' but found 'string'" },
  { source: "'a'.b == 1", want: "type 'string' does not support field selection" },
  { source: "1 && true", want: "found no matching overload for '_&&_'" },
];

for (const { source, want } of compiled) {
  Deno.test(`compileCel() ${want === "" ? "takes" : "refuses"} ${source}`, () => {
    const program = compileCel(source, ["self", "dep"]);

    if (want === "") assert.deepEqual(program.ok, true, program.ok ? "" : program.message);
    else assert.ok(!program.ok && program.message.includes(want), JSON.stringify(program));
  });
}

Deno.test("a value that is no bool is no test", () => {
  const program = parseCel("metadata.name");

  assert.ok(program.ok);
  const got = program.value.test(OBJECT);
  assert.ok(!got.ok);
  assert.equal(got.message, "failed to evaluate CEL expression as boolean: 'metadata.name'");
});

Deno.test("a name of Object's own is no field", () => {
  assert.equal(valueOf("has(metadata.constructor) || 'toString' in metadata"), false);
  assert.match(String(valueOf("constructor.name")), /no such attribute/);
});

Deno.test("integers beyond 2^53 stay exact", () => {
  assert.equal(valueOf("spec.big + 1"), 9007199254740994n);
});
