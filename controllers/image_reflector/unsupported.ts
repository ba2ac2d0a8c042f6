/**
 * Annotations on the image kinds that this version does not act on: refused by name, never ignored.
 *
 * @module
 */
import type { ImagePolicy, ImageRepository } from "../../crds/mod.ts";
import { PRUNE_ANNOTATION } from "../../lib/kube/ssa/mod.ts";
import { LOCK_ANNOTATION } from "../../lib/runtime/mod.ts";
import { ORDER_ANNOTATION } from "./build_date.ts";

/** The first is about the object as a manifest in git, the last is read where tags are written. */
const KNOWN: readonly string[] = [
  PRUNE_ANNOTATION,
  LOCK_ANNOTATION,
  ORDER_ANNOTATION,
  "sluice.dev/hold",
];

/** The first annotation that cannot be honoured, as a message: every other field is. */
export function unsupportedAnnotation(
  { metadata }: ImageRepository | ImagePolicy,
): { message: string } | undefined {
  const names = Object.keys(metadata.annotations ?? {});
  const ours = names.find((name) => name.startsWith("sluice.dev/") && !KNOWN.includes(name));
  if (ours === undefined) return undefined;
  const field = `metadata.annotations["${ours}"]`;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}
