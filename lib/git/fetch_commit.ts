/**
 * Fetches one commit.
 *
 * @module
 */
import { fail, type Failure, ok, type Result } from "../base/mod.ts";
import type { Advertisement } from "./advertisement.ts";
import { buildFileTree } from "./checkout.ts";
import type { Commit, RemoteRef } from "./client.ts";
import { parseCommit, parseTagTarget } from "./commit.ts";
import type { FetchedPack } from "./history.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { ask, type Remote } from "./remote.ts";
import { fetchRequest, readFetch } from "./upload_pack.ts";

/** The commit that `ref` found, with its files. */
export async function fetchCommit(remote: Remote, ref: RemoteRef): Promise<Result<Commit>> {
  const fetched = await fetchCommitObject(remote, ref);
  if (!fetched.ok) return fetched;
  const { pack, format, tree, ...commit } = fetched.value;
  return ok({ ...commit, tree: buildFileTree(pack, tree, format, remote.budget) });
}

/** A commit whose files are still in the pack; with `commitOnly` they may not be there. */
export async function fetchCommitObject(
  remote: Remote,
  ref: RemoteRef,
  options: { commitOnly?: boolean } = {},
): Promise<Result<Omit<Commit, "tree"> & { tree: string; pack: Pack; format: ObjectFormat }>> {
  const want = ref.tagObject ?? ref.commit;
  const fetched = await fetchPack(
    remote,
    ref.commit,
    (server) => fetchRequest(server, want, options),
  );
  if (!fetched.ok) return fetched;
  const { pack, format } = fetched.value;
  const rawTag = ref.tagObject === undefined ? undefined : pack.read(ref.tagObject);
  if (rawTag !== undefined && pack.describe(parseTagTarget(format, rawTag)) === undefined) {
    return unknownCommit(ref.commit);
  }
  if (pack.describe(ref.commit)?.type !== "commit") return unknownCommit(ref.commit);
  const raw = pack.read(ref.commit);
  const { tree, message, author, committer } = parseCommit(format, raw);
  const tag = rawTag === undefined ? {} : { rawTag };
  return ok({ ...ref, tree, pack, format, message, author, committer, raw, ...tag });
}

/** Sends a request for objects that lead to `commit`, and reads the pack. */
export async function fetchPack(
  remote: Remote,
  commit: string,
  request: (server: Advertisement) => Uint8Array,
): Promise<Result<FetchedPack>> {
  let fetched: FetchedPack | undefined;
  const asked = await ask(
    remote,
    ({ advertisement }) => request(advertisement),
    async (body, { advertisement }) => {
      const pack = await readFetch(body, advertisement, remote.budget);
      fetched = { pack, format: advertisement.format };
    },
  );
  if (!asked.ok) return asked.code === "UnknownCommit" ? unknownCommit(commit) : asked;
  if (fetched === undefined) throw new TypeError("the pack was not read");
  return ok(fetched);
}

function unknownCommit(commit: string): Failure {
  return fail(
    "UnknownCommit",
    `unable to resolve commit object for '${commit}': object not found`,
  );
}
