import assert from "node:assert/strict";
import { GitRepository, type GitRepositoryStatus } from "../../crds/mod.ts";
import { defaultBudget, fail, joinBytes, ok, type Result } from "../../lib/base/mod.ts";
import type { Commit, CommitRange, HistoryCommit } from "../../lib/git/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { fakeRun } from "../../lib/testing/fake_run.ts";
import { commitObject, gitObjectId } from "../../lib/testing/git_objects.ts";
import { makeSshSigner } from "../../lib/testing/ssh_signer.ts";
import type { SourceContext } from "./context.ts";
import { isVerified, verifyCommit } from "./verification.ts";
import { VERIFY_RANGE } from "./verify_range.ts";

const WHO = { name: "Ann", email: "ann@example.com", timeSeconds: 0, zone: "+0000" };
const TREE = "1".repeat(40);
const LAST = "5".repeat(40);
const ann = await makeSshSigner();
const eve = await makeSshSigner();

const GOOD = await ann.signCommit(commitObject(TREE, "good\n"));
const BAD = await eve.signCommit(commitObject(TREE, "bad\n"));
const PLAIN = commitObject(TREE, "plain\n");
const MOVED = joinBytes(new TextDecoder().decode(GOOD).replace(TREE, "2".repeat(40)));
const GOOD_ID = gitObjectId("commit", GOOD);
const NO_KEY = "unable to verify payload with any of the given authorized keys: no matching key\n" +
  "public key does not match";

function tagObject(target = GOOD_ID, { type = "commit", name = "v1" } = {}): Uint8Array {
  return joinBytes(
    `object ${target}\ntype ${type}\ntag ${name}\ntagger A <a@b> 1 +0000\n\nfirst\n`,
  );
}

interface Case {
  name: string;
  mode?: string;
  raw?: Uint8Array;
  /** Of the tag that led here; none when the commit was found by branch. */
  rawTag?: Uint8Array;
  ref?: string;
  secret?: Result<ReadonlyMap<string, string>>;
  range?: { mode: string; history: Result<readonly HistoryCommit[]>; late?: boolean };
  /** What is verified, or kind and reason and message of the outcome. */
  want: { mode: string; message: string } | { kind: string; reason: string; message: string };
}

const byKey = "with key 'SHA256:*'";

