import assert from "node:assert/strict";
import { parseSshUrl } from "./ssh_url.ts";
import { commandFor } from "./ssh_transport.ts";

const good = [
  { url: "ssh://git@github.com/org/app.git", want: ["github.com", 22, "git", "/org/app.git"] },
  { url: "ssh://GitHub.com/org/app", want: ["github.com", 22, "git", "/org/app"] },
  { url: "ssh://me@host:2222/app", want: ["host", 2222, "me", "/app"] },
  { url: "ssh://org-1%40corp@[::1]:22/app", want: ["::1", 22, "org-1@corp", "/app"] },
  { url: "ssh://host/~me/app", want: ["host", 22, "git", "~me/app"] },
  { url: "ssh://host/a%27b;%20id", want: ["host", 22, "git", "/a'b; id"] },
  { url: "ssh://me:secret@host/app", want: ["host", 22, "me", "/app"] },
];

for (const { url, want } of good) {
  Deno.test(`parseSshUrl() reads ${url}`, () => {
    const got = parseSshUrl(url);

    assert.ok(got.ok, got.ok ? "" : got.message);
    const { host, port, user, path } = got.value;
    assert.deepEqual([host, port, user, path], want);
  });
}

const bad = [
  "ssh://-oProxyCommand=touch/app",
  "ssh://-oProxyCommand=id@host/app",
  "ssh://a%20b@host/app",
  "ssh://a;b@host/app",
  "ssh://a'b@host/app",
  "ssh://host%20x/app",
  "ssh://host;id/app",
  "ssh://host%0aother/app",
  "ssh://host/a%0ab",
  "ssh://host/a%00b",
  "ssh://host/%zz",
  "ssh://host",
  "ssh://host/",
  "ssh:///app",
  "ssh://host:99999/app",
];

for (const url of bad) {
  Deno.test(`parseSshUrl() refuses ${url}`, () => {
    const got = parseSshUrl(url);

    assert.equal(got.ok ? "ok" : got.code, "InvalidUrl");
  });
}

Deno.test("commandFor() leaves nothing to a shell", () => {
  assert.equal(
    commandFor("git-upload-pack", "/a'b; id"),
    String.raw`git-upload-pack '/a'\''b; id'`,
  );
  assert.equal(commandFor("git-upload-pack", "/a!b"), String.raw`git-upload-pack '/a'\!'b'`);
});
