/**
 * Hostile trees: file names, modes and links that would write somewhere else, and submodules that would.
 *
 * @module
 */
import { useHostileSource } from "../support/hostile.ts";
import { commitReply, type Line, type Lines } from "../support/scripted_git.ts";

const source = useHostileSource();
const FILE = "100644";
const LINK = "120000";
const FOLDER = "40000";
const MODULE = "160000";

/** Every name that some file system or another takes for `.git` (CVE-2014-9390, CVE-2026-77355). */
const DOT_GIT = [
  ...[".git", ".GIT", ".Git", ".gIt", ".giT"],
  ...["git~1", "GIT~1", "Git~1", "git~1.", "git~1 "],
  ...[".git ", ".git.", ".git. .", ".git...", ".GIT  "],
  ...[".git::$INDEX_ALLOCATION", ".git:stream", ".GIT::$DATA", "git~1::$INDEX_ALLOCATION"],
  ...[
    ..."\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u206a\u206b\u206c\u206d\u206e\u206f\ufeff",
  ]
    .flatMap((ignored) => [`.g${ignored}it`, `.git${ignored}`]),
  ...["\u200c.git", "\ufeff.GIT", ".G\u200dI\u200eT", ".g\u200cit.", ".g\u200cit::$DATA"],
];

Deno.test("names that stand for .git are refused, for files and for folders", async () => {
  const config: Lines = [[FILE, "config", "x"]];
  await source.checkRefusals(DOT_GIT.flatMap((name, index) => [
    {
      reply: commitReply([index % 2 === 0 ? [FILE, name, "x"] : [FOLDER, name, config]]),
      message: `${JSON.stringify(name)} stands for .git`,
    },
  ]));
});

const trees: { name: string; lines: Lines; message: string }[] = [
  { name: "the parent folder", lines: [[FILE, "..", "x"]], message: '".." is not a file name' },
  { name: "the folder itself", lines: [[FILE, ".", "x"]], message: '"." is not a file name' },
  { name: "no name", lines: [[FILE, "", "x"]], message: '"" is not a file name' },
  { name: "a path", lines: [[FILE, "a/b", "x"]], message: '"a/b" is not a file name' },
  { name: "a path up", lines: [[FILE, "../x", "x"]], message: '"../x" is not a file name' },
  {
    name: "a path of Windows",
    lines: [[FILE, "..\\x", "x"]],
    message: '"..\\\\x" is not a file name',
  },
  {
    name: "a parent below a folder",
    lines: [[FOLDER, "a", [[FOLDER, "..", [[FILE, "x", "x"]]]]]],
    message: '".." is not a file name',
  },
  // What follows the zero is read as an id, and what follows that as a mode.
  {
    name: "a zero",
    lines: [[FILE, "a\0b", "x"]],
    message: "A folder of the repository is damaged",
  },
  {
    name: "bytes that are no text",
    lines: [[FILE, new Uint8Array([0x2e, 0xc0, 0xae]), "x"]],
    message: 'The file name ".À®" is not UTF-8',
  },
  {
    name: "a name of 5,000 bytes",
    lines: [[FILE, "x".repeat(5_000), "x"]],
    message: "A file name in the repository is too long",
  },
  {
    name: "a name twice",
    lines: [[FILE, "a", "x"], [FILE, "a", "y"]],
    message: 'The folder that holds "a" is not in order',
  },
  {
    name: "a name for a file and a folder",
    lines: [[FILE, "a", "x"], [FOLDER, "a", [[FILE, "x", "x"]]]],
    message: 'The folder that holds "a" is not in order',
  },
  {
    name: "names out of order",
    lines: [[FILE, "b", "x"], [FILE, "a", "y"]],
    message: 'The folder that holds "a" is not in order',
  },
  {
    name: "the mode 777",
    lines: [["100777", "a", "x"]],
    message: '"a" has a mode that git does not know',
  },
  {
    name: "a set-user bit",
    lines: [["104755", "a", "x"]],
    message: '"a" has a mode that git does not know',
  },
  {
    name: "a device",
    lines: [["20000", "a", "x"]],
    message: '"a" has a mode that git does not know',
  },
  {
    name: ".gitmodules as a link",
    lines: [[LINK, ".gitmodules", "/etc/passwd"]],
    message: '".gitmodules" must not be a link',
  },
  {
    name: ".gitmodules as a link by its short name",
    lines: [[LINK, "GITMOD~1", "/etc/passwd"]],
    message: '"GITMOD~1" must not be a link',
  },
  {
    name: "a link for a folder of other case",
    lines: [[FOLDER, "A", [[FOLDER, "modules", [[FILE, "x", "x"]]]]], [LINK, "a", ".git"]],
    message: '"A/modules/x" collides with the link "a"',
  },
  {
    name: "a link for a folder in another form",
    lines: [[FOLDER, "fi", [[FILE, "x", "x"]]], [LINK, "\ufb01", ".git"]],
    message: '"fi/x" collides with the link "\ufb01"',
  },
  {
    name: "a link for a folder with an ignored character",
    lines: [[FOLDER, "a", [[FILE, "x", "x"]]], [LINK, "a\u200c", ".git"]],
    message: '"a/x" collides with the link "a\u200c"',
  },
  {
    name: "a folder in itself, 150 deep",
    lines: [nested(150)],
    message: "More than 100 depth at d/d/",
  },
];

