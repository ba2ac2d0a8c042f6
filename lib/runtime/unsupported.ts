/**
 * Annotations of ours that nobody acts on: refused by name, never ignored.
 *
 * @module
 */
import { PRUNE_ANNOTATION } from "../kube/ssa/mod.ts";
import { OWN_PREFIX } from "./triggers.ts";

/**
 * The first annotation of Sluice on an object that is none of `known`, as a message; the condition's reason is
 * `Unsupported`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const annotations = { "sluice.dev/lock": "ann: freeze", "sluice.dev/look": "" };
 * const { message } = unsupportedAnnotation({ annotations }, ["sluice.dev/lock"]) ?? {};
 * assert.match(message ?? "", /^metadata\.annotations\["sluice\.dev\/look"\] is not supported yet/);
 * ```
 */
export function unsupportedAnnotation(
  { annotations = {} }: { readonly annotations?: Readonly<Record<string, string>> },
  known: readonly string[],
): { readonly message: string } | undefined {
  // That one is about the object as a manifest in git.
  const all = [...known, PRUNE_ANNOTATION];
  const ours = Object.keys(annotations)
    .find((name) => name.startsWith(OWN_PREFIX) && !all.includes(name));
  if (ours === undefined) return undefined;
  const field = `metadata.annotations["${ours}"]`;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}
