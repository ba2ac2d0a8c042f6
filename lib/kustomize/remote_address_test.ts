import assert from "node:assert/strict";
import { isRemoteFolder, parseRemoteAddress } from "./remote_address.ts";

/** Repository, path and reference, as the real kustomize hands them to git. */
const addresses: readonly (readonly [address: string, want: string])[] = [
  ["github.com/org/repo", "https://github.com/org/repo"],
  ["github.com/org/repo/a/b?ref=v1", "https://github.com/org/repo | a/b | v1"],
  ["GitHub.com/Org/repo/x", "https://github.com/Org/repo | x"],
  ["github.com:org/repo", "https://github.com/org/repo"],
  ["github.com/a/", "https://github.com/a/"],
  ["http://github.com/a/b", "https://github.com/a/b"],
  ["https://github.com:a/b/c", "https://github.com/b/c"],
  ["git@github.com:org/repo//p?ref=v1", "git@github.com:org/repo | p | v1"],
  ["git@github.com/org/repo", "git@github.com:org/repo"],
  ["org-1@github.com:a/b.git", "org-1@github.com:a/b.git"],
  ["https://git@github.com/org/repo", "git@github.com:org/repo"],
  ["ssh://git@github.com/org/repo//x", "git@github.com:org/repo | x"],
  ["ssh://github.com/org/repo", "github.com:org/repo"],
  ["git@host:org/sub/repo//p", "git@host:org/sub/repo | p"],
  ["git@host:org/sub/repo/p", "git@host:org/sub | repo/p"],
  ["git@host:1/org/repo//p", "git@host:1/org/repo | p"],
  ["git@host/org/repo/p", "git@host/org/repo | p"],
  ["ssh://git@host:1/org/repo.git/p?version=v2&ref=v1", "ssh://git@host:1/org/repo.git | p | v1"],
  ["HTTPS://host:1/Org/repo", "https://host:1/Org/repo"],
  ["https://host/org/repo/", "https://host/org/repo"],
  ["https://host/org/", "https://host/org/"],
  ["https://host/org/repo//a//b", "https://host/org/repo | a/b"],
  ["https://host/org/repo//a/../b", "https://host/org/repo | b"],
  ["https://host/org/repo//", "https://host/org/repo"],
  ["https://host/a/b/c/d//e?ref=f", "https://host/a/b/c/d | e | f"],
  ["https://u:p@host/org/repo", "https://u:p@host/org/repo"],
  ["https://host/org/repo.git/x", "https://host/org/repo.git | x"],
  ["https://host/org/repo.github/x", "https://host/org/repo.git | hub/x"],
  ["https://host/a.git.d/b.git/c", "https://host/a.git | .d/b.git/c"],
  [
    "https://host/org/proj/_git/repo/p/q?version=GBx",
    "https://host/org/proj/_git/repo | p/q | GBx",
  ],
  ["https://host/org/x_git/repo/p", "https://host/org/x_git/repo | p"],
  ["https://host/a/_git/b//c/_git/d", "https://host/a/_git/b | c/_git/d"],
  ["git::https://host/org/repo//p?ref=x", "https://host/org/repo | p | x"],
  ["GIT::github.com/o/r", "https://github.com/o/r"],
  ["https://host/org/repo?ref=a%2Fb&ref=c", "https://host/org/repo |  | a/b"],
  ["https://host/org/repo?ref=a;b", "https://host/org/repo"],
  ["https://host/org/repo?ref=%zz", "https://host/org/repo"],
  ["https://host/org/repo?ref=&version=", "https://host/org/repo"],
  ["https://host/org/repo?x=1?ref=2", "https://host/org/repo"],
  ["https://host/org/repo.git?ref=x//y", "https://host/org/repo.git |  | x//y"],
];

for (const [address, want] of addresses) {
  Deno.test(`parseRemoteAddress() reads ${address}`, () => {
    const got = parseRemoteAddress(address);

    assert.ok(got.ok, got.ok ? "" : got.message);
    const { repository, path, ref } = got.value;
    const [wantedRepository = "", wantedPath = "", wantedRef] = want.split(" | ");
    assert.deepEqual([repository, path, ref], [wantedRepository, wantedPath, wantedRef]);
    assert.equal(isRemoteFolder(address), true);
  });
}

const timeouts: readonly (readonly [query: string, wantMs: number])[] = [
  ["", 27_000],
  ["timeout=61", 61_000],
  ["timeout=61s", 61_000],
  ["timeout=1m30s", 90_000],
  ["timeout=0", 27_000],
  ["timeout=-3", 27_000],
  ["timeout=soon", 27_000],
];

for (const [query, wantMs] of timeouts) {
  Deno.test(`parseRemoteAddress() waits ${wantMs} ms for "${query}"`, () => {
    const got = parseRemoteAddress(`https://host/org/repo?${query}`);

    assert.equal(got.ok && got.value.timeoutMs, wantMs);
  });
}

const refused: readonly (readonly [address: string, code: string, isRemote: boolean])[] = [
  ["base", "InvalidAddress", false],
  ["../base", "InvalidAddress", false],
  ["host:org/repo", "InvalidAddress", false],
  ["_a@host:org/repo", "InvalidAddress", false],
  ["me@home", "InvalidAddress", false],
  ["github.com/org", "InvalidAddress", false],
  ["https://github.com/org", "InvalidAddress", true],
  ["https://host/org", "InvalidAddress", true],
  ["https://host", "InvalidAddress", true],
  ["https:///org/repo", "InvalidAddress", true],
  ["https://host/org/repo//../x", "InvalidAddress", true],
  ["https://host/org/repo/..", "InvalidAddress", true],
  ["https://host/org/repo//a/../../b", "InvalidAddress", true],
  ["file:///srv/repo//p", "Unsupported", true],
  ["git://host/org/repo", "Unsupported", true],
  ["git::./base", "InvalidAddress", true],
  [`https://host/org/${"x".repeat(5_000)}`, "InvalidAddress", true],
];

for (const [address, code, isRemote] of refused) {
  Deno.test(`parseRemoteAddress() refuses ${address.slice(0, 40)}`, () => {
    const got = parseRemoteAddress(address);

    assert.equal(got.ok ? undefined : got.code, code);
    assert.equal(isRemoteFolder(address), isRemote);
  });
}

Deno.test("parseRemoteAddress() knows the addresses that can be no single file's", () => {
  for (
    const [address, want] of [
      ["https://host/org/repo//a", true],
      ["https://host/org/repo.git", true],
      ["https://host/org/_git/repo", true],
      ["https://host/org/repo/a.yaml?ref=main", false],
    ] as const
  ) {
    const got = parseRemoteAddress(address);
    assert.equal(got.ok && got.value.isMarked, want, address);
  }
});