const cases: readonly Case[] = [
  {
    name: "takes a commit that a known key signed",
    want: { mode: "HEAD", message: `verified signature of\n\t- commit '${GOOD_ID}' ${byKey}` },
  },
  {
    name: "takes the old spelling of HEAD",
    mode: "head",
    want: { mode: "HEAD", message: `verified signature of\n\t- commit '${GOOD_ID}' ${byKey}` },
  },
  {
    name: "refuses a commit that somebody else signed",
    raw: BAD,
    want: refused(
      "InvalidCommitSignature",
      `signature verification of commit '${gitObjectId("commit", BAD)}' failed: ` +
        `unable to verify Git commit SSH signature: ${NO_KEY}`,
    ),
  },
  {
    name: "refuses a commit that nobody signed",
    raw: PLAIN,
    want: refused(
      "InvalidCommitSignature",
      `signature verification of commit '${gitObjectId("commit", PLAIN)}' failed: ` +
        "unsupported signature type: empty",
    ),
  },
  {
    name: "refuses a signature that was moved to other files",
    raw: MOVED,
    want: refused(
      "InvalidCommitSignature",
      `signature verification of commit '${gitObjectId("commit", MOVED)}' failed: ` +
        "unable to verify Git commit SSH signature: unable to verify payload with any of the " +
        "given authorized keys: SHA256:*: the signature is not over this content",
    ),
  },
  {
    name: "refuses a commit with two signatures",
    raw: await ann.signCommit(await eve.signCommit(PLAIN)),
    want: refused(
      "InvalidCommitSignature",
      "signature verification of commit '*' failed: the object has the header gpgsig twice",
    ),
  },
  {
    name: "says which Secret is missing",
    secret: fail("NotFound", 'secrets "keys" not found'),
    want: refused("VerificationError", 'public keys secret error: secrets "keys" not found'),
  },
  {
    name: "says that the keys cannot be read",
    secret: ok(new Map([["ann.sshpub", "what"]])),
    want: refused(
      "InvalidCommitSignature",
      `signature verification of commit '${GOOD_ID}' failed: unable to verify Git commit SSH ` +
        "signature: unable to parse authorized keys: line 1: it is no public key",
    ),
  },
  {
    name: "gives up on a tag where spec.ref names none",
    mode: "Tag",
    want: {
      kind: "stalled",
      reason: "InvalidVerificationMode",
      message: "cannot verify tag object's signature if a tag reference is not specified",
    },
  },
  {
    name: "refuses a lightweight tag",
    mode: "Tag",
    ref: "refs/tags/v1",
    want: refused(
      "InvalidGitObject",
      "cannot verify signature of tag 'v1' since it is not signed",
    ),
  },
  {
    name: "refuses a tag that nobody signed",
    mode: "Tag",
    rawTag: tagObject(),
    want: refused(
      "InvalidGitObject",
      "cannot verify signature of tag 'v1@*' since it is not signed",
    ),
  },
  {
    name: "takes a signed tag, whatever its commit",
    mode: "Tag",
    raw: PLAIN,
    rawTag: await ann.signTag(tagObject(gitObjectId("commit", PLAIN))),
    want: { mode: "Tag", message: `verified signature of\n\t- tag 'v1@*' ${byKey}` },
  },
  {
    name: "takes a signed tag of a signed commit",
    mode: "TagAndHEAD",
    rawTag: await ann.signTag(tagObject()),
    want: {
      mode: "TagAndHEAD",
      message: `verified signature of\n\t- tag 'v1@*' ${byKey}\n\t- commit '${GOOD_ID}' ${byKey}`,
    },
  },
  {
    name: "refuses a signed tag of a commit that nobody signed",
    mode: "TagAndHEAD",
    raw: PLAIN,
    rawTag: await ann.signTag(tagObject(gitObjectId("commit", PLAIN))),
    want: refused(
      "InvalidCommitSignature",
      "signature verification of commit '*' failed: unsupported signature type: empty",
    ),
  },
  {
    name: "refuses a tag that somebody else signed",
    mode: "Tag",
    rawTag: await eve.signTag(tagObject()),
    want: refused(
      "InvalidTagSignature",
      `signature verification of tag 'v1@*' failed: unable to verify Git tag SSH signature: ${NO_KEY}`,
    ),
  },
  {
    name: "refuses a signed tag of another commit than the server says",
    mode: "Tag",
    rawTag: await ann.signTag(tagObject("3".repeat(40))),
    want: refused(
      "InvalidTagSignature",
      `signature verification of tag 'v1@*' failed: it names the commit ${"3".repeat(40)}, ` +
        `not the commit ${GOOD_ID}`,
    ),
  },
  {
    name: "refuses a signed tag of a tag",
    mode: "Tag",
    rawTag: await ann.signTag(tagObject(GOOD_ID, { type: "tag" })),
    want: refused(
      "InvalidTagSignature",
      `signature verification of tag 'v1@*' failed: it names the tag ${GOOD_ID}, not the commit ${GOOD_ID}`,
    ),
  },
  {
    name: "refuses a tag that was signed under another name",
    mode: "Tag",
    rawTag: await ann.signTag(tagObject(GOOD_ID, { name: "v0" })),
    want: refused(
      "InvalidTagSignature",
      `signature verification of tag 'v1@*' failed: it was signed under the name "v0"`,
    ),
  },
  {
    name: "refuses a signed tag that serves as the signature of a commit",
    raw: joinBytes(
      `tree ${TREE}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\ngpgsig `,
      (await ann.sign(tagObject())).trimEnd().replaceAll("\n", "\n "),
      "\n\nfirst\n",
    ),
    want: refused(
      "InvalidCommitSignature",
      "signature verification of commit '*' failed: unable to verify Git commit SSH signature: " +
        "unable to verify payload with any of the given authorized keys: " +
        "SHA256:*: the signature is not over this content",
    ),
  },
  {
    name: "takes a range of commits that are all signed",
    range: { mode: "all", history: ok([commit("6", GOOD), commit("7", GOOD)]) },
    want: {
      mode: "HEAD",
      message:
        `verified signature of\n\t- commit '${GOOD_ID}' ${byKey}\n\t- 2 commits since '${LAST}'`,
    },
  },
  {
    name: "refuses a range with one commit that nobody signed, and names it and its author",
    range: { mode: "all", history: ok([commit("6", GOOD), commit("7", PLAIN)]) },
    want: refused(
      "InvalidCommitSignature",
      `signature verification of commit '${"7".repeat(40)}' by Ann <ann@example.com> failed: ` +
        "unsupported signature type: empty",
    ),
  },
  {
    name: "stops in a long range when its time is up",
    range: { mode: "all", history: ok([commit("6", GOOD)]), late: true },
    want: {
      kind: "retry",
      reason: "GitOperationFailed",
      message: "failed to checkout and determine revision: unable to clone " +
        "'https://host/app.git': context deadline exceeded",
    },
  },
  {
    name: "tells when the range cannot be fetched",
    range: { mode: "first-parent", history: fail("Unreachable", "connection refused") },
    want: {
      kind: "retry",
      reason: "GitOperationFailed",
      message: "failed to checkout and determine revision: unable to clone " +
        "'https://host/app.git': connection refused",
    },
  },
];

