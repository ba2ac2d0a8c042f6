/**
 * The image that an ImagePolicy chose (`status.latestRef`).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { isDigest, isTag, parseImageName } from "../oci/mod.ts";

/** An image by tag, and by digest where the policy reflects it. */
export interface LatestImage {
  /** Without tag, as the ImageRepository has it. */
  readonly name: string;
  /** What the policy chose. */
  readonly tag: string;
  /** `sha256:…` */
  readonly digest?: string | undefined;
}

/**
 * The image as a manifest names it; fails with `InvalidImage`, in Flux's words, for what no runtime could pull.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(formatLatest({ name: "app", tag: "1" }), { ok: true, value: "app:1" });
 * assert.equal(formatLatest({ name: "app", tag: "1 # x" }).ok, false);
 * ```
 */
export function formatLatest({ name, tag, digest = "" }: LatestImage): Result<string> {
  const image = `${name}:${tag}${digest === "" ? "" : `@${digest}`}`;
  if (parseImageName(name).ok && isTag(tag) && (digest === "" || isDigest(digest))) {
    return ok(image);
  }
  return fail(
    "InvalidImage",
    `encountered invalid image ref ${JSON.stringify(image)}: could not parse reference: ${image}`,
  );
}
