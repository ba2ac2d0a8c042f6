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
import { asResult } from "./failure.ts";
import type { FetchedPack } from "./history.ts";
import { canGrow, type KeptObjects } from "./kept_objects.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { ask, type Remote } from "./remote.ts";
import { fetchRequest, readFetch } from "./upload_pack.ts";

/** The commit that `ref` found, with its files; what an earlier commit left here is not fetched again. */
export async function fetchCommit(remote: Remote, ref: RemoteRef): Promise<Result<Commit>> {
  const known = remote.objects.get(remote.objectsKey);
  if (known !== undefined && canGrow(known)) {
    const grown = await asResult(() => fetchFiles(remote, ref, known));
    // A server that takes more for known than is here, or that cannot go on from there, sends all of it.
    if (grown.ok || grown.code !== "InvalidData") return grown;
  }
  return await fetchFiles(remote, ref, undefined);
}

async function fetchFiles(
  remote: Remote,
  ref: RemoteRef,
  known: KeptObjects | undefined,
): Promise<Result<Commit>> {
  const fetched = await fetchCommitObject(remote, ref, known === undefined ? {} : { known });
  if (!fetched.ok) return fetched;
  const { pack, format, tree, ...commit } = fetched.value;
  const files = buildFileTree(pack, tree, format, remote.budget);
  const weight = (known?.weight ?? 0) + pack.weight;
  const firstWeight = known?.firstWeight ?? weight;
  const kept = { pack, format, commit: ref.commit, weight, firstWeight };
  remote.objects.set(remote.objectsKey, { ...kept, layers: (known?.layers ?? 0) + 1 }, weight);
  return ok({ ...commit, tree: files });
}

/** A commit whose files are still in the pack; with `commitOnly` they may not be there. */
export async function fetchCommitObject(
  remote: Remote,
  ref: RemoteRef,
  { commitOnly = false, known }: { commitOnly?: boolean; known?: KeptObjects } = {},
): Promise<Result<Omit<Commit, "tree"> & { tree: string; pack: Pack; format: ObjectFormat }>> {
  const want = ref.tagObject ?? ref.commit;
  const fetched = await fetchPack(remote, ref.commit, (server) => {
    const builds = known?.format.name === server.format.name;
    const have = builds ? { have: known.commit } : {};
    const request = fetchRequest(server, want, { commitOnly, ...have });
    return { request, ...(builds && { outside: known.pack }) };
  });
  if (!fetched.ok) return fetched;
  const { pack, format } = fetched.value;
  const rawTag = ref.tagObject === undefined ? undefined : pack.read(ref.tagObject);
  if (rawTag !== undefined && pack.describe(parseTagTarget(format, rawTag)) === undefined) {
    return unknownCommit(ref.commit);
  }
  if (pack.describe(ref.commit)?.type !== "commit") return unknownCommit(ref.commit);
  const raw = pack.read(ref.commit);
  const tag = rawTag === undefined ? {} : { rawTag };
  return ok({ ...ref, ...parseCommit(format, raw), pack, format, raw, ...tag });
}

/** Sends a request for objects that lead to `commit`, and reads the pack. */
export async function fetchPack(
  remote: Remote,
  commit: string,
  prepare: (server: Advertisement) => { readonly request: Uint8Array; readonly outside?: Pack },
): Promise<Result<FetchedPack>> {
  let fetched: FetchedPack | undefined;
  let outside: Pack | undefined;
  const asked = await ask(
    remote,
    ({ advertisement }) => {
      const prepared = prepare(advertisement);
      outside = prepared.outside;
      return prepared.request;
    },
    async (body, { advertisement }) => {
      const pack = await readFetch(body, advertisement, remote.budget, outside);
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
