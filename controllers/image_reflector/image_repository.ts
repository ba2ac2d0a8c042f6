/**
 * ImageRepository: keeps a list of the image's tags.
 *
 * Conditions, metrics and the next run are written by `lib/runtime`, from the outcome.
 *
 * @module
 */
import type { ImageRepository, ImageRepositoryStatus } from "../../crds/mod.ts";
import {
  type Failure,
  formatDuration,
  ok,
  type Result,
  startDeadline,
} from "../../lib/base/mod.ts";
import { type ImageAccess, retryAfterMs, type TagList } from "../../lib/oci/mod.ts";
import {
  failing,
  halted,
  type Outcome,
  ready,
  successNews,
  unsupportedAnnotation,
} from "../../lib/runtime/mod.ts";
import type { ReflectorContext, RepositoryName, ScannedTags } from "./context.ts";
import { decideScan, intervalMs, keepTags, scanResult, timeoutMs } from "./scan.ts";

type RepositoryContext = ReflectorContext<ImageRepositoryStatus>;
type RepositoryOutcome = Outcome<ImageRepositoryStatus>;

/** Scans the image's tags when it is time to. */
export async function reconcileImageRepository(
  repository: ImageRepository,
  ctx: RepositoryContext,
): Promise<RepositoryOutcome> {
  const refused = unsupportedAnnotation(repository.metadata, []);
  if (refused) return halted("Unsupported", refused);
  const wrong = wrongImage(repository.spec.image);
  if (wrong) return halted("ImageURLInvalid", wrong);
  const canonical = ctx.canonicalName(repository.spec.image);
  if (!canonical.ok) return halted("ImageURLInvalid", canonical);

  const decision = decideScan(repository, {
    canonicalName: canonical.value,
    hasTags: ctx.tags.read(nameOf(repository), canonical.value) !== undefined,
    nowMs: ctx.clock.now(),
  });
  if (!decision.scan) return unchanged(repository, decision.waitMs);
  await ctx.progress(`scanning: ${decision.why}`, { flush: true });

  const access = await ctx.readAccess(repository);
  if (!access.ok) {
    if (access.code === "FeatureGateDisabled") return halted(access.code, access);
    const message = `failed to configure authentication options: ${access.message}`;
    return failing("AuthenticationFailed", { message });
  }
  const before = ctx.tags.lastList(nameOf(repository), canonical.value);
  const found = await fetchTags(repository, { access: access.value, before }, ctx);
  if (!found.ok) return notScanned(found);
  // The tags go first: whoever sees the new revision must find them.
  ctx.tags.write(nameOf(repository), canonical.value, found.value);
  return scanned(repository, canonical.value, found.value.tags, ctx.clock.now());
}

/** Forgets the tags of a deleted repository. */
export function finalizeImageRepository(
  repository: ImageRepository,
  ctx: RepositoryContext,
): Promise<RepositoryOutcome> {
  ctx.tags.remove(nameOf(repository));
  return Promise.resolve(ready("Succeeded", "tags forgotten"));
}

/** Flux's own words for the two mistakes that people make. */
function wrongImage(image: string): { message: string } | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(image)?.[0];
  if (scheme !== undefined) {
    return { message: `image '${image}' should not include URL scheme; remove '${scheme}'` };
  }
  // A colon before the last slash belongs to the registry's port.
  const tag = /:[^/]*$/.exec(image)?.[0];
  if (tag === undefined) return undefined;
  return { message: `image '${image}' should not include a tag; remove '${tag}'` };
}

async function fetchTags(
  repository: ImageRepository,
  { access, before }: {
    readonly access: ImageAccess;
    readonly before: TagList | undefined;
  },
  ctx: RepositoryContext,
): Promise<Result<ScannedTags>> {
  using deadline = startDeadline(ctx.clock, timeoutMs(repository), ctx.signal);
  const budget = ctx.budget(deadline.signal);
  const list = await ctx.listTags(access, budget, before);
  if (!list.ok) return list;
  const tags = await keepTags(list.value.tags, repository.spec.exclusionList, budget);
  return tags.ok ? ok({ tags: tags.value, list: list.value }) : tags;
}

/** A registry that says for how long it wants to be left alone is. */
function notScanned(failure: Failure): RepositoryOutcome {
  const message = `scan failed: ${failure.message}`;
  const afterMs = retryAfterMs(failure);
  return failing("ReadOperationFailed", { message }, {
    ...(afterMs !== undefined && { afterMs }),
  });
}

function scanned(
  repository: ImageRepository,
  canonicalImageName: string,
  tags: readonly string[],
  nowMs: number,
): RepositoryOutcome {
  const lastScanResult = scanResult(tags, nowMs);
  const next = `next scan in ${formatDuration(intervalMs(repository))}`;
  const isSame = repository.status?.lastScanResult?.revision === lastScanResult.revision;
  const message = readyMessage(lastScanResult);
  return ready("Succeeded", message, {
    status: {
      canonicalImageName,
      lastScanResult,
      observedExclusionList: [...repository.spec.exclusionList],
    },
    events: [
      successNews(
        repository,
        message,
        isSame ? `tags did not change, ${next}` : `successful scan, ${next}`,
      ),
    ],
  });
}

/** Not time to scan yet: what the last scan found still stands. */
function unchanged(repository: ImageRepository, waitMs: number): RepositoryOutcome {
  const message = readyMessage(repository.status?.lastScanResult ?? { tagCount: 0 });
  const seconds = Math.round(waitMs / 1_000) * 1_000;
  const routine = "no change in repository configuration since last scan, " +
    `next scan in ${formatDuration(seconds)}`;
  return ready("Succeeded", message, {
    afterMs: waitMs,
    events: [successNews(repository, message, routine)],
  });
}

function readyMessage(
  { tagCount, revision = "" }: { tagCount: number; revision?: string },
): string {
  return `successful scan: found ${tagCount} tags with checksum ${revision}`;
}

/** Names the repository in the tag store. */
export function nameOf({ metadata }: ImageRepository): RepositoryName {
  return { namespace: metadata.namespace, name: metadata.name };
}
