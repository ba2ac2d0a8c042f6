/**
 * `spec.verify`: only what a known key has signed becomes an artifact.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import type { Artifact } from "../../lib/artifact/mod.ts";
import { type Budget, fail, type Failure, ok, type Result } from "../../lib/base/mod.ts";
import {
  type KeyRings,
  readKeyRings,
  signatureFormat,
  verifySignature,
} from "../../lib/crypt/mod.ts";
import {
  type Commit,
  type Credentials,
  type HistoryCommit,
  type SignedObject,
  splitCommit,
  splitTag,
} from "../../lib/git/mod.ts";
import { findCondition } from "../../lib/runtime/mod.ts";
import type { SourceContext } from "./context.ts";
import { type GitOutcome, remoteFailed, unverified, type Verified } from "./git_outcomes.ts";
import { lastVerified, rangeMode } from "./verify_range.ts";

/** What is verified. */
export interface VerifyTask {
  /** The commit that was fetched. */
  readonly commit: Commit;
  /** The artifact that stays when it does not verify. */
  readonly kept: Artifact | undefined;
  /** For the commits before it. */
  readonly login: Credentials | undefined;
  /** Bounds the whole run. */
  readonly budget: Budget;
}

/** What SSH signatures of commits and tags are made for. */
const NAMESPACE = "git";

/** What `spec.verify` wants signed; `head` is an old spelling. */
function modeOf(repo: GitRepository): Verified["mode"] | undefined {
  if (repo.spec.verify === undefined) return undefined;
  const { mode } = repo.spec.verify;
  return mode === "Tag" || mode === "TagAndHEAD" ? mode : "HEAD";
}

/** Whether what is stored was verified as the spec asks for now (contract/source.md, "config change"). */
export function isVerified(repo: GitRepository): boolean {
  const mode = modeOf(repo);
  const before = repo.status?.sourceVerificationMode;
  // Unlike Flux: what was refused is looked at again, so that going back to a good commit heals.
  const isRefused = findCondition(repo.status?.conditions, "SourceVerified")?.status === "False";
  return !isRefused && (mode === undefined || before === mode || before === "TagAndHEAD");
}

/** Verifies what `spec.verify` asks for; nothing without it. */
export async function verifyCommit(
  repo: GitRepository,
  task: VerifyTask,
  ctx: SourceContext,
): Promise<{ ok: true; value: Verified | undefined } | { ok: false; outcome: GitOutcome }> {
  const mode = modeOf(repo);
  if (mode === undefined) return ok(undefined);
  const { commit, kept, budget } = task;
  const refuse = (failure: Failure) => ({ ok: false, outcome: unverified(failure, kept) } as const);

  const secret = await ctx.readSecret(
    repo.metadata.namespace ?? "",
    repo.spec.verify?.secretRef.name ?? "",
  );
  if (!secret.ok) {
    return refuse(fail("VerificationError", `public keys secret error: ${secret.message}`));
  }
  const judge = judgeWith(await readKeyRings(secret.value), ctx.clock.now());
  const lines: string[] = [];
  if (mode !== "HEAD") {
    const tag = await verifyTag(commit, judge);
    if (!tag.ok) return refuse(tag);
    lines.push(tag.value);
  }
  if (mode !== "Tag") {
    const head = await verifyOne(commit.raw, commit.commit, judge);
    if (!head.ok) return refuse(head);
    lines.push(`commit '${commit.commit}' with key '${head.value}'`);
  }
  const history = await fetchRange(repo, task, ctx);
  if (!history.ok) return { ok: false, outcome: remoteFailed(repo, history, kept) };
  const range = await verifyRange(history.value, judge, budget);
  if (!range.ok && range.code === "Timeout") {
    return { ok: false, outcome: remoteFailed(repo, range, kept) };
  }
  if (!range.ok) return refuse(range);
  if (history.value.length > 0) {
    lines.push(`${history.value.length} commits since '${lastVerified(repo)}'`);
  }

  const message = `verified signature of${lines.map((line) => `\n\t- ${line}`).join("")}`;
  ctx.event({ type: "Trace", reason: "Succeeded", message });
  return ok({ mode, message });
}

