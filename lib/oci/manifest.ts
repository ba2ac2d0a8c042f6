/**
 * Manifests and blobs by digest: what comes is what was asked for, or a failure.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import { isDigest } from "./image_name.ts";
import { bracketsIn } from "./json.ts";
import type { Session } from "./session.ts";

const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;
/** What registries are asked for. */
export const ACCEPT_MANIFESTS = [...INDEX_TYPES, ...MANIFEST_TYPES].join(", ");
/** The specification asks registries to take manifests of at least 4 MiB. */
export const MOST_MANIFEST_BYTES = 8 << 20;

/** OCI image specification, "Registered algorithms". */
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };
/** An index in an index in an index: nobody has more. */
const MOST_INDEXES = 3;
/** What images are made of is nested a few times; what is nested deeper is meant to fill our memory. */
const MOST_BRACKETS = 100_000;

/** What is named by a manifest: bytes that a digest tells. */
export interface Descriptor {
  readonly digest: string;
  readonly sizeBytes: number | undefined;
}

/** The JSON of a manifest or blob; `kind` is the part of the path between repository and digest. */
export async function fetchByDigest(
  session: Session,
  { repository, kind, digest, mostBytes }: {
    readonly repository: string;
    readonly kind: "manifests" | "blobs";
    readonly digest: string;
    readonly mostBytes: number;
  },
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const [algorithm = "", hex = ""] = digest.split(":");
  if (HEX_LENGTHS[algorithm] !== hex.length || !/^[0-9a-f]+$/.test(hex)) {
    return fail("InvalidAnswer", `"${digest.slice(0, 200)}" is no digest by sha256 or sha512`);
  }
  const path = `/v2/${repository}/${kind}/${digest}`;
  const got = await session.request({
    path,
    maxBytes: mostBytes,
    ...(kind === "manifests" && { accept: ACCEPT_MANIFESTS }),
  });
  if (!got.ok) return got;
  const { body } = got.value;
  const line = `GET ${session.origin}${path}`;
  if (createHash(algorithm).update(body).digest("hex") !== hex) {
    return fail("InvalidAnswer", `${line}: the content does not have this digest`);
  }
  if (bracketsIn(body) > MOST_BRACKETS) return fail("InvalidAnswer", `${line}: nested too often`);
  const parsed = parse(body);
  return isRecord(parsed)
    ? ok(parsed)
    : fail("InvalidAnswer", `${line}: the answer is no JSON object`);
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/**
 * Where the configuration of the image is that `digest` stands for. Of an index its first image counts, as for Flux v1;
 * statements about images, which builders put beside them, are none.
 */
export async function findConfig(
  session: Session,
  repository: string,
  digest: string,
): Promise<Result<Descriptor>> {
  let here = digest;
  for (let indexes = 0; indexes <= MOST_INDEXES; indexes++) {
    const asked = {
      repository,
      kind: "manifests",
      digest: here,
      mostBytes: MOST_MANIFEST_BYTES,
    } as const;
    const manifest = await fetchByDigest(session, asked);
    if (!manifest.ok) return manifest;
    const config = descriptorOf(manifest.value.config);
    if (config !== undefined) return ok(config);
    const image = firstImage(manifest.value.manifests);
    if (image === undefined) {
      return fail("InvalidAnswer", `${session.origin}: ${here} of ${repository} is no image`);
    }
    here = image.digest;
  }
  return fail(
    "InvalidAnswer",
    `${session.origin}: ${digest} of ${repository} is an index of indexes`,
  );
}

/** Never its `urls`: those lead to where whoever pushed the manifest likes. */
function descriptorOf(value: unknown): Descriptor | undefined {
  if (!isRecord(value) || typeof value.digest !== "string" || !isDigest(value.digest)) {
    return undefined;
  }
  const { size } = value;
  const isSize = typeof size === "number" && Number.isSafeInteger(size) && size >= 0;
  return { digest: value.digest, sizeBytes: isSize ? size : undefined };
}

function firstImage(manifests: unknown): Descriptor | undefined {
  if (!Array.isArray(manifests)) return undefined;
  const images = manifests.filter((it) => isRecord(it) && !isStatement(it));
  return descriptorOf(images[0]);
}

/** Attestations have a platform that runs nothing, and an annotation that says what they refer to. */
function isStatement({ platform, annotations }: Readonly<Record<string, unknown>>): boolean {
  const isNowhere = isRecord(platform) && platform.os === "unknown" &&
    platform.architecture === "unknown";
  return isNowhere || (isRecord(annotations) && "vnd.docker.reference.type" in annotations);
}
