/**
 * Finds the ImageRepository that a policy refers to, if it may (contract/common.md §12).
 *
 * @module
 */
import { type ImagePolicy, type ImagePolicyStatus, ImageRepository } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import type { ReflectorContext, RepositoryName } from "./context.ts";

/** The repository that `policy` refers to. */
export function repositoryRefOf(policy: ImagePolicy): ObjectRef & RepositoryName {
  const { name, namespace } = policy.spec.imageRepositoryRef;
  return {
    apiVersion: ImageRepository.apiVersion,
    kind: ImageRepository.kind,
    namespace: namespace || policy.metadata.namespace,
    name,
  };
}

/** Reads it; codes `AccessDenied` and `NotFound` besides the API server's. */
export async function findRepository(
  policy: ImagePolicy,
  ctx: ReflectorContext<ImagePolicyStatus>,
): Promise<Result<ImageRepository>> {
  const ref = repositoryRefOf(policy);
  const isForeign = ref.namespace !== policy.metadata.namespace;
  if (isForeign && ctx.noCrossNamespaceRefs) {
    return fail(
      "AccessDenied",
      `cannot access '${ref.kind}/${ref.namespace}/${ref.name}', ` +
        "cross-namespace references have been blocked",
    );
  }
  const found = await ctx.readRepository(ref);
  if (!found.ok) {
    const { code, message } = found;
    const cause = code === "NotFound"
      ? `referenced ImageRepository does not exist: ${message}`
      : message;
    return fail(code, `failed to get the referred ImageRepository: ${cause}`, found);
  }
  if (!isForeign) return found;
  const denied = await whyDenied(policy, found.value, ctx);
  return denied ?? ok(found.value);
}

async function whyDenied(
  policy: ImagePolicy,
  repository: ImageRepository,
  ctx: ReflectorContext<ImagePolicyStatus>,
): Promise<Result<never> | undefined> {
  const { accessFrom } = repository.spec;
  const name = `'${repository.metadata.namespace}/${repository.metadata.name}'`;
  if (accessFrom === undefined) {
    return fail(
      "AccessDenied",
      `${name} can't be accessed due to missing ACL labels on 'accessFrom'`,
    );
  }
  const { namespace } = policy.metadata;
  const labels = await ctx.readNamespaceLabels(namespace);
  if (!labels.ok) return labels;
  const isLetIn = accessFrom.namespaceSelectors.some(({ matchLabels = {} }) =>
    Object.entries(matchLabels).every(([key, value]) => labels.value[key] === value)
  );
  if (isLetIn) return undefined;
  return fail(
    "AccessDenied",
    `${name} can't be accessed due to ACL labels mismatch on namespace '${namespace}'`,
  );
}
