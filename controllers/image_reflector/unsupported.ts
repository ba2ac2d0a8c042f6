/**
 * Fields of the image kinds that this version does not act on yet: refused by name, never ignored.
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

/** The first field of `repository` that cannot be honoured, as a message. */
export function unsupportedRepositoryField(
  repository: ImageRepository,
): { message: string } | undefined {
  const { spec } = repository;
  return refusal(repository, [
    [`spec.provider ${spec.provider}`, spec.provider !== "generic"],
    ["spec.certSecretRef", spec.certSecretRef !== undefined],
    ["spec.proxySecretRef", spec.proxySecretRef !== undefined],
    ["spec.serviceAccountName", Boolean(spec.serviceAccountName)],
  ]);
}

/** The first field of `policy` that cannot be honoured, as a message. */
export function unsupportedPolicyField(policy: ImagePolicy): { message: string } | undefined {
  const { digestReflectionPolicy } = policy.spec;
  return refusal(policy, [
    [`spec.digestReflectionPolicy ${digestReflectionPolicy}`, digestReflectionPolicy !== "Never"],
  ]);
}

function refusal(
  object: ImageRepository | ImagePolicy,
  refused: readonly (readonly [string, boolean])[],
): { message: string } | undefined {
  const field = refused.find(([, isSet]) => isSet)?.[0] ?? unsupportedAnnotation(object);
  if (field === undefined) return undefined;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}

function unsupportedAnnotation(object: ImageRepository | ImagePolicy): string | undefined {
  const names = Object.keys(object.metadata.annotations ?? {});
  const ours = names.find((name) => name.startsWith("sluice.dev/") && !KNOWN.includes(name));
  return ours === undefined ? undefined : `metadata.annotations["${ours}"]`;
}
