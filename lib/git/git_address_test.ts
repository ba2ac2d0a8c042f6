import assert from "node:assert/strict";
import {
  isSameRepository,
  parseGitAddress,
  repositoryPath,
  showGitAddress,
} from "./git_address.ts";

const shown: { name: string; text: string; want: string }[] = [
  { name: "takes the password out", text: "https://u:p@h/a", want: "https://u@h/a" },
  { name: "takes out a password with an @", text: "https://u:p@q@h/a", want: "https://u@h/a" },
  { name: "writes the scheme small", text: "HTTPS://h/a", want: "https://h/a" },
  { name: "writes git@host:path as a URL", text: "git@h:~me/a", want: "ssh://git@h/~me/a" },
  { name: "keeps a port", text: "ssh://git@h:2222/a", want: "ssh://git@h:2222/a" },
  {
    name: "takes an unknown scheme for a folder",
    text: "codecommit://a",
    want: "file://codecommit://a",
  },
  { name: "escapes what is not ASCII", text: "https://h/ä b", want: "https://h/%C3%A4%20b" },
  { name: "survives half a letter", text: "./\ud800", want: "file://./%EF%BF%BD" },
];

for (const { name, text, want } of shown) {
  Deno.test(`showGitAddress() ${name}`, () => {
    assert.equal(showGitAddress(text), want);
  });
}

const pairs: { name: string; one: string; other: string; want: boolean }[] = [
  { name: "looks at no user", one: "https://a:b@h/x", other: "ssh://git@h/x", want: true },
  { name: "looks at the port", one: "ssh://h:2222/x", other: "ssh://h/x", want: false },
  {
    name: "looks at one .git alone",
    one: "https://h/x.git.git",
    other: "https://h/x",
    want: false,
  },
  { name: "looks at the host", one: "git@h:x", other: "git@i:x", want: false },
];

for (const { name, one, other, want } of pairs) {
  Deno.test(`isSameRepository() ${name}`, () => {
    assert.equal(isSameRepository(one, other), want);
    assert.equal(isSameRepository(other, one), want);
  });
}

Deno.test("repositoryPath() of no address is empty", () => {
  assert.equal(repositoryPath(parseGitAddress("")), "");
});
