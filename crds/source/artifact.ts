/**
 * The archive of one revision that a source serves.
 *
 * @module
 */
import { ok, type Result } from "../../lib/base/mod.ts";
import {
  decoderOf,
  type Infer,
  integer,
  object,
  optional,
  text,
  textMap,
} from "../../lib/schema/mod.ts";
import { time } from "../meta/interval.ts";

/** The archive of one revision that a source serves. */
export const Artifact = object("The archive of one revision, as the controller serves it.", {
  path: text("Path of the file below the root of the storage."),
  url: text("Address to fetch the file from."),
  revision: text("The revision in words of its origin, such as `main@sha1:…`."),
  digest: text("Digest of the file as `<algorithm>:<checksum>`.", {
    pattern: "^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$",
    hint: "a digest such as sha256:…",
  }),
  lastUpdateTime: time("When the file was stored."),
  size: optional(integer("Length of the file in bytes.", { format: "int64" })),
  metadata: optional(textMap("What the origin says about the revision, such as OCI annotations.")),
});
/** The archive of one revision that a source serves. */
export type Artifact = Infer<typeof Artifact>;

/** All that counts of a source for whoever builds from it. */
const decodeSource = decoderOf(object("A source of any kind.", {
  status: optional(object("What it offers.", { artifact: optional(Artifact) })),
}));

/**
 * What a source offers, whatever its kind and whoever keeps it; nothing before its first artifact. Code:
 * `InvalidObject`.
 */
export function readArtifact(source: unknown): Result<Artifact | undefined> {
  const decoded = decodeSource(source);
  return decoded.ok ? ok(decoded.value.status?.artifact) : decoded;
}
