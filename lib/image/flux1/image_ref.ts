/**
 * Images as Flux v1 read them: leniently, as what a manifest has.
 *
 * @module
 */
import { fail, type Failure, ok, quoteLikeGo, type Result } from "../../base/mod.ts";

/** An image taken apart. */
export interface ImageRef {
  /** Host, as it is written; empty where there is none. */
  readonly domain: string;
  /** Path within the registry, as it is written. */
  readonly image: string;
  /** Empty where there is none. */
  readonly tag: string;
  /** With its algorithm; empty where there is none. */
  readonly digest: string;
}

/** What Flux v1 takes for a host: a name with a dot in it, or this machine. */
const DOMAIN = /localhost|[a-zA-Z0-9]\.[a-zA-Z0-9]/;
const DOCKER_HUB = "index.docker.io";
const HUB_NAMES = new Set(["", "docker.io", DOCKER_HUB]);

/**
 * Takes an image apart; fails with `InvalidImage`, in the words of Flux v1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ref = parseImageRef("quay.io/org/app:v1");
 * assert.deepEqual(ref.ok && ref.value, { domain: "quay.io", image: "org/app", tag: "v1", digest: "" });
 * ```
 */
export function parseImageRef(text: string): Result<ImageRef> {
  if (text === "") return invalid(text, "blank image name");
  const malformed = invalid(text, "expected image name as either <image>:<tag> or just <image>");
  if (text.startsWith("/") || text.endsWith("/")) return malformed;
  const at = text.indexOf("@");
  const [whole, digest] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  const [first = "", ...others] = whole.split("/");
  const hasDomain = others.length > 1 || (others.length === 1 && DOMAIN.test(first));
  const domain = hasDomain ? first : "";
  const parts = (hasDomain ? others.join("/") : whole).split(":");
  const [image = "", tag] = parts;
  if (parts.length > 2 || image === "" || tag === "") return malformed;
  return ok({ domain, image, tag: tag ?? "", digest });
}

function invalid(text: string, why: string): Failure {
  return fail("InvalidImage", `parsing ${quoteLikeGo(text)}: ${why}: invalid image ID`);
}

/** The image as it was written. */
export function formatImageRef(ref: ImageRef): string {
  const tag = ref.tag === "" ? "" : `:${ref.tag}`;
  return nameOfImage(ref) + tag + (ref.digest === "" ? "" : `@${ref.digest}`);
}

/** The image without tag and digest, as it was written. */
export function nameOfImage({ domain, image }: ImageRef): string {
  return domain === "" ? image : `${domain}/${image}`;
}

/** Where the image is, spelled out. */
export function locateImage({ domain, image }: ImageRef): { registry: string; repository: string } {
  if (!HUB_NAMES.has(domain)) return { registry: domain, repository: image };
  return { registry: DOCKER_HUB, repository: image.includes("/") ? image : `library/${image}` };
}

/** Checks what is to be released: an image with a tag, or all the newest ones. */
export function checkImageSpec(text: string): Result<undefined> {
  if (text === "<all latest>") return ok(undefined);
  const ref = parseImageRef(text);
  if (!ref.ok) return ref;
  if (ref.value.tag !== "") return ok(undefined);
  return fail(
    "InvalidImage",
    "blank tag (if you want latest, explicitly state the tag :latest): invalid image ID",
  );
}
