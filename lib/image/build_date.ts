/**
 * The tag whose image was made last, as Flux v1 chose it (`sluice.dev/order: build-date`).
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  type Failure,
  mapParallel,
  Meter,
  ok,
  type Result,
} from "../base/mod.ts";
import { filterTags, type TagFilter } from "./filter_tags.ts";

/** Dates of images that were read once; an image never changes, so they hold for good. */
export interface BuildDateStore {
  /** What the image with that digest says, cut to a date's length: empty where it says nothing; nothing before it was read. */
  get(digest: string): string | undefined;
  /** Keeps it. */
  set(digest: string, created: string): void;
}

/** What a choice stands on, and how far it goes at once. */
export interface BuildDateOptions {
  /** Dates of earlier runs; grows. */
  readonly store: BuildDateStore;
  /** What the run may spend. */
  readonly budget: Budget;
  /** Digests by tag, of runs that did not come to an end; grows, so that the next one goes on from there. */
  readonly digests?: Map<string, string>;
  /** Most questions to the registry; when there are more, what is known by then is kept and the choice is `Unfinished`. */
  readonly mostQuestions?: number;
}

/** What a choice by date needs of the registry. */
export interface BuildDateSource {
  /** The digest that a tag stands for now. */
  fetchDigest(tag: string): Promise<Result<string>>;
  /** What the image says about when it was made, RFC 3339; nothing where it says nothing. */
  fetchCreated(digest: string): Promise<Result<string | undefined>>;
}

/** Questions to a registry that a run should make at most: registries count them. */
export const QUESTIONS_A_RUN = 250;
/** The rest they get before a run that goes on where one was `Unfinished`. */
export const NEXT_PART_MS = 1_000;
/** So few at a time no one minds. */
const AT_ONCE = 4;
/** More tags than that are not asked for one by one: the filter has to name fewer. */
const MOST_TAGS = 1_000;
/** Dates are shorter; of what is none, this much is shown. */
const LONGEST_DATE = 40;

const DATE = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Of `tags` that the filter takes, the one whose image was made last; of those made at one time, the first in the
 * alphabet. The date of each image is asked for once, ever: `store` keeps it.
 *
 * Failure codes: `InvalidPolicy`, `NoMatch`, `NoBuildDate` (an image without a date, or with the zero that reproducible
 * builds have, cannot be ordered: the tag is named), `TooMany`, `Unfinished`, `BudgetSpent`, `Timeout`, and those of
 * `source`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, ok } from "../base/mod.ts";
 * const source = {
 *   fetchDigest: (tag: string) => Promise.resolve(ok(`sha256:${tag}`)),
 *   fetchCreated: (digest: string) => Promise.resolve(ok(digest.endsWith("b") ? "2024-01-02T00:00:00Z" : "2024-01-01T00:00:00Z")),
 * };
 * const chosen = await chooseByBuildDate(undefined, ["c", "b", "a"], source, { store: new Map(), budget: defaultBudget() });
 * assert.deepEqual(chosen, { ok: true, value: "b" });
 * ```
 */
export async function chooseByBuildDate(
  filter: TagFilter | undefined,
  tags: readonly string[],
  source: BuildDateSource,
  options: BuildDateOptions,
): Promise<Result<string>> {
  const kept = await filterTags({ pattern: filter?.pattern }, tags, options.budget);
  if (!kept.ok) return fail(kept.code, `failed to filter tags: ${kept.message}`);
  return await newestByDate([...kept.value.keys()], source, options);
}

/**
 * The same of tags that were filtered already; fails likewise.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const nothing = { fetchDigest: () => assert.fail(), fetchCreated: () => assert.fail() };
 * const got = await newestByDate([], nothing, { store: new Map(), budget: defaultBudget() });
 * assert.equal(!got.ok && got.code, "NoMatch");
 * ```
 */
