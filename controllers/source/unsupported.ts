/**
 * Fields of GitRepository that this version does not act on yet: refused by name, never ignored.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import { PRUNE_ANNOTATION } from "../../lib/kube/ssa/mod.ts";
import { VERIFY_RANGE } from "./verify_range.ts";

/** The first field of `repo` that cannot be honoured, as a message. */
export function unsupportedField(repo: GitRepository): { message: string } | undefined {
  const proxied = isProxiedSsh(repo) ? "spec.proxySecretRef with ssh://" : undefined;
  const field = proxied ?? unsupportedAnnotation(repo);
  if (field === undefined) return undefined;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}

function unsupportedAnnotation(repo: GitRepository): string | undefined {
  const names = Object.keys(repo.metadata.annotations ?? {});
  // The last one is about the object as a manifest in git.
  const known = [VERIFY_RANGE, PRUNE_ANNOTATION];
  const ours = names.find((name) => name.startsWith("sluice.dev/") && !known.includes(name));
  return ours === undefined ? undefined : `metadata.annotations["${ours}"]`;
}

function isProxiedSsh({ spec: { url, proxySecretRef } }: GitRepository): boolean {
  return proxySecretRef !== undefined && /^ssh:/i.test(url);
}
