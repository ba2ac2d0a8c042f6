/**
 * ImagePolicy: says which tag of an ImageRepository is the latest.
 *
 * It acts on what the repository's last scan found; only for build dates and digests it asks the registry itself.
 *
 * @module
 */
import type {
  ImagePolicy,
  ImagePolicyStatus,
  ImageReference,
  ImageRepository,
} from "../../crds/mod.ts";
import { type Failure, type Result, startDeadline } from "../../lib/base/mod.ts";
import { NEXT_PART_MS } from "../../lib/image/mod.ts";
import { retryAfterMs } from "../../lib/oci/mod.ts";
import {
  failing,
  findCondition,
  halted,
  LOCK_ANNOTATION,
  lockedBy,
  type Outcome,
  ready,
  successNews,
  unsupportedAnnotation,
  wait,
  waitNews,
} from "../../lib/runtime/mod.ts";
import { findRepository, repositoryRefOf } from "./access.ts";
import { chooseByDate, isByDate, ORDER_ANNOTATION, orderTrouble } from "./build_date.ts";
import type { ReflectorContext } from "./context.ts";
import { nameOf } from "./image_repository.ts";
import { digestIntervalMs, intervalTrouble, reflectDigest } from "./reflect_digest.ts";
import { intervalMs, timeoutMs } from "./scan.ts";

type PolicyContext = ReflectorContext<ImagePolicyStatus>;
type PolicyOutcome = Outcome<ImagePolicyStatus>;

/** The last one is read where tags are written. */
const ANNOTATIONS = [LOCK_ANNOTATION, ORDER_ANNOTATION, "sluice.dev/hold"];
/** Most time until a missing repository or its tags are looked for again; Flux's messages name it. */
const RETRY_MS = 30_000;
const NO_TAGS = { message: "retrying in 30s error: no tags in database" } as const;

/** Chooses the latest tag. */
export async function reconcileImagePolicy(
  policy: ImagePolicy,
  ctx: PolicyContext,
): Promise<PolicyOutcome> {
  const lock = lockedBy(policy.metadata);
  if (lock !== undefined) return halted("Locked", lock);
  const refused = unsupportedAnnotation(policy.metadata, ANNOTATIONS);
  if (refused) return halted("Unsupported", refused);
  const misspelt = orderTrouble(policy);
  if (misspelt !== undefined) return halted("InvalidAnnotation", misspelt);
  const unspaced = intervalTrouble(policy);
  if (unspaced !== undefined) return halted("IntervalNotConfigured", unspaced);

  const repository = await findRepository(policy, ctx);
  if (!repository.ok) return withoutRepository(policy, repository);

  const image = ctx.canonicalName(repository.value.spec.image);
  if (!image.ok) return halted("ImageURLInvalid", image);
  const tags = ctx.tags.read(nameOf(repository.value), image.value);
  if (tags === undefined || tags.length === 0) return withoutTags(policy, repository.value, ctx);

  const chosen = isByDate(policy)
    ? await chooseByDate(policy, repository.value, tags, ctx)
    : await chooseByName(policy, repository.value, tags, ctx);
  if (!chosen.ok) return notChosen(chosen, repository.value);
  const tagged = { name: repository.value.spec.image, tag: chosen.value };
  const latest = await reflectDigest(policy, {
    repository: repository.value,
    chosen: tagged,
  }, ctx);
  return latest.ok ? resolved(policy, latest.value) : notChosen(latest, repository.value);
}

/** By nothing but the tags. */
async function chooseByName(
  { spec }: ImagePolicy,
  repository: ImageRepository,
  tags: readonly string[],
  ctx: PolicyContext,
): Promise<Result<string>> {
  using deadline = startDeadline(ctx.clock, timeoutMs(repository), ctx.signal);
  return await ctx.chooseTag(spec, tags, ctx.budget(deadline.signal));
}

/** A policy leaves nothing behind; dates of images are everybody's. */
export function finalizeImagePolicy(
  { metadata }: ImagePolicy,
  { unfinished }: Pick<PolicyContext, "unfinished">,
): Promise<PolicyOutcome> {
  unfinished.finish(metadata);
  return Promise.resolve(ready("Succeeded", "nothing to clean up"));
}

