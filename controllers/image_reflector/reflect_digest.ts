/**
 * `spec.digestReflectionPolicy`: which image a chosen tag stands for.
 *
 * @module
 */
import type {
  ImagePolicy,
  ImagePolicyStatus,
  ImageReference,
  ImageRepository,
} from "../../crds/mod.ts";
import { fail, ok, parseDuration, type Result, startDeadline } from "../../lib/base/mod.ts";
import type { ReflectorContext } from "./context.ts";
import { timeoutMs } from "./scan.ts";

/**
 * `chosen`, with its digest where the policy wants one: `IfNotPresent` asks once for each tag that is chosen, `Always`
 * at each run, since tags move.
 */
export async function reflectDigest(
  policy: ImagePolicy,
  { repository, chosen }: {
    readonly repository: ImageRepository;
    readonly chosen: ImageReference;
  },
  ctx: ReflectorContext<ImagePolicyStatus>,
): Promise<Result<ImageReference>> {
  const { digestReflectionPolicy } = policy.spec;
  if (digestReflectionPolicy === "Never") return ok(chosen);
  const known = policy.status?.latestRef;
  const isKnown = known?.name === chosen.name && known.tag === chosen.tag && known.digest;
  if (isKnown && digestReflectionPolicy === "IfNotPresent") return ok(known);
  const access = await ctx.readAccess(repository);
  if (!access.ok) return access;
  using deadline = startDeadline(ctx.clock, timeoutMs(repository), ctx.signal);
  const registry = await ctx.openReader(access.value, ctx.budget(deadline.signal));
  const digest = registry.ok ? await registry.value.fetchDigest(chosen.tag) : registry;
  if (digest.ok) return ok({ ...chosen, digest: digest.value });
  const image = `${chosen.name}:${chosen.tag}`;
  return fail(
    digest.code,
    `failed to fetch the digest of ${image}: ${digest.message}`,
    digest.cause,
  );
}

/** Time between two looks at the digest; nothing where only other tags make a look worth it. */
export function digestIntervalMs({ spec }: ImagePolicy): number | undefined {
  if (spec.digestReflectionPolicy !== "Always" || spec.interval === undefined) return undefined;
  const parsed = parseDuration(spec.interval);
  return parsed.ok ? parsed.value : undefined;
}

/** Why the policy cannot be followed; the API server asks for the same, but for objects older than its rule. */
export function intervalTrouble({ spec }: ImagePolicy): { message: string } | undefined {
  if (spec.digestReflectionPolicy !== "Always" || spec.interval !== undefined) return undefined;
  return {
    message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
  };
}