function nested(depth: number): Line {
  return [FOLDER, "d", depth === 0 ? [[FILE, "x", "x"]] : [nested(depth - 1)]];
}

for (const { name, lines, message } of trees) {
  Deno.test(`a tree with ${name} is refused`, async () => {
    await source.checkRefusal(commitReply(lines), { message });
  });
}

/** A commit with a submodule at `lib` and what is said of it. */
function withModules(text: string): Lines {
  return [[FILE, ".gitmodules", text], [FILE, "a.yaml", "a: 1\n"], [MODULE, "lib", ""]];
}

const modules: { name: string; text: string; message: string }[] = [
  ...["../../x", "a/../../b", "/abs", "..\\\\x"].map((name) => ({
    name: `the name ${name}`,
    text: `[submodule "${name}"]\n\tpath = lib\n\turl = ../lib\n`,
    message: "is no name of a submodule",
  })),
  ...['"lib\r"', "../lib", "/lib", "-lib", "a/../lib"].map((path) => ({
    name: `the path ${JSON.stringify(path)}`,
    text: `[submodule "lib"]\n\tpath = ${path}\n\turl = ../lib\n`,
    message: "is no folder of the repository",
  })),
  {
    name: "an escape that is none",
    text: '[submodule "lib"]\n\tpath = lib\\r\n\turl = ../lib\n',
    message: ".gitmodules: line 2: an escape that git does not know",
  },
  ...["-u./payload", "ext::sh -c id", "file:///etc", "ssh://-oProxyCommand=id/x"].map((url) => ({
    name: `the address ${url}`,
    text: `[submodule "lib"]\n\tpath = lib\n\turl = ${url}\n`,
    message: `submodule "lib"`,
  })),
];

for (const { name, text, message } of modules) {
  Deno.test(`a submodule with ${name} is refused; where none is wanted it is nothing`, async () => {
    const reply = commitReply(withModules(text));
    await source.checkRefusal(reply, { message, spec: { recurseSubmodules: true } });
    await source.checkTaken(reply, [".", "a.yaml", "lib"]);
  });
}

Deno.test("what .gitmodules would have run is not looked at", async () => {
  const lib = commitReply([[FILE, "b.yaml", "b: 1\n"]]);
  source.git.serve("lib", lib);
  const text = '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n\tupdate = !touch /tmp/owned\n';
  const lines: Lines = [[FILE, ".gitmodules", text], [MODULE, "lib", Uint8Array.fromHex(lib.id)]];

  await source.checkTaken(commitReply(lines), [".", "lib", "lib/b.yaml"], {
    recurseSubmodules: true,
  });
});

const rules = [
  {
    name: "a million lines",
    text: "a/b*c\n".repeat(1e6),
    message: ".sourceignore is longer than 1048576 bytes",
  },
  {
    name: "more patterns than allowed",
    text: "a/b*c\n".repeat(170_000),
    message: "The ignore rules have more than 10000 patterns",
  },
];

for (const { name, text, message } of rules) {
  Deno.test(`.sourceignore with ${name} is refused`, async () => {
    const reply = commitReply([[FILE, ".sourceignore", text], [FILE, "a.yaml", "a: 1\n"]]);
    await source.checkRefusal(reply, { message, reason: "ArchiveOperationFailed" });
  });
}

const slow = [
  { name: "a line of half a mebibyte", text: "*a".repeat(1 << 18) },
  { name: "brackets that are never closed", text: `${"[".repeat(5_000)}\n`.repeat(100) },
  { name: "folders of any name by the thousand", text: `${"**/".repeat(2_000)}x\n`.repeat(100) },
];

for (const { name, text } of slow) {
  Deno.test(`.sourceignore with ${name} holds nobody up`, async () => {
    const reply = commitReply([[FILE, ".sourceignore", text], [FILE, "a.yaml", "a: 1\n"]]);
    await source.checkTaken(reply, [".", ".sourceignore", "a.yaml"]);
  });
}

Deno.test(".gitattributes of a million lines is read in time, and left out", async () => {
  const lines: Lines = [
    [FILE, ".gitattributes", "*.bin filter=lfs diff=lfs\n".repeat(1e6)],
    [FILE, "a.yaml", "a: 1\n"],
  ];
  await source.checkTaken(commitReply(lines), [".", "a.yaml"]);
});
