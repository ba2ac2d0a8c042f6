/**
 * What is refused, and in which words. What stands on the right was found by asking Go's library.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runText } from "./run_text_test.ts";

const cases: readonly (readonly [string, string])[] = [
  [
    "{{ .Values.cluster.y }}",
    'template: main:1:10: executing "main" at <.Values.cluster.y>: can\'t evaluate field y in type string',
  ],
  [
    '{{ .Values.cluster "a" }}',
    'template: main:1:10: executing "main" at <.Values.cluster>: cluster is not a method but has arguments',
  ],
  [
    '{{ "a" "b" }}',
    'template: main:1:3: executing "main" at <"a">: can\'t give argument to non-function "a"',
  ],
  ["{{ nil }}", 'template: main:1:3: executing "main" at <nil>: nil is not a command'],
  [
    '{{range "abc"}}{{.}}{{end}}',
    'template: main:1:8: executing "main" at <"abc">: range can\'t iterate over abc',
  ],
  ["{{range nil}}x{{end}}", 'template: main:1:8: executing "main" at <nil>: nil is not a command'],
  ["{{break}}", "template: main:1: {{break}} outside {{range}}"],
  ["{{$x}}", 'template: main:1: undefined variable "$x"'],
  ["{{if true}}{{$y := 1}}{{end}}{{$y}}", 'template: main:1: undefined variable "$y"'],
  ["{{ $x, $y := 1 }}", "template: main:1: too many declarations in command"],
  ["{{- /* a", "template: main:1: unclosed comment"],
  ["x {{/* c }}", "template: main:1: unclosed comment"],
  ['{{ "unclosed', "template: main:1: unterminated quoted string"],
  ['{{ "unclosed }}', "template: main:1: unterminated quoted string"],
  ["{{ .Values.cluster", "template: main:1: unclosed action"],
  ["{{ (1 }}", "template: main:1: unclosed left paren"],
  ["{{ 1) }}", "template: main:1: unexpected right paren"],
  ["{{ }}", "template: main:1: missing value for command"],
  ["{{ | print }}", 'template: main:1: unexpected "|" in command'],
  ["{{ print 1 | 2 }}", "template: main:1: non executable command in pipeline stage 2"],
  ["{{ if }}x{{end}}", "template: main:1: missing value for if"],
  ["{{ if true }}x", "template: main:1: unexpected EOF"],
  ["{{ end }}", "template: main:1: unexpected {{end}}"],
  ["{{ else }}", "template: main:1: unexpected {{else}}"],
  ["{{ if true }}a{{else}}b{{else}}c{{end}}", "template: main:1: expected end; found {{else}}"],
  ["{{ 3x }}", 'template: main:1: bad number syntax: "3x"'],
  ["{{ @ }}", 'template: main:1: unexpected "@" in command'],
  ["{{ .Values @ }}", 'template: main:1: unexpected "@" in operand'],
  ["{{ .Nope }", 'template: main:1: unexpected "}" in operand'],
  ["{{ .Values.cluster@ }}", "template: main:1: bad character U+0040 '@'"],
  [
    '{{ eq 1 "a" }}',
    'template: main:1:3: executing "main" at <eq 1 "a">: error calling eq: incompatible types for comparison: int and string',
  ],
  [
    "{{ eq 1 1.0 }}",
    'template: main:1:3: executing "main" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64',
  ],
  [
    '{{ lt 1 "a" }}',
    'template: main:1:3: executing "main" at <lt 1 "a">: error calling lt: incompatible types for comparison: int and string',
  ],
  [
    "{{ lt nil 1 }}",
    'template: main:1:3: executing "main" at <lt nil 1>: error calling lt: invalid type for comparison',
  ],
  [
    "{{ eq 1 }}",
    'template: main:1:3: executing "main" at <eq 1>: error calling eq: missing argument for comparison',
  ],
  [
    "{{ lt (list 1) (list 2) }}",
    'template: main:1:3: executing "main" at <lt (list 1) (list 2)>: error calling lt: invalid type for comparison',
  ],
  [
    "{{ and }}",
    'template: main:1:3: executing "main" at <and>: wrong number of args for and: want at least 1 got 0',
  ],
  [
    "{{ len 3 }}",
    'template: main:1:3: executing "main" at <len 3>: error calling len: len of type int',
  ],
  [
    "{{ index (list 1 2) 5 }}",
    'template: main:1:3: executing "main" at <index (list 1 2) 5>: error calling index: index out of range: 5',
  ],
  [
    "{{ index .Values 1 }}",
    'template: main:1:3: executing "main" at <index .Values 1>: error calling index: value has type int; should be string',
  ],
  [
    "{{ index 3 1 }}",
    'template: main:1:3: executing "main" at <index 3 1>: error calling index: can\'t index item of type int',
  ],
  [
    "{{ index nil 1 }}",
    'template: main:1:3: executing "main" at <index nil 1>: error calling index: index of untyped nil',
  ],
  ["{{ upper 1 }}", 'template: main:1:9: executing "main" at <1>: expected string; found 1'],
  ["{{ upper nil }}", 'template: main:1:9: executing "main" at <nil>: cannot assign nil to string'],
  [
    "{{ upper }}",
    'template: main:1:3: executing "main" at <upper>: wrong number of args for upper: want 1 got 0',
  ],
  [
    '{{ upper "a" "b" }}',
    'template: main:1:3: executing "main" at <upper>: wrong number of args for upper: want 1 got 2',
  ],
  [
    "{{ div 1 0 }}",
    'template: main:1:3: executing "main" at <div 1 0>: error calling div: runtime error: integer divide by zero',
  ],
  [
    "{{ append 1 2 }}",
    'template: main:1:3: executing "main" at <append 1 2>: error calling append: Cannot push on type int',
  ],
  [
    "{{ first 1 }}",
    'template: main:1:3: executing "main" at <first 1>: error calling first: Cannot find first on type int',
  ],
  [
    "{{ concat 1 }}",
    'template: main:1:3: executing "main" at <concat 1>: error calling concat: Cannot concat type int as list',
  ],
  [
    '{{ mustRegexMatch "(" "a" }}',
    'template: main:1:3: executing "main" at <mustRegexMatch "(" "a">: error calling mustRegexMatch: error parsing regexp: missing closing ): `(`',
  ],
  [
    '{{ fail "no" }}',
    'template: main:1:3: executing "main" at <fail "no">: error calling fail: no',
  ],
  ["{{ 99999999999999999999 }}", 'template: main:1: integer overflow: "99999999999999999999"'],
  ["{{ template nope }}", 'template: main:1: unexpected "nope" in template clause'],
  ['{{ block "x" }}a{{end}}', "template: main:1: missing value for block clause"],
  [
    '{{ with 1 }}{{ define "q" }}a{{ end }}{{ end }}',
    "template: main:1: unexpected <define> in command",
  ],
  ['{{ print "a" | nope }}', 'template: main:1: function "nope" not defined'],
  ['{{ "a"', "template: main:1: unclosed action"],
  ["{{ $x }}", 'template: main:1: undefined variable "$x"'],
  ['{{ print(upper "a") }}', 'template: main:1: unexpected "(" in operand'],
  ['{{ print "a""b" }}', 'template: main:1: unexpected "\\"b\\"" in operand'],
  ["{{ ..Foo }}", 'template: main:1: unexpected . after term "."'],
  ["{{ true.x }}", 'template: main:1: unexpected . after term "true"'],
  ['{{ "a".x }}', 'template: main:1: unexpected . after term "\\"a\\""'],
  ["{{ 'ab' }}", "template: main:1: malformed character constant: 'ab'"],
  ["{{ '\\n' }} {{ '\\'' }} {{ \"\\'\" }}", "template: main:1: invalid syntax"],
  ["{{ . := 3 }}", 'template: main:1: unexpected ":=" in operand'],
  ["{{ $a.b := 3 }}", 'template: main:1: undefined variable "$a"'],
  [
    "{{ $a := 1 }}{{ $a.b }}",
    'template: main:1:18: executing "main" at <$a.b>: can\'t evaluate field b in type int',
  ],
  ["{{ if true }}{{ else foo }}{{ end }}", 'template: main:1: unexpected "foo" in else'],
  ["{{ range $a, $b, $c := list }}{{ end }}", "template: main:1: too many declarations in range"],
  ["{{ $a, $b := list }}", "template: main:1: too many declarations in command"],
  ["{{ continue }}", "template: main:1: {{continue}} outside {{range}}"],
  ["{{ range list 1 }}{{ break 1 }}{{ end }}", 'template: main:1: unexpected "1" in {{break}}'],
  ["line1\n{{ nope }}", 'template: main:2: function "nope" not defined'],
  ["{{ if true }}\n\nx", "template: main:3: unexpected EOF"],
];

for (const [template, want] of cases) {
  Deno.test(`a template refuses ${template}`, () => {
    assert.equal(runText(template), want);
  });
}