export async function newestByDate(
  candidates: readonly string[],
  source: BuildDateSource,
  options: BuildDateOptions,
): Promise<Result<string>> {
  if (candidates.length === 0) return fail("NoMatch", "version list argument cannot be empty");
  if (candidates.length > MOST_TAGS) {
    return fail(
      "TooMany",
      `${candidates.length} tags would be ordered by build date, of at most ${MOST_TAGS}; narrow the filter of tags`,
    );
  }
  const digests = options.digests ?? new Map<string, string>();
  try {
    await askRegistry(candidates, source, { ...options, digests });
  } catch (thrown) {
    if (thrown instanceof Stopped) return thrown.failure;
    if (thrown instanceof BudgetSpent) return fail("BudgetSpent", thrown.message, thrown);
    throw thrown;
  }
  return newestOf(candidates, digests, options.store);
}

/** Ends all that runs at once: where one request is refused, the others would be too. */
class Stopped extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** Which images the tags stand for, then the dates of those that are new. */
async function askRegistry(
  candidates: readonly string[],
  source: BuildDateSource,
  options: BuildDateOptions & { readonly digests: Map<string, string> },
): Promise<void> {
  const { store, budget, digests, mostQuestions = Infinity } = options;
  const meter = new Meter(budget);
  const ask = async <T>(question: Promise<Result<T>>): Promise<T> => {
    const answer = await question;
    if (!answer.ok) throw new Stopped(answer);
    return answer.value;
  };
  const unseen = candidates.filter((tag) => !digests.has(tag)).slice(0, mostQuestions);
  await mapParallel(unseen, AT_ONCE, async (tag) => {
    spendQuestion(meter);
    digests.set(tag, await ask(source.fetchDigest(tag)));
  });
  // Several tags may stand for one image, which is asked for once all the same.
  const images = new Set(candidates.flatMap((tag) => digests.get(tag) ?? []));
  const unread = [...images].filter((digest) => store.get(digest) === undefined);
  await mapParallel(unread.slice(0, mostQuestions - unseen.length), AT_ONCE, async (digest) => {
    spendQuestion(meter);
    const created = await ask(source.fetchCreated(digest));
    store.set(digest, created?.slice(0, LONGEST_DATE) ?? "");
  });
}

function spendQuestion(meter: Meter): void {
  meter.spendEntries(1, "the build dates");
  meter.checkTime("the build dates");
}

function newestOf(
  candidates: readonly string[],
  digests: ReadonlyMap<string, string>,
  store: BuildDateStore,
): Result<string> {
  const known = candidates.flatMap((tag) => {
    const digest = digests.get(tag);
    const created = digest === undefined ? undefined : store.get(digest);
    return digest === undefined || created === undefined ? [] : [{ tag, digest, created }];
  });
  if (known.length < candidates.length) {
    const progress = `${known.length} of ${candidates.length}`;
    return fail("Unfinished", `the build dates of ${progress} tags are known so far`);
  }
  // In one order, so that the same trouble has the same words.
  const dates = known.toSorted((a, b) => a.tag < b.tag ? -1 : 1)
    .map((image) => ({ ...image, createdNs: parseDate(image.created) }));
  let newest: { readonly tag: string; readonly createdNs: bigint } | undefined;
  for (const { createdNs, ...image } of dates) {
    if (createdNs === undefined) return undated(image);
    if (newest === undefined || createdNs > newest.createdNs) {
      newest = { tag: image.tag, createdNs };
    }
  }
  return newest === undefined ? fail("NoMatch", "no tag") : ok(newest.tag);
}

function undated(
  { tag, digest, created }: Readonly<Record<"tag" | "digest" | "created", string>>,
): Failure {
  const said = created === "" ? "has no creation date" : `was created at "${created}"`;
  return fail(
    "NoBuildDate",
    `tag '${tag}': the image ${digest} ${said}; order by something else, or build it with its date`,
  );
}

/** Nanoseconds since 1970; nothing for the zeros of Go and of reproducible builds, or for what is no date. */
function parseDate(text: string): bigint | undefined {
  const [, day, time, fraction = "", zone = ""] = DATE.exec(text) ?? [];
  const ms = day === undefined ? NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (!Number.isFinite(ms) || ms <= 0) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
