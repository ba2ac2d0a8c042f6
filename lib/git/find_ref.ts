/**
 * Finds the commit that a reference names.
 *
 * @module
 */
import { fail, type Failure, ok, type Result } from "../base/mod.ts";
import type { RemoteRef } from "./client.ts";
import { fetchCommitObject } from "./fetch_commit.ts";
import type { RefList } from "./ref_list.ts";
import { formatRevision, type Wanted } from "./ref_spec.ts";
import { listRefs, type Remote } from "./remote.ts";

/** When commits were made, by id; bounded. */
export type CommitTimes = Map<string, number>;
const MOST_TIMES = 10_000;
/** Versions that differ in their build metadata only; of more than these the last ones are looked at. */
const MOST_EQUAL_TAGS = 32;

/** What finding needs beside the remote. */
export interface FindOptions {
  /** Chooses among tag names by a range. */
  readonly pickTags?: (tags: readonly string[], range: string) => Result<readonly string[]>;
  /** Times that are known. */
  readonly times: CommitTimes;
}

/** A commit that needs no looking for. */
export function givenCommit({ commit, branch }: { commit: string; branch?: string }): RemoteRef {
  const ref = branch === undefined ? "" : `refs/heads/${branch}`;
  return { commit, ref, revision: formatRevision(ref, digestOf(commit), false) };
}

function digestOf(commit: string): string {
  return `${commit.length === 40 ? "sha1" : "sha256"}:${commit}`;
}

/** Asks the remote what a reference names. */
export async function findRef(
  remote: Remote,
  wanted: Exclude<Wanted, { kind: "commit" }>,
  { pickTags, times }: FindOptions,
): Promise<Result<RemoteRef>> {
  if (wanted.kind === "ref") return await findNamed(remote, wanted.ref, wanted.isFullName);
  if (wanted.kind === "any") return await findAny(remote, wanted.name, wanted.refs);
  if (pickTags === undefined) return fail("Unsupported", "spec.ref.semver is not supported yet");
  const listed = await listRefs(remote, ["refs/tags/"], Infinity);
  if (!listed.ok) return listed;
  const names = listed.value.names().filter((name) => name.startsWith("refs/tags/"));
  const tags = pickTags(names.map((name) => name.slice("refs/tags/".length)), wanted.range);
  if (!tags.ok) return tags;
  const picked: RemoteRef[] = [];
  for (const tag of tags.value) {
    const ref = found(listed.value, `refs/tags/${tag}`, false);
    if (ref === undefined) return missing(`refs/tags/${tag}`);
    if (!ref.ok) return ref;
    picked.push(ref.value);
  }
  return await findLatest(remote, picked, times);
}

/** The one with the latest commit; a commit never changes its time, so each is asked for once. */
async function findLatest(
  remote: Remote,
  refs: readonly RemoteRef[],
  times: CommitTimes,
): Promise<Result<RemoteRef>> {
  let latest: { ref: RemoteRef; timeSeconds: number } | undefined;
  for (const ref of refs.slice(-MOST_EQUAL_TAGS)) {
    if (refs.length === 1) return ok(ref);
    let timeSeconds = times.get(ref.commit);
    if (timeSeconds === undefined) {
      const commit = await fetchCommitObject(remote, ref, { commitOnly: true });
      if (!commit.ok) return commit;
      timeSeconds = commit.value.committer.timeSeconds;
      if (times.size >= MOST_TIMES) times.clear();
      times.set(ref.commit, timeSeconds);
    }
    if (latest === undefined || timeSeconds >= latest.timeSeconds) latest = { ref, timeSeconds };
  }
  return latest === undefined ? fail("RefNotFound", "no tag was picked") : ok(latest.ref);
}

async function findNamed(
  remote: Remote,
  ref: string,
  isFullName: boolean,
): Promise<Result<RemoteRef>> {
  const listed = await listRefs(remote, [ref], Infinity);
  if (!listed.ok) return listed;
  const named = found(listed.value, ref, isFullName);
  if (named !== undefined) return named;
  const empty = await checkEmpty(remote);
  if (empty !== undefined) return empty;
  if (!isFullName) return missing(ref);
  return fail("UnresolvedRef", `unable to resolve ref '${ref}' to a specific commit`);
}

async function findAny(
  remote: Remote,
  name: string,
  refs: readonly string[],
): Promise<Result<RemoteRef>> {
  const listed = await listRefs(remote, refs, Infinity);
  if (!listed.ok) return listed;
  for (const ref of refs) {
    const named = found(listed.value, ref, !ref.startsWith("refs/"));
    if (named !== undefined) return named;
  }
  return await checkEmpty(remote) ?? missing(name);
}

/** Asked only when a ref is missing: one line of the full list tells whether there is anything at all. */
async function checkEmpty(remote: Remote): Promise<Failure | undefined> {
  const any = await listRefs(remote, [], 1);
  if (!any.ok) return any;
  return any.value.size === 0 ? fail("EmptyRepository", "git repository is empty") : undefined;
}

function missing(ref: string): Failure {
  return fail("RefNotFound", `couldn't find remote ref "${ref}"`);
}

function found(refs: RefList, ref: string, isFullName: boolean): Result<RemoteRef> | undefined {
  const listed = refs.get(ref);
  if (listed?.id === undefined) return undefined;
  const commit = listed.peeled ?? listed.id;
  return ok({
    ref,
    commit,
    revision: formatRevision(ref, digestOf(commit), isFullName),
    ...(listed.peeled !== undefined && { tagObject: listed.id }),
  });
}
