/**
 * Which manifest a tag stands for.
 *
 * @module
 */
import { fail, ok, type Result, sha256Digest } from "../base/mod.ts";
import { isDigest, isTag } from "./image_name.ts";
import { ACCEPT_MANIFESTS, MOST_MANIFEST_BYTES } from "./manifest.ts";
import type { Session } from "./session.ts";

/** The digest of the manifest that `tag` stands for; asked for without the manifest where possible. */
export async function fetchTagDigest(
  session: Session,
  repository: string,
  tag: string,
): Promise<Result<string>> {
  if (!isTag(tag)) return fail("InvalidName", `"${tag.slice(0, 200)}" is no tag`);
  const path = `/v2/${repository}/manifests/${tag}`;
  const asked = { path, accept: ACCEPT_MANIFESTS, maxBytes: MOST_MANIFEST_BYTES };
  const head = await session.request({ ...asked, method: "HEAD" });
  if (!head.ok) return head;
  const digest = head.value.headers.get("docker-content-digest");
  if (digest !== null) {
    return isDigest(digest)
      ? ok(digest)
      : fail("InvalidAnswer", `HEAD ${session.origin}${path}: docker-content-digest is no digest`);
  }
  // The header is optional; the content is not.
  const manifest = await session.request(asked);
  return manifest.ok ? ok(sha256Digest(manifest.value.body)) : manifest;
}
