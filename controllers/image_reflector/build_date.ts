/**
 * `sluice.dev/order: build-date`: of the tags that the filter takes, the one whose image was made last.
 *
 * @module
 */
import type { ImagePolicy, ImagePolicyStatus, ImageRepository } from "../../crds/mod.ts";
import { type Result, startDeadline } from "../../lib/base/mod.ts";
import { chooseByBuildDate, QUESTIONS_A_RUN } from "../../lib/image/mod.ts";
import type { ReflectorContext, UnfinishedOrders } from "./context.ts";
import { timeoutMs } from "./scan.ts";

/** The annotation's name. */
export const ORDER_ANNOTATION = "sluice.dev/order";

const BUILD_DATE = "build-date";
/** After these the next run goes on where this one stopped; after anything else tags may have moved by then. */
const GOES_ON: readonly string[] = ["Unfinished", "TooManyRequests", "Timeout", "BudgetSpent"];

/** Whether the newest image is wanted, whatever its name. */
export function isByDate({ metadata }: ImagePolicy): boolean {
  return metadata.annotations?.[ORDER_ANNOTATION] === BUILD_DATE;
}

/** Why the annotation cannot be honoured, as a message. */
export function orderTrouble({ metadata }: ImagePolicy): { message: string } | undefined {
  const value = metadata.annotations?.[ORDER_ANNOTATION];
  if (value === undefined || value === BUILD_DATE) return undefined;
  const name = `metadata.annotations["${ORDER_ANNOTATION}"]`;
  return { message: `${name} is ${JSON.stringify(value)}: use ${BUILD_DATE}` };
}

/** No policy has asked for anything. */
export function openUnfinishedOrders(): UnfinishedOrders {
  const orders = new Map<string, { revision: string; digests: Map<string, string> }>();
  return {
    digestsOf({ namespace, name }, revision) {
      const key = `${namespace}/${name}`;
      const known = orders.get(key);
      if (known?.revision === revision) return known.digests;
      const digests = new Map<string, string>();
      orders.set(key, { revision, digests });
      return digests;
    },
    finish: ({ namespace, name }) => void orders.delete(`${namespace}/${name}`),
  };
}

/** Asks the registry what is not known yet; code `Unfinished` when the next run has to go on. */
export async function chooseByDate(
  policy: ImagePolicy,
  repository: ImageRepository,
  tags: readonly string[],
  ctx: ReflectorContext<ImagePolicyStatus>,
): Promise<Result<string>> {
  const { filterTags } = policy.spec;
  const access = await ctx.readAccess(repository);
  if (!access.ok) return access;
  using deadline = startDeadline(ctx.clock, timeoutMs(repository), ctx.signal);
  const budget = ctx.budget(deadline.signal);
  const source = await ctx.openReader(access.value, budget);
  if (!source.ok) return source;
  const store = await ctx.dates.open();
  const revision = repository.status?.lastScanResult?.revision ?? "";
  const digests = ctx.unfinished.digestsOf(policy.metadata, revision);
  const options = { store, budget, digests, mostQuestions: QUESTIONS_A_RUN };
  const chosen = await chooseByBuildDate(filterTags, tags, source.value, options);
  await ctx.dates.flush();
  if (chosen.ok || !GOES_ON.includes(chosen.code)) ctx.unfinished.finish(policy.metadata);
  return chosen;
}
