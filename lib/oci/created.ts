/**
 * When an image was made.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { isDigest } from "./image_name.ts";
import { fetchByDigest, findConfig } from "./manifest.ts";
import type { Session } from "./session.ts";

/** Configurations list each layer and step; even those of many are far smaller. */
const MOST_CONFIG_BYTES = 4 << 20;

/**
 * What the configuration of the image says in `created`, as it is written there; nothing where it says nothing.
 */
export async function fetchImageCreated(
  session: Session,
  repository: string,
  digest: string,
): Promise<Result<string | undefined>> {
  if (!isDigest(digest)) return fail("InvalidName", `"${digest.slice(0, 200)}" is no digest`);
  const found = await findConfig(session, repository, digest);
  if (!found.ok) return found;
  const { digest: config, sizeBytes = MOST_CONFIG_BYTES } = found.value;
  if (sizeBytes > MOST_CONFIG_BYTES) {
    return fail(
      "TooLarge",
      `${session.origin}: the configuration ${config} of ${repository} has ${sizeBytes} bytes`,
    );
  }
  const blob = await fetchByDigest(session, {
    repository,
    kind: "blobs",
    digest: config,
    mostBytes: sizeBytes,
  });
  if (!blob.ok) return blob;
  const { created } = blob.value;
  return ok(typeof created === "string" ? created : undefined);
}