/** Judges an object's signature with the keys of the Secret. */
type Judge = (what: "commit" | "tag", object: SignedObject) => Promise<Result<string>>;

function judgeWith(rings: KeyRings, nowMs: number): Judge {
  return async (what, { payload, signature }) => {
    const options = { rings, namespace: NAMESPACE, nowMs };
    const got = await verifySignature({ payload, signature }, options);
    if (got.ok || got.code === "UnsupportedSignature") return got;
    const kind = signatureFormat(signature) === "ssh" ? " SSH signature" : "";
    return fail(got.code, `unable to verify Git ${what}${kind}: ${got.message}`);
  };
}

async function verifyTag(
  { ref, commit, tagObject, rawTag }: Commit,
  judge: Judge,
): Promise<Result<string>> {
  if (!ref.startsWith("refs/tags/")) {
    return fail(
      "InvalidVerificationMode",
      "cannot verify tag object's signature if a tag reference is not specified",
    );
  }
  const name = ref.slice("refs/tags/".length);
  const shown = tagObject === undefined ? name : `${name}@${tagObject}`;
  const unsigned = `cannot verify signature of tag '${shown}' since it is not signed`;
  if (rawTag === undefined) return fail("InvalidGitObject", unsigned);
  const refuse = (why: string) =>
    fail("InvalidTagSignature", `signature verification of tag '${shown}' failed: ${why}`);

  const tag = splitTag(rawTag);
  if (!tag.ok) return refuse(tag.message);
  if (tag.value.signature === "") return fail("InvalidGitObject", unsigned);
  const key = await judge("tag", tag.value);
  if (!key.ok) return refuse(key.message);
  // The server says where a tag leads and what it is called; the signature covers what the tag itself says.
  if (tag.value.targetType !== "commit" || tag.value.target !== commit) {
    return refuse(
      `it names the ${tag.value.targetType} ${tag.value.target}, not the commit ${commit}`,
    );
  }
  if (tag.value.name !== name) {
    return refuse(`it was signed under the name ${JSON.stringify(tag.value.name)}`);
  }
  return ok(`tag '${shown}' with key '${key.value}'`);
}

async function verifyOne(
  raw: Uint8Array,
  id: string,
  judge: Judge,
  by = "",
): Promise<Result<string>> {
  const object = splitCommit(raw);
  const key = object.ok ? await judge("commit", object.value) : object;
  if (key.ok) return key;
  return fail(
    "InvalidCommitSignature",
    `signature verification of commit '${id}'${by} failed: ${key.message}`,
  );
}

/** The commits before the newest, since the last verified one; none when only the newest counts. */
async function fetchRange(
  repo: GitRepository,
  { commit, login, budget }: VerifyTask,
  ctx: SourceContext,
): Promise<Result<readonly HistoryCommit[]>> {
  const mode = rangeMode(repo);
  const from = lastVerified(repo);
  if (mode === undefined || from === undefined || from === commit.commit) return ok([]);
  const range = { from, to: commit.commit, firstParentOnly: mode === "first-parent" };
  return await ctx.git.fetchHistory(repo.spec.url, range, login, budget);
}

/** Oldest first: the one that is named is where it began. */
async function verifyRange(
  commits: readonly HistoryCommit[],
  judge: Judge,
  { signal }: Budget,
): Promise<Result<void>> {
  for (const { id, raw, author: { name, email } } of commits.toReversed()) {
    // `spec.timeout` bounds a run, also one of a hundred thousand signatures.
    if (signal.aborted) return fail("Timeout", "context deadline exceeded");
    const verified = await verifyOne(raw, id, judge, ` by ${name} <${email}>`);
    if (!verified.ok) return verified;
  }
  return ok(undefined);
}