for (const { want, ...given } of cases) {
  Deno.test(`verifyCommit() ${given.name}`, async () => {
    const asked: CommitRange[] = [];
    const task = {
      commit: fetched(given),
      kept: undefined,
      login: undefined,
      budget: defaultBudget(given.range?.late ? AbortSignal.abort() : undefined),
    };

    const got = await verifyCommit(repository(given), task, context(given, asked));

    const seen = got.ok ? got.value : got.outcome;
    assert.ok(seen !== undefined);
    const wanted = Object.fromEntries(
      Object.entries(seen).filter(([member]) => member in want).map((
        [member, value],
      ) => [member, member === "message" ? sameText(String(value), want.message) : value]),
    );
    assert.deepEqual(wanted, want);
    if (!got.ok && got.outcome.reason !== "GitOperationFailed") {
      const { SourceVerified } = got.outcome.conditions ?? {};
      const { reason, message } = got.outcome;
      assert.deepEqual(SourceVerified, { status: "False", reason, message });
    }
    const firstParentOnly = given.range?.mode === "first-parent";
    const range = { from: LAST, to: GOOD_ID, firstParentOnly };
    assert.deepEqual(asked, given.range === undefined ? [] : [range]);
  });
}

const modes: { before?: string; mode?: string; refused?: boolean; want: boolean }[] = [
  { want: true },
  { before: "HEAD", want: true },
  { mode: "HEAD", want: false },
  { before: "HEAD", mode: "HEAD", want: true },
  { before: "HEAD", mode: "head", want: true },
  { before: "HEAD", mode: "Tag", want: false },
  { before: "HEAD", mode: "TagAndHEAD", want: false },
  { before: "Tag", mode: "HEAD", want: false },
  { before: "TagAndHEAD", mode: "HEAD", want: true },
  { before: "HEAD", mode: "HEAD", refused: true, want: false },
  { before: "HEAD", refused: true, want: false },
];

for (const { want, ...given } of modes) {
  const { before = "nothing", mode = "nothing", refused = false } = given;
  const end = want ? "is enough" : "is looked at again";
  const since = refused ? ", refused since," : "";
  Deno.test(`isVerified(): ${before}${since} where ${mode} is asked for ${end}`, () => {
    const condition = {
      type: "SourceVerified",
      status: "False",
      reason: "x",
      message: "x",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const status = {
      ...(given.before !== undefined && { sourceVerificationMode: given.before }),
      ...(refused && { conditions: [condition] }),
    };
    const repo = decode({ spec: verifySpec(given.mode), status });

    assert.equal(isVerified(repo), want);
  });
}

function refused(reason: string, message: string) {
  return { kind: "retry", reason, message };
}

/** `*` in `want` stands for a key or an id. */
function sameText(got: string, want: string): string {
  const pattern = want.split("*").map(RegExp.escape).join("[A-Za-z0-9+/]+");
  return new RegExp(`^${pattern}$`).test(got) ? want : got;
}

function commit(digit: string, raw: Uint8Array): HistoryCommit {
  return { id: digit.repeat(40), parents: [], author: WHO, raw };
}

function fetched({ raw = GOOD, rawTag, ref }: Omit<Case, "want">): Commit {
  const id = gitObjectId("commit", raw);
  const tag = rawTag === undefined ? {} : { rawTag, tagObject: gitObjectId("tag", rawTag) };
  return {
    commit: id,
    ref: ref ?? (rawTag === undefined ? "refs/heads/main" : "refs/tags/v1"),
    revision: `main@sha1:${id}`,
    tree: new Map(),
    parents: [],
    message: "",
    author: WHO,
    committer: WHO,
    raw,
    ...tag,
  };
}

function verifySpec(mode: string | undefined): Record<string, unknown> {
  return mode === undefined ? {} : { verify: { mode, secretRef: { name: "keys" } } };
}

function decode(
  { spec, status, annotations }: {
    spec: Record<string, unknown>;
    status: Record<string, unknown>;
    annotations?: Record<string, string>;
  },
): GitRepository {
  const decoded = GitRepository.decode({
    apiVersion: GitRepository.apiVersion,
    kind: "GitRepository",
    metadata: { name: "app", namespace: "apps", ...(annotations && { annotations }) },
    spec: { interval: "1m", url: "https://host/app.git", ...spec },
    status,
  });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.message);
  return decoded.value;
}

function repository({ mode = "HEAD", range }: Omit<Case, "want">): GitRepository {
  const artifact = {
    digest: "sha256:1",
    path: "p",
    url: "http://host/p",
    revision: `main@sha1:${LAST}`,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  };
  return decode({
    spec: verifySpec(mode),
    status: range === undefined ? {} : { artifact, sourceVerificationMode: "HEAD" },
    ...(range !== undefined && { annotations: { [VERIFY_RANGE]: range.mode } }),
  });
}

function context(
  { secret = ok(new Map([["ann.sshpub", ann.publicKey]])), range }: Omit<Case, "want">,
  asked: CommitRange[],
): SourceContext {
  const unused = () => Promise.reject(new Error("verifying needs none of it"));
  return {
    ...fakeRun<GitRepositoryStatus>({ clock: new FakeClock() }),
    git: {
      listRef: unused,
      fetchTree: unused,
      fetchHistory(_url, wanted) {
        asked.push(wanted);
        return Promise.resolve(range?.history ?? ok([]));
      },
    },
    readSecret: () => Promise.resolve(secret),
    readCredentials: unused,
    readRepository: unused,
    fetchFiles: unused,
    artifacts: { verify: unused, publish: unused, collectGarbage: unused, remove: unused },
    budget: defaultBudget,
  };
}
