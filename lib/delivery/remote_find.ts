/**
 * Where the address of a remote base leads: to a commit of a repository, or to a single file.
 *
 * @module
 */
import { fail, type Failure, ok, type Result, sha256Digest } from "../base/mod.ts";
import type { RemoteRef } from "../git/mod.ts";
import { parseRemoteAddress, type RemoteAddress } from "../kustomize/mod.ts";
import { refuseSsh } from "./remote_failure.ts";

/** What was found at an address. */
export type FoundRemote =
  | {
    readonly kind: "git";
    /** Names the content. */
    readonly revision: string;
    readonly address: RemoteAddress;
    readonly ref: RemoteRef;
  }
  | { readonly kind: "file"; readonly revision: string; readonly body: Uint8Array };

/** How addresses are looked up. */
export interface RemoteAccess {
  /** Finds the commit that the address names. */
  listRef(address: RemoteAddress): Promise<Result<RemoteRef>>;
  /** The body of a file; `NotAFile` for an answer that says there is none. */
  fetchFile(url: string): Promise<Result<Uint8Array>>;
}

/** Answers that leave it open whether there is a file instead. */
const NO_REPOSITORY: ReadonlySet<string> = new Set([
  "InvalidAddress",
  "InvalidData",
  "InvalidUrl",
  "RepositoryNotFound",
  "UnexpectedStatus",
]);

/**
 * An http address may be either. As kustomize does it, a file is tried first and a repository then; only where the
 * address itself says that it is a repository, the other way round, which saves a request.
 */
export async function findRemote(
  address: string,
  access: RemoteAccess,
): Promise<Result<FoundRemote>> {
  const parsed = parseRemoteAddress(address);
  if (!/^https?:\/\//i.test(address)) return parsed.ok ? await findGit(parsed.value) : parsed;

  if (parsed.ok && parsed.value.isMarked) {
    const git = await findGit(parsed.value);
    if (git.ok || !NO_REPOSITORY.has(git.code)) return git;
    const file = await findFile();
    return file.ok ? file : neither(file, git);
  }
  const file = await findFile();
  if (file.ok || file.code !== "NotAFile") return file;
  const git = parsed.ok ? await findGit(parsed.value) : parsed;
  return git.ok || !NO_REPOSITORY.has(git.code) ? git : neither(file, git);

  async function findGit(at: RemoteAddress): Promise<Result<FoundRemote>> {
    if (!/^https?:\/\//i.test(at.repository)) return refuseSsh(at.repository);
    const ref = await access.listRef(at);
    if (!ref.ok) return ref;
    return ok({ kind: "git", revision: ref.value.commit, address: at, ref: ref.value });
  }

  async function findFile(): Promise<Result<FoundRemote>> {
    const body = await access.fetchFile(address);
    if (!body.ok) return body;
    return ok({ kind: "file", revision: sha256Digest(body.value), body: body.value });
  }
}

function neither(file: Failure, git: Failure): Failure {
  const why = git.message.trim();
  return fail("RepositoryNotFound", `it is no file (${file.message}) and no repository (${why})`);
}