function notChosen(failure: Failure, repository: ImageRepository): PolicyOutcome {
  switch (failure.code) {
    case "InvalidPolicy":
    case "FeatureGateDisabled":
      return halted(failure.code, failure);
    case "Unfinished":
      return wait("Progressing", failure.message, { kind: "time", delayMs: NEXT_PART_MS });
    case "NoBuildDate":
    case "TooMany":
      // Only other tags can help; each look at them costs a request per tag.
      return failing("Failure", failure, { afterMs: intervalMs(repository) });
    default: {
      const afterMs = retryAfterMs(failure);
      return failing("Failure", failure, { ...(afterMs !== undefined && { afterMs }) });
    }
  }
}

function resolved(policy: ImagePolicy, latestRef: ImageReference): PolicyOutcome {
  const before = policy.status?.latestRef;
  const isChanged = before?.name !== latestRef.name || before.tag !== latestRef.tag ||
    before.digest !== latestRef.digest;
  const previous = isChanged ? before : policy.status?.observedPreviousRef;
  const message = resolvedMessage(latestRef, previous);
  const afterMs = digestIntervalMs(policy);
  return ready("Succeeded", message, {
    ...(afterMs !== undefined && { afterMs }),
    status: { latestRef, observedPreviousRef: previous },
    events: [successNews(policy, message, message)],
  });
}

function resolvedMessage(latest: ImageReference, previous: ImageReference | undefined): string {
  const found = latest.digest ? ` with digest ${latest.digest}` : "";
  const resolved = `Latest image tag for ${latest.name} resolved to ${latest.tag}${found}`;
  if (previous === undefined) return resolved;
  const digest = previous.digest ? `@${previous.digest}` : "";
  return `${resolved} (previously ${previous.name}:${previous.tag}${digest})`;
}

function withoutRepository(policy: ImagePolicy, failure: Failure): PolicyOutcome {
  if (failure.code === "NotFound") return parked(policy, failure);
  const reason = failure.code === "AccessDenied" ? "AccessDenied" : "DependencyNotReady";
  return failing(reason, failure);
}

/** Before the first scan, just after a start of this process, which keeps tags in memory only, or for want of room there. */
function withoutTags(
  policy: ImagePolicy,
  repository: ImageRepository,
  ctx: PolicyContext,
): PolicyOutcome {
  const verdict = findCondition(repository.status?.conditions, "Ready")?.status;
  const isLetGo = ctx.tags.hasLetGo(nameOf(repository));
  // A scan that failed is made again in its own time: the registry may have said when.
  if (isLetGo && verdict !== "False") ctx.scanAgain(nameOf(repository));
  const known = keptChoice(policy, repository);
  if (known !== undefined) return known;
  // A repository whose scan is under way is no news: its end wakes the policy.
  const isNews = !isLetGo && (verdict === "True" || verdict === "False");
  return parked(policy, NO_TAGS, { isNews, seen: repository.metadata.resourceVersion });
}

/** What an earlier process chose from the same scan stands until the repository was scanned again. */
function keptChoice(policy: ImagePolicy, repository: ImageRepository): PolicyOutcome | undefined {
  const { status, metadata } = policy;
  const wasScanned = (repository.status?.lastScanResult?.tagCount ?? 0) > 0;
  if (!wasScanned || status?.latestRef === undefined) return undefined;
  const isCurrent = status.observedGeneration === metadata.generation &&
    status.latestRef.name === repository.spec.image;
  if (!isCurrent) return undefined;
  const message = resolvedMessage(status.latestRef, status.observedPreviousRef);
  return ready("Succeeded", message, { afterMs: RETRY_MS });
}

function parked(
  policy: ImagePolicy,
  failure: { message: string },
  { isNews = true, seen }: { isNews?: boolean; seen?: string | undefined } = {},
): PolicyOutcome {
  const reason = "DependencyNotReady";
  return wait(reason, failure.message, {
    kind: "dependency",
    objects: [{ ...repositoryRefOf(policy), ...(seen !== undefined && { seen }) }],
    retryMs: RETRY_MS,
  }, { events: isNews ? waitNews(policy, reason, failure) : [] });
}
