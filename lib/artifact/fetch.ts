/**
 * Fetches an artifact; nothing is unpacked before its digest is right.
 *
 * @module
 */
import { type Budget, fail, type FileTree, type Result } from "../base/mod.ts";
import { type HttpClient, publicUrl, requireSuccess } from "../http/mod.ts";
import { readArchive } from "../tar/mod.ts";
import type { Artifact } from "./artifact.ts";
import { algorithmOf, openHash } from "./hash.ts";

/** How hard it is tried. */
export interface FetchOptions {
  /** `--http-retry`: further tries when the server cannot be reached. */
  readonly retries?: number;
}

/**
 * The files of an artifact. Codes: `NotFound` (404), `DigestMismatch`, those of `lib/http` and `lib/tar`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * const http = openHttp({ transport: () => Promise.resolve(new Response("gone", { status: 404 })) });
 * const artifact = { url: "http://source/a.tar.gz", digest: "sha256:00" };
 * const got = await fetchArtifact(http, artifact, defaultBudget());
 * assert.equal(!got.ok && got.code, "NotFound");
 * ```
 */
export async function fetchArtifact(
  http: HttpClient,
  artifact: Pick<Artifact, "url" | "digest">,
  budget: Budget,
  options: FetchOptions = {},
): Promise<Result<FileTree>> {
  const algorithm = algorithmOf(artifact.digest);
  if (algorithm === undefined) {
    return fail("Unsupported", `the digest ${artifact.digest.slice(0, 150)} is of an unknown kind`);
  }
  const fetched = await http.fetch({
    url: artifact.url,
    maxBytes: budget.bytes,
    signal: budget.signal,
    retries: options.retries ?? 0,
  });
  if (!fetched.ok) return fetched;
  const url = publicUrl(artifact.url);
  if (fetched.value.status === 404) return fail("NotFound", `artifact not found at ${url}`);
  const answer = requireSuccess(fetched.value);
  if (!answer.ok) return answer;
  const { body } = answer.value;
  const hash = await openHash(algorithm);
  hash.update(body);
  if (hash.digest() !== artifact.digest) {
    return fail("DigestMismatch", `digest mismatch: ${url} is not ${artifact.digest}`);
  }
  return readArchive(body, budget, { links: "skip" });
}
