/**
 * Makes a commit and pushes it.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { CommitDraft, GitCode, NewCommit, Push, RemoteRef } from "./client.ts";
import { parseCommit } from "./commit.ts";
import { asResult } from "./failure.ts";
import { fetchCommit } from "./fetch_commit.ts";
import type { KeptObjects } from "./kept_objects.ts";
import { composeCommit, replaceFiles } from "./new_commit.ts";
import { objectId } from "./object_format.ts";
import { writePack } from "./pack_writer.ts";
import { pushRequest, readReport, type RefUpdate } from "./receive_pack.ts";
import { listRefs, type Remote } from "./remote.ts";

/** How the server may have gone on without our hearing of it. */
const UNHEARD: ReadonlySet<string> = new Set<GitCode>(["Unreachable", "Timeout", "InvalidData"]);

/** Makes the commit that `draft` describes; nothing of it is sent yet. */
export async function makeCommit(remote: Remote, draft: CommitDraft): Promise<Result<NewCommit>> {
  const { parent, author, message, sign } = draft;
  const base = await findObjects(remote, parent);
  if (!base.ok) return base;
  const { pack, format } = base.value;
  if (format.name !== "sha1") {
    return fail("Unsupported", "writing to repositories of SHA-256 objects is not supported");
  }
  if (message.includes("\0")) {
    return fail("InvalidData", "the message of a commit must not have a zero byte");
  }
  const root = parseCommit(format, pack.read(parent)).tree;
  const tree = replaceFiles(pack, { root, format }, draft.files);
  const text = { tree: tree.id, parent, author, message };
  const signature = sign === undefined ? ok(undefined) : await sign(composeCommit(text));
  if (!signature.ok) return signature;
  const content = composeCommit(text, signature.value);
  const id = objectId(format, "commit", content);
  return ok({ id, parent, objects: [{ type: "commit", content }, ...tree.objects] });
}

/** The objects of a commit whose files were fetched, which may have been a while ago. */
async function findObjects(remote: Remote, commit: string): Promise<Result<KeptObjects>> {
  const isThere = () => remote.objects.get(remote.objectsKey)?.pack.describe(commit) !== undefined;
  if (!isThere()) {
    const ref: RemoteRef = { commit, ref: "", revision: `sha1:${commit}` };
    const fetched = await fetchCommit(remote, ref);
    if (!fetched.ok) return fetched;
  }
  const kept = remote.objects.get(remote.objectsKey);
  if (kept === undefined) return fail("TooLarge", "the repository is too large to be written to");
  return ok(kept);
}

/**
 * Moves a ref to the commit, if it may and if the server finds it where we saw it. When the answer does not
 * arrive, the ref is looked at again by `reader`.
 */
export async function pushCommit(
  remote: Remote,
  reader: Remote,
  push: Push,
): Promise<Result<void>> {
  const { places, key, budget } = remote;
  const send = () => asResult(() => sendCommit(remote, push));
  const pushed = await places.run(key, send, budget.signal);
  if (pushed.ok || !UNHEARD.has(pushed.code)) return pushed;
  const { ref, commit } = push;
  const refs = await asResult(() => listRefs(reader, [ref], 1000));
  return refs.ok && refs.value.get(ref)?.id === commit.id ? ok(undefined) : pushed;
}

async function sendCommit(
  { transport, budget }: Remote,
  { ref, commit, mayReplace, options = new Map() }: Push,
): Promise<Result<void>> {
  const service = await transport.advertise(budget);
  if (!service.ok) return service;
  const { advertisement } = service.value;
  const { refs, features, format } = advertisement;
  if (refs === undefined || !features.has("report-status")) {
    return fail("Unsupported", "the server does not report what becomes of a push");
  }
  if (options.size > 0 && !features.has("push-options")) {
    return fail("Unsupported", "the server does not support push options");
  }
  const from = refs.get(ref)?.id;
  if (from === commit.id) return ok(undefined);
  if (!mayReplace(from)) return fail("RefMoved", `non-fast-forward update: ${ref}`);
  const update: RefUpdate = { ref, from, to: commit.id };
  const lines = [...options].map(([name, value]) => value === "" ? name : `${name}=${value}`);
  const request = pushRequest(advertisement, update, writePack(format, commit.objects), lines);
  const sent = await transport.send(service.value, request, budget);
  if (!sent.ok) return sent;
  await using answer = sent.value;
  return await readReport(answer.body, advertisement, update, budget);
}
