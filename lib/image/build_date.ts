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
  /** Nanoseconds since 1970 of the image with that digest, when it was read before. */
  get(digest: string): bigint | undefined;
  /** Keeps a date. */
  set(digest: string, createdNs: bigint): void;
}

/** What a choice by date needs of the registry. */
export interface BuildDateSource {
  /** The digest that a tag stands for now. */
  fetchDigest(tag: string): Promise<Result<string>>;
  /** What the image says about when it was made, RFC 3339; nothing where it says nothing. */
  fetchCreated(digest: string): Promise<Result<string | undefined>>;
}

/** Registries count requests; so few at a time no one minds. */
const AT_ONCE = 4;
/** More tags than that are not asked for one by one: the filter has to name fewer. */
const MOST_TAGS = 1_000;

const DATE = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Of `tags` that the filter takes, the one whose image was made last; of those made at one time, the first in the
 * alphabet. The date of each image is asked for once, ever: `store` keeps it.
 *
 * Failure codes: `InvalidPolicy`, `NoMatch`, `NoBuildDate` (an image without a date, or with the zero that reproducible
 * builds have, cannot be ordered: the tag is named), `TooMany`, `BudgetSpent`, and those of `source`.
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
  { store, budget }: { readonly store: BuildDateStore; readonly budget: Budget },
): Promise<Result<string>> {
  const kept = filterTags({ pattern: filter?.pattern }, tags);
  if (!kept.ok) return fail("InvalidPolicy", `failed to filter tags: ${kept.message}`);
  const candidates = [...kept.value.keys()];
  if (candidates.length === 0) return fail("NoMatch", "version list argument cannot be empty");
  if (candidates.length > MOST_TAGS) {
    return fail(
      "TooMany",
      `${candidates.length} tags would be ordered by build date, of at most ${MOST_TAGS}; narrow spec.filterTags`,
    );
  }
  try {
    return await newestOf(candidates, source, store, new Meter(budget));
  } catch (thrown) {
    if (thrown instanceof Stopped) return thrown.failure;
    if (thrown instanceof BudgetSpent) return fail("BudgetSpent", thrown.message, thrown);
    throw thrown;
  }
}

/** Ends all that runs at once: where one request is refused, the others would be too. */
class Stopped extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

async function newestOf(
  candidates: readonly string[],
  source: BuildDateSource,
  store: BuildDateStore,
  meter: Meter,
): Promise<Result<string>> {
  // Several tags may stand for one image, which is asked for once all the same.
  const running = new Map<string, Promise<Result<bigint>>>();
  const dates = await mapParallel(candidates, AT_ONCE, async (tag) => {
    meter.spendEntries(1, "the build dates");
    meter.checkTime("the build dates");
    const digest = await source.fetchDigest(tag);
    if (!digest.ok) throw new Stopped(digest);
    const known = running.get(digest.value);
    const date = known ?? dateOf(digest.value, source, store);
    running.set(digest.value, date);
    const created = await date;
    if (!created.ok) throw new Stopped(named(created, tag));
    return { tag, created: created.value };
  });
  const newest = dates.reduce((best, it) =>
    it.created > best.created || (it.created === best.created && it.tag < best.tag) ? it : best
  );
  return ok(newest.tag);
}

function named(failure: Failure, tag: string): Failure {
  return failure.code === "NoBuildDate"
    ? { ...failure, message: `tag '${tag}': ${failure.message}` }
    : failure;
}

async function dateOf(
  digest: string,
  source: BuildDateSource,
  store: BuildDateStore,
): Promise<Result<bigint>> {
  const kept = store.get(digest);
  if (kept !== undefined) return ok(kept);
  const created = await source.fetchCreated(digest);
  if (!created.ok) return created;
  const date = parseDate(created.value ?? "");
  if (date === undefined) {
    const said = created.value === undefined
      ? "has no creation date"
      : `was created at "${created.value.slice(0, 40)}"`;
    return fail(
      "NoBuildDate",
      `the image ${digest} ${said}; order by something else, or build it with its date`,
    );
  }
  store.set(digest, date);
  return ok(date);
}

/** Nanoseconds since 1970; nothing for the zeros of Go and of reproducible builds, or for what is no date. */
function parseDate(text: string): bigint | undefined {
  const [, day, time, fraction = "", zone = ""] = DATE.exec(text) ?? [];
  const ms = day === undefined ? NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  if (!Number.isFinite(ms) || ms <= 0) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
