import assert from "node:assert/strict";
import fc from "fast-check";
import { GitError } from "./failure.ts";
import { parseGitmodules } from "./gitmodules.ts";

const read = (text: string) => parseGitmodules(new TextEncoder().encode(text));
const module = (name: string, path: string, url = "../lib") =>
  `[submodule "${name}"]\n\tpath = ${path}\n\turl = ${url}\n`;

const readable: { name: string; text: string; want: readonly (readonly [string, string])[] }[] = [
  { name: "nothing", text: "", want: [] },
  { name: "what git writes", text: module("lib", "lib"), want: [["lib", "../lib"]] },
  {
    name: "several, with comments, blank lines and Windows line ends",
    text: `# one\r\n${module("a", "x/a").replaceAll("\n", "\r\n")}\r\n; two\n${module("b", "b")}`,
    want: [["x/a", "../lib"], ["b", "../lib"]],
  },
  {
    name: "entries behind the header, and any case of words",
    text: '[SubModule "a"] PATH = a # here\n Url=https://h/a;x\n',
    want: [["a", "https://h/a"]],
  },
  {
    name: "quotes, escapes and lines that go on",
    text: '[submodule "q\\"q"]\npath = "a # b" c\\\n  d\nurl = "https://h/\\\\x" \n',
    want: [["a # b c  d", "https://h/\\x"]],
  },
  {
    name: "what is pinned elsewhere, without running anything (CVE-2019-19604)",
    text: `${module("a", "a")}\tupdate = !touch /tmp/owned\n\tbranch = other\n\tignore\n`,
    want: [["a", "../lib"]],
  },
  {
    name: "the last of several entries",
    text: module("a", "a") + module("b", "b") + module("a", "c", "../d"),
    want: [["c", "../d"], ["b", "../lib"]],
  },
  {
    name: "other sections for what they are",
    text: `[core]\npath = /etc\n[remote "x"]\nurl = u\n[submodule]\npath = q\n${module("a", "a/")}`,
    want: [["a", "../lib"]],
  },
  { name: "one without url for none", text: '[submodule "a"]\npath = a\n', want: [] },
];

for (const { name, text, want } of readable) {
  Deno.test(`parseGitmodules() reads ${name}`, () => {
    assert.deepEqual(read(text).map(({ path, url }) => [path, url]), want);
  });
}

const hostile: { name: string; text: string | Uint8Array }[] = [
  ...["../../x", "a/../../b", "..", "/abs", "a\\..\\b", "", "\\\\x", "a\u0001b"].map((name) => ({
    name: `the name ${JSON.stringify(name)} (CVE-2018-11235)`,
    text: module(name.replaceAll("\\", "\\\\"), "lib"),
  })),
  ...["../x", "a/../b", "/etc", "./a", "a//b", "-x", '"a\\\\b"', '"sub\r"', '"a\\nb"', "a\u0000b"]
    .map((path) => ({
      name: `the path ${JSON.stringify(path)} (CVE-2025-48384)`,
      text: module("lib", path),
    })),
  ...["-oProxyCommand=x", '"https://h/a\\nb"', "https://h/\ta\rb"].map((url) => ({
    name: `the url ${JSON.stringify(url)}`,
    text: module("lib", "lib", url),
  })),
  { name: "an entry before any section", text: "path = a\n" },
  { name: "a header that does not end", text: '[submodule "a\npath = a\n' },
  { name: "a quote that does not end", text: module("a", '"a') },
  { name: "an unknown escape", text: module("a", "a\\x") },
  { name: "bytes that are no text", text: Uint8Array.of(0x5b, 0xff) },
  { name: "a line without end", text: `[submodule "a"]\npath = ${"a".repeat(5000)}\n` },
  { name: "lines that go on for ever", text: `[submodule "a"]\npath = ${"a\\\n".repeat(5000)}\n` },
  {
    name: "too many submodules",
    text: Array.from({ length: 1001 }, (_, at) => module(`m${at}`, `m${at}`)).join(""),
  },
  { name: "a file without end", text: "\n".repeat((1 << 20) + 1) },
];

for (const { name, text } of hostile) {
  Deno.test(`parseGitmodules() refuses ${name}`, () => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;

    assert.throws(() => parseGitmodules(bytes), GitError);
  });
}

/** What git-config puts in quotes. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

Deno.test("parseGitmodules() gives back every path that is written, or refuses it", () => {
  const sign = fc.constantFrom("a", "é", " ", "#", ";", '"', "\t", "\r", "\n", "=", "[", "]", ".");
  const path = fc.array(sign, { minLength: 1, maxLength: 12 }).map((signs) => signs.join(""));

  fc.assert(
    fc.property(path, (path) => {
      try {
        assert.deepEqual(read(module("m", quoted(path))), [{ path, url: "../lib" }]);
      } catch (thrown) {
        if (!(thrown instanceof GitError)) throw thrown;
        assert.match(path, /[\t\r\n]|^\.+$/);
      }
    }),
    { numRuns: 5_000, seed: 1 },
  );
});

Deno.test("parseGitmodules() throws nothing but what it means to, on any text", () => {
  const piece = fc.constantFrom(
    ...['[submodule "a"]', "[", "]", '"', "\\", "\n", "\r\n", "path", "url", "=", "#", " ", "a"],
  );

  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        read(pieces.join(""));
      } catch (thrown) {
        if (!(thrown instanceof GitError)) throw thrown;
      }
    }),
    { numRuns: 5_000, seed: 2 },
  );
});

Deno.test("parseGitmodules() reads what it must refuse in linear time", () => {
  const began = performance.now();

  read(`[submodule "${'\\"'.repeat(2000)}"]\n`.repeat(200));

  assert.ok(performance.now() - began < 2_000);
});
