/**
 * Sprig's functions. What stands on the right was found by asking Go's library.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runText } from "../run_text_test.ts";

const cases: readonly (readonly [string, string])[] = [
  ['{{ (dict "a" 1).a }} {{ (dict "a" (dict "b" "c")).a.b }}', "1 c"],
  ['{{ (dict "a" nil).a }} {{ (dict).x }}', "<no value> <no value>"],
  [
    '{{ trim "  a b \\n" }}|{{ trimAll "$" "$5.00$" }}|{{ trimPrefix "v" "v1" }}|{{ trimSuffix "-x" "a-x" }}|{{ trimall "ab" "abcab" }}',
    "a b|5.00|1|a|c",
  ],
  [
    '{{ title "hello wörld foo-bar it\'s a_b" }}|{{ untitle "Hello World" }}|{{ swapcase "aBc Def" }}|{{ initials "First Try x" }}|{{ nospace " a b\\tc " }}',
    "Hello Wörld Foo-Bar It'S A_b|hello world|AbC dEF|FTx|abc",
  ],
  [
    '{{ repeat 3 "ab" }}|{{ substr 0 3 "hello" }}|{{ substr 2 -1 "hello" }}|{{ substr -1 2 "hello" }}|{{ substr 1 99 "hello" }}',
    "ababab|hel|llo|he|ello",
  ],
  [
    '{{ trunc 3 "hello" }}|{{ trunc -3 "hello" }}|{{ trunc 99 "hello" }}|{{ trunc -99 "hello" }}|{{ trunc 0 "hello" }}',
    "hel|llo|hello|hello|",
  ],
  [
    '{{ abbrev 5 "hello world" }}|{{ abbrev 3 "hello" }}|{{ abbrev 99 "hello" }}|{{ abbrevboth 5 10 "1234 5678 9123" }}|{{ abbrevboth 0 6 "hello world foo" }}|{{ abbrevboth 8 9 "hello world foo bar baz" }}',
    "he...|hello|hello|...5678...|hel...|...rld...",
  ],
  [
    '{{ wrap 10 "the quick brown fox jumps over supercalifragilistic dogs" }}|{{ wrapWith 5 "\\t" "Hello World abcdefghijkl x" }}|{{ wrap 3 "abc" }}',
    "the quick\nbrown fox\njumps over\nsupercalifragilistic\ndogs|Hello\tWorld\tabcde\tfghij\tkl x|abc",
  ],
  [
    '{{ contains "ell" "hello" }} {{ hasPrefix "he" "hello" }} {{ hasSuffix "lo" "hello" }}',
    "true true true",
  ],
  [
    '{{ quote "a" 1 nil "b\\n" }}|{{ squote "a" 1 }}|{{ cat "a" 1 nil true }}',
    '"a" "1" "b\\n"|\'a\' \'1\'|a 1 true',
  ],
  [
    '{{ indent 2 "a\\nb" }}|{{ nindent 2 "a\\nb" }}|{{ replace "a" "xx" "banana" }}|{{ replace "" "-" "ab" }}',
    "  a\n  b|\n  a\n  b|bxxnxxnxx|-a-b-",
  ],
  ['{{ plural "one" "many" 1 }} {{ plural "one" "many" 2 }}', "one many"],
  [
    '{{ toString 1 }}{{ toString nil }}{{ toString (list 1) }} {{ toStrings (list 1 "a" true) }} {{ join "," (list 1 "a" nil) }} {{ join "-" "x" }} {{ join "-" (list) }}',
    "1<nil>[1] [1 a true] 1,a x ",
  ],
  [
    '{{ sortAlpha (list "b" "a" "C") }} {{ splitList "," "a,b,c" }} {{ (split "$" "foo$bar").a_0 }}{{ (split "$" "foo$bar")._1 }} {{ splitn "$" 2 "a$b$c" }} {{ splitList "" "héy" }}',
    "[C a b] [a b c] <no value>bar map[_0:a _1:b$c] [h é y]",
  ],
  [
    '{{ default "d" "" }} {{ default "d" 0 }} {{ default "d" "v" }} {{ default "d" }} {{ default "d" nil }} {{ "" | default "q" }}',
    "d d v d d q",
  ],
  [
    '{{ coalesce 0 "" "x" "y" }} {{ coalesce }} {{ all 1 "" }} {{ any 0 "x" }} {{ compact (list 1 0 "" "a") }} {{ ternary "a" "b" true }} {{ true | ternary "a" "b" }}',
    "x <no value> false true [1 a] a a",
  ],
  [
    '{{ fromJson "{\\"a\\":[1,2.5,null,true]}" }} {{ (fromJson "{\\"a\\":1}").a }} {{ fromJson "x" }} {{ toJson (dict "b" 1 "a" (list "<x>" 1.5 nil)) }} {{ toRawJson "<x>" }}',
    'map[a:[1 2.5 <nil> true]] 1 <no value> {"a":["\\u003cx\\u003e",1.5,null],"b":1} "<x>"',
  ],
  [
    '{{ toPrettyJson (dict "b" 1 "a" (list 1 2) "c" (dict) "d" (list)) }}',
    '{\n  "a": [\n    1,\n    2\n  ],\n  "b": 1,\n  "c": {},\n  "d": []\n}',
  ],
  [
    '{{ add 1 2 3 }} {{ add1 4 }} {{ sub 5 3 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 3 }} {{ max 1 5 3 }} {{ min 4 2 }} {{ biggest 1 2 }} {{ add "3" 1.9 true nil "x" "0x10" "010" }}',
    "6 5 2 24 3 1 5 2 2 29",
  ],
  [
    "{{ maxf 1 2.5 }} {{ minf 1.5 2 }} {{ floor 123.9 }} {{ ceil 123.001 }} {{ round 123.555555 3 }} {{ round 2.5 0 }} {{ round -2.5 0 }} {{ round 123.5555 2 0.6 }}",
    "2.5 1.5 123 124 123.556 3 -3 123.55",
  ],
  [
    '{{ int "12" }} {{ int64 3.9 }} {{ float64 "1.5" }} {{ atoi "12" }} {{ atoi "x" }} {{ atoi "010" }} {{ toDecimal "777" }} {{ int "1.5" }} {{ int nil }}',
    "12 3 1.5 12 0 10 511 0 0",
  ],
  [
    "{{ until 3 }} {{ until -3 }} {{ untilStep 3 6 2 }} {{ untilStep 6 3 -1 }} {{ untilStep 1 5 0 }} {{ seq 5 }} {{ seq -3 }} {{ seq 0 2 }} {{ seq 0 2 10 }} {{ seq 0 -2 -5 }} {{ seq }} {{ seq 5 1 }} {{ seq 2 2 }} {{ seq 1 2 3 4 }}",
    "[0 1 2] [0 -1 -2] [3 5] [6 5 4] [] 1 2 3 4 5 1 0 -1 -2 -3 0 1 2 0 2 4 6 8 10 0 -2 -4  5 4 3 2 1 2 ",
  ],
  [
    '{{ list 1 "a" nil }} {{ tuple 1 2 }} {{ first (list 1 2) }} {{ last (list 1 2) }} {{ rest (list 1 2 3) }} {{ initial (list 1 2 3) }} {{ first (list) }} {{ rest (list) }}',
    "[1 a <nil>] [1 2] 1 2 [2 3] [1 2] <no value> []",
  ],
  [
    '{{ append (list 1) 2 }} {{ push (list 1) 2 }} {{ prepend (list 1) 0 }} {{ concat (list 1) (list 2 3) }} {{ reverse (list 1 2 3) }} {{ uniq (list 1 2 1 "a" "a") }} {{ without (list 1 2 3) 2 3 }} {{ has 2 (list 1 2) }} {{ has 5 nil }} {{ chunk 2 (list 1 2 3) }}',
    "[1 2] [1 2] [0 1] [1 2 3] [3 2 1] [1 2 a] [1] true false [[1 2] [3]]",
  ],
  [
    '{{ dict "a" 1 "b" }} {{ dict 1 2 }} {{ get (dict "a" 1) "a" }}{{ get (dict) "x" }} {{ set (dict "a" 1) "b" 2 }} {{ unset (dict "a" 1 "b" 2) "a" }} {{ hasKey (dict "a" 1) "a" }}',
    "map[a:1 b:] map[1:2] 1 map[a:1 b:2] map[b:2] true",
  ],
  [
    '{{ pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3) }} {{ keys (dict "a" 1) }} {{ values (dict "a" 1) }} {{ pick (dict "a" 1 "b" 2) "a" "z" }} {{ omit (dict "a" 1 "b" 2) "a" }}',
    "[1 3] [a] [1] map[a:1] map[b:2]",
  ],
  [
    '{{ merge (dict "a" 1 "x" (dict "p" 1)) (dict "a" 2 "b" 3 "x" (dict "q" 2)) }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3) }} {{ merge (dict "a" "" "b" 0) (dict "a" "f" "b" 5) }}',
    "map[a:1 b:3 x:map[p:1 q:2]] map[a:2 b:3] map[a:f b:5]",
  ],
  [
    '{{ dig "a" "b" "def" (dict "a" (dict "b" 1)) }} {{ dig "a" "z" "def" (dict "a" (dict "b" 1)) }} {{ dig "q" "def" (dict) }}',
    "1 def def",
  ],
  [
    '{{ deepCopy (dict "a" (list 1)) }} {{ deepEqual (list 1 2) (list 1 2) }} {{ deepEqual (dict "a" 1) (dict "a" 2) }}',
    "map[a:[1]] true false",
  ],
  [
    '{{ b64enc "hi" }} {{ b64dec "aGk=" }} {{ b64dec "!" }} {{ b32enc "hello" }} {{ b32dec "NBSWY3DP" }} {{ sha1sum "a" }} {{ sha256sum "a" }} {{ adler32sum "hello" }}',
    "aGk= hi illegal base64 data at input byte 0 NBSWY3DP hello 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 103547413",
  ],
  [
    '{{ sha512sum "a" }}',
    "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75",
  ],
  [
    '{{ base "/a/b.txt" }} {{ dir "/a/b.txt" }} {{ ext "/a/b.txt" }} {{ clean "/a/../b//c/./d" }} {{ isAbs "/a" }} {{ base "" }} {{ base "/" }} {{ dir "a" }} {{ dir "a/b/" }} {{ clean "" }} {{ clean "../../a/.." }} {{ osBase "a/b" }} {{ base "a/b/" }} {{ ext "a.b/c" }}',
    "b.txt /a .txt /b/c/d true . / . a/b . ../.. b b ",
  ],
  [
    '{{ regexMatch "^[a-z]+$" "abc" }} {{ regexFind "[0-9]+" "ab12cd34" }} {{ regexFindAll "[0-9]" "a1b2c3" 2 }} {{ regexFindAll "[0-9]" "a1b2c3" -1 }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }} {{ regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}" }} {{ regexSplit "z+" "pizza" -1 }} {{ regexQuoteMeta "1.2+3" }}',
    "true 12 [1 2] [1 2 3] -W-xxW- -${1}-${1}- [pi a] 1\\.2\\+3",
  ],
  [
    '{{ regexReplaceAll "x*" "abc" "-" }} {{ regexSplit "" "abc" -1 }} {{ regexSplit "a*" "baac" -1 }} {{ regexSplit "z+" "pizzaz" 2 }} {{ regexFindAll "a*" "baac" -1 }}',
    "-a-b-c- [a b c] [b c] [pi az] [ aa ]",
  ],
  ['{{ regexMatch "(" "a" }}', "false"],
  [
    '{{ mustRegexFind "b" "abc" }} {{ mustFirst (list 1) }} {{ mustToJson 1 }} {{ mustHas 1 (list 1) }}',
    "b 1 1 true",
  ],
  [
    '{{ addf 0.1 0.2 }} {{ addf 1 2 3.5 }} {{ add1f 1.5 }} {{ subf 7.5 2 3 }} {{ mulf 1.1 1.1 }} {{ mulf 2 "3" }} {{ divf 10 4 }} {{ divf 10 2 4 }}',
    "0.3 6.5 2.5 2.5 1.21 6 2.5 1.25",
  ],
  [
    '{{ addf }} {{ mulf 3 }} {{ addf "x" 1 }} {{ addf 1e20 1 }} {{ mulf 1e-7 1e-7 }} {{ subf 1 }} {{ add1f "2.5" }} {{ add1f true }}',
    "0 3 1 1e+20 1e-14 1 3.5 2",
  ],
  [
    "{{ divf 1 3 }} {{ divf 2 3 }} {{ divf 1e10 7 }} {{ divf -1 3 }} {{ divf 0.001 7 }}",
    "0.3333333333333333 0.6666666666666667 1.4285714285714285e+09 -0.3333333333333333 0.0001428571428571",
  ],
  ["{{ add 9223372036854775807 1 }} {{ mul 9223372036854775807 2 }}", "-9223372036854775808 -2"],
  ['{{ empty .Values.none | ternary "e" "n" }}', "e"],
];

for (const [template, want] of cases) {
  Deno.test(`SPRIG gives what Go gives for ${template}`, () => {
    assert.equal(runText(template), want);
  });
}
