/**
 * The language itself. What stands on the right was found by asking Go's library.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runText } from "./run_text_test.ts";

const cases: readonly (readonly [string, string])[] = [
  ["{{ .Values.x.y }}", "<no value>"],
  [
    "{{ 3 }} {{ 3.0 }} {{ 1e3 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ -5 }} {{ 'a' }} {{ 1.50 }} {{ 1e21 }} {{ 1e20 }} {{ 0.00001 }}",
    "3 3 1000 31 3 15 15 1000 -5 97 1.5 1e+21 1e+20 1e-05",
  ],
  ['{{ "a\\tb\\x41\\u00e9\\"" }} {{ `raw\\n` }}', 'a\tbAé" raw\\n'],
  ["{{ true }} {{ false }}", "true false"],
  ["{{if .Values.cluster}}yes{{else}}no{{end}}", "yes"],
  ["{{if .Values.empty}}yes{{else}}no{{end}}", "no"],
  ['{{if .Values.none}}yes{{else if eq .Values.cluster "prod"}}prod{{else}}no{{end}}', "prod"],
  ["{{with .Values.none}}{{.}}{{else with .Values.cluster}}w{{.}}{{end}}", "wprod"],
  ["{{range $i, $e := list 1 2 3}}{{$i}}={{$e}},{{end}}", "0=1,1=2,2=3,"],
  ["{{range $e := list 1 2 3}}{{$e}},{{end}}", "1,2,3,"],
  ["{{range list}}x{{else}}empty{{end}}", "empty"],
  ["{{range .Values}}{{.}},{{end}}", "prod,,12,héllo wörld,"],
  ["{{range $k, $v := .Values}}{{$k}}={{$v}},{{end}}", "cluster=prod,empty=,n=12,uni=héllo wörld,"],
  ["{{range 3}}{{.}}{{end}}", "012"],
  ["{{range $i := 3}}{{$i}}{{end}}", "012"],
  ["{{range .Values.none}}x{{else}}e{{end}}", "e"],
  [
    "{{range list 1 2 3 4}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}",
    "13",
  ],
  ["{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "32"],
  [
    '{{define "t"}}[{{.}}]{{end}}{{template "t" .Values.cluster}}{{template "t"}}',
    "[prod][<no value>]",
  ],
  ['{{block "b" .Values.cluster}}<{{.}}>{{end}}', "<prod>"],
  ['{{define "r"}}{{.}}{{end}}{{template "r" 3 | add 1}}', "4"],
  ['a {{- " b " -}} c', "a b c"],
  ["a  {{-   3   -}}   c", "a3c"],
  ["{{/* comment */}}x{{- /* c2 */ -}} y", "xy"],
  ["b */ -}}", "b */ -}}"],
  ["{{ print | }}", ""],
  ['{{ print "a" 1 2 "b" true nil }}', "a1 2btrue <nil>"],
  ['{{ println "a" 1 }}', "a 1\n"],
  ["{{ print .Values.none }}", "<nil>"],
  [
    '{{ printf "%s|%d|%v|%q|%5d|%-5d|%05d|%x|%X|%t|%c|%U" "a" 1 2 "q\\"" 3 4 5 255 255 true 65 66 }}',
    'a|1|2|"q\\""|    3|4    |00005|ff|FF|true|A|U+0042',
  ],
  [
    '{{ printf "%d" "a" }} {{ printf "%s" 1 }} {{ printf "%d" }} {{ printf "%d" 1 2 }} {{ printf "%z" 1 }} {{ printf "%" }}',
    "%!d(string=a) %!s(int=1) %!d(MISSING) 1%!(EXTRA int=2) %!z(int=1) %!(NOVERB)",
  ],
  [
    '{{ printf "%6.2f|%.3f|%f|%g|%e|%v" 3.14159 2.0 1.5 1e6 1e6 1e6 }}',
    "  3.14|2.000|1.500000|1e+06|1.000000e+06|1e+06",
  ],
  [
    '{{ printf "%[2]d %[1]d" 1 2 }} {{ printf "%*d" 5 1 }} {{ printf "%-8s|%8s|%.2s" "ab" "cd" "efgh" }}',
    "2 1     1 ab      |      cd|ef",
  ],
  [
    '{{ printf "%T %T %T %T %T" 1 "a" 1.5 true (list 1) }}',
    "int string float64 bool []interface {}",
  ],
  [
    '{{ printf "%q %q" (list "a" "b") 65 }} {{ printf "%x" "hi" }} {{ printf "%%" }} {{ printf "%+d % d" 1 2 }} {{ printf "%#x %#q %#v" 255 "a" "b" }}',
    '["a" "b"] \'A\' 6869 % +1  2 0xff `a` "b"',
  ],
  [
    '{{ printf "%s" (list 1 "a") }} {{ printf "%v" (dict "b" 1 "a" (list 2 3)) }} {{ printf "%t" 1 }} {{ printf "%s" nil }} {{ printf "%v" nil }}',
    "[%!s(int=1) a] map[a:[2 3] b:1] %!t(int=1) %!s(<nil>) <nil>",
  ],
  [
    '{{ eq 1 1 }} {{ eq 1 2 1 }} {{ eq "a" "a" }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt "b" "a" }} {{ ge 1.5 1.5 }}',
    "true true true true true true true true",
  ],
  ["{{ eq .Values.none nil }} ", "true "],
  [
    '{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ not 0 }} {{ not "a" }} {{ and true false }} {{ or false }} {{ 1 | and 0 }} {{ "x" | or "" }}',
    "0 x true false false false 0 x",
  ],
  ['{{ len "héllo" }} {{ len (list 1 2) }} {{ len (dict "a" 1) }} {{ len .Values }}', "6 2 1 4"],
  [
    '{{ index .Values "cluster" }} {{ index .Values "none" }} {{ index (list 1 2) 1 }} {{ index "abc" 1 }} {{ index (dict "a" (dict "b" 2)) "a" "b" }}',
    "prod  2 98 2",
  ],
  [
    '{{ html "<a&\\"\'>" }} {{ js "it\'s \\"<x>\\" = \\n" }} {{ urlquery "a b&c=d/é" }}',
    '&lt;a&amp;&#34;&#39;&gt; it\\\'s \\"\\u003Cx\\u003E\\" \\u003D \\u000A a+b%26c%3Dd%2F%C3%A9',
  ],
  ["{{ slice (list 1 2 3) 1 }} {{ slice (list 1 2 3) 1 2 }}", "[2 3] [2]"],
  ['{{ "abc" | printf "%s-%s" "x" }}', "x-abc"],
  ["{{ .Values.cluster | upper | lower | title }}", "Prod"],
  ["{{ with $x := 3 }}{{ $x }}{{ . }}{{ end }}", "33"],
  ["{{ if $x := 0 }}a{{ else }}b{{ $x }}{{ end }}", "b0"],
  ['{{ range $i, $x := list "a" "b" }}{{ if $i }}, {{ end }}{{ $x }}{{ end }}', "a, b"],
  ["{{ .Values.cluster | trunc 2 | repeat 2 | quote }}", '"prpr"'],
  ['{{ print (print 1 2) (print "a" "b") }}', "1 2ab"],
  ['{{ "a" | print | print "b" }}', "ba"],
  ["{{ print 1 -2 }} {{ print 1.5 true }}", "1 -2 1.5 true"],
  ['{{ len .Values | printf "%03d" }}', "004"],
  [
    '{{ .Values.uni | upper }} {{ .Values.uni | trunc 2 }} {{ .Values.uni | len }} {{ .Values.uni | quote }} {{ printf "%q" "\\u200b\\x01é" }} {{ printf "%6s|" "é" }}',
    'HÉLLO WÖRLD h� 13 "héllo wörld" "\\u200b\\x01é"      é|',
  ],
  [
    "{{ $m := dict }}{{ range $i := until 3 }}{{ $_ := set $m (toString $i) $i }}{{ end }}{{ $m }}",
    "map[0:0 1:1 2:2]",
  ],
  [
    '{{ define "x" }}{{ if . }}{{ . }},{{ template "x" (sub . 1) }}{{ end }}{{ end }}{{ template "x" 5 }}',
    "5,4,3,2,1,",
  ],
  ["{{.Values.cluster}}{{.Values.n}}", "prod12"],
  ['{{ ge 3 (len "ab") }}{{ .Values.n | int | add 1 }}', "true13"],
  ['{{ if and (eq .Values.cluster "prod") (not .Values.empty) }}ok{{ end }}', "ok"],
  ["{{ if or .Values.empty .Values.none }}a{{ else }}b{{ end }}", "b"],
  ['{{ print nil }} {{ list nil }} {{ printf "%v" (list nil) }}', "<nil> [<nil>] [<nil>]"],
  ["{{- range tuple 1 2 -}} {{ . }} {{- end -}} z", "12z"],
  ["{{ .Values | toJson }}", '{"cluster":"prod","empty":"","n":"12","uni":"héllo wörld"}'],
  ["  | upper }}", "  | upper }}"],
  ['{{ $x := "a" -}}', ""],
  ['{{ print ( upper "a" ) (lower "B") }}', "Ab"],
  ["{{ range $i, $ := list }}{{end}}", ""],
  ["{{ if eq 1 1 | not }}a{{ else }}b{{ end }}", "b"],
  ['{{ .Values.cluster | default "x" | hasPrefix "pr" }}', "true"],
  ["{{- /* a\nb */ -}}\nx", "x"],
  ['{{ "a"\n  | upper }}', "A"],
  ['{{ $x := "a" -}}\n{{ $x }}', "a"],
  ["a\n  {{- range list 1 2 }}\n  - {{ . }}\n  {{- end }}\nb\n", "a\n  - 1\n  - 2\nb\n"],
];

for (const [template, want] of cases) {
  Deno.test(`runTemplate() carries out ${template}`, () => {
    assert.equal(runText(template), want);
  });
}
