/**
 * Names of images, spelled out.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";

/** Where an image is. */
export interface ImageName {
  /** Host, with its port where it has one. */
  readonly registry: string;
  /** Path within the registry. */
  readonly repository: string;
  /** Both: `index.docker.io/library/alpine`. */
  readonly canonical: string;
}

const DOCKER_HUB = "index.docker.io";
/** RFC 3986 host without percent signs, and a port. */
const REGISTRY = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/;
/** OCI distribution specification, "Pulling manifests"; no `..` can be written in it. */
const SEGMENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const MOST_LENGTH = 255;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]{32,512}$/;

/**
 * Parses the name of an image without tag and digest; a failure has Flux's words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const alpine = parseImageName("alpine");
 * assert.equal(alpine.ok && alpine.value.canonical, "index.docker.io/library/alpine");
 * const local = parseImageName("localhost:5000/app");
 * assert.equal(local.ok && local.value.registry, "localhost:5000");
 * ```
 */
export function parseImageName(image: string): Result<ImageName> {
  const bad = fail("InvalidName", `could not parse reference: ${image}`);
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(0, slash));
  // Only what cannot be the name of a folder is the name of a host.
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const host = hasRegistry ? first : DOCKER_HUB;
  const path = hasRegistry ? image.slice(slash + 1) : image;
  const registry = host === "docker.io" ? DOCKER_HUB : host;
  const repository = registry === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path;
  if (!REGISTRY.test(registry) || repository.length > MOST_LENGTH) return bad;
  if (!repository.split("/").every((segment) => SEGMENT.test(segment))) return bad;
  return ok({ registry, repository, canonical: `${registry}/${repository}` });
}

/**
 * The name with everything spelled out, as `status.canonicalImageName` shows it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(canonicalName("ghcr.io/org/app"), { ok: true, value: "ghcr.io/org/app" });
 * assert.equal(canonicalName("UPPER").ok, false);
 * ```
 */
export function canonicalName(image: string): Result<string> {
  const name = parseImageName(image);
  return name.ok ? ok(name.value.canonical) : name;
}

/**
 * Whether `text` can be a tag: what can be pulled by it, and nothing else, may reach a manifest.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["1.0.0-rc_1", "1 # x", ""].map(isTag), [true, false, false]);
 * ```
 */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Whether `text` is a digest as the specification writes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([`sha256:${"0".repeat(64)}`, "sha256:"].map(isDigest), [true, false]);
 * ```
 */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}
