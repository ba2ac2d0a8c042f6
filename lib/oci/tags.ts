/**
 * Lists of tags, page by page (OCI distribution specification, "Listing Tags").
 *
 * @module
 */
import { type Budget, fail, type Failure, isRecord, Meter, ok, type Result } from "../base/mod.ts";
import { statusOf } from "./failure.ts";
import { isTag } from "./image_name.ts";
import { bracketsIn } from "./json.ts";
import type { Session } from "./session.ts";

/** A list of tags, and what the next look at it can be compared with. */
export interface TagList {
  /** In the registry's order. */
  readonly tags: readonly string[];
  /** Pages by address, of a registry that says when they change. */
  readonly pages: ReadonlyMap<string, KeptPage>;
  /** How many tags a page was asked for; 0 where the registry wants to decide that. */
  readonly pageSize: number;
}

/** A page that need not be sent again while it is the same. */
export interface KeptPage {
  /** RFC 9110 §8.8.3. */
  readonly etag: string;
  /** In the registry's order. */
  readonly tags: readonly string[];
  /** Path of the page after it. */
  readonly next: string | undefined;
}

type Page = Omit<KeptPage, "etag">;

/** What is asked for; registries that refuse so many are asked for fewer, and at last for as many as they like. */
const PAGE_SIZES = [1000, 100, 0] as const;
/** How they refuse: `PAGINATION_NUMBER_INVALID` has 400. */
const SIZE_REFUSED: readonly (number | undefined)[] = [400, 416, 422];
const MOST_PAGES = 10_000;
const MOST_EMPTY_PAGES = 10;
const MOST_TAGS = 500_000;
const MOST_BYTES = 64 << 20;
const MOST_PAGE_BYTES = 16 << 20;
const LONGEST_LINK = 8192;
const LONGEST_ETAG = 1024;

/** A text that is not in a list of others, and its place in one. */
const BYTES_OF_TEXT = 24;
const BYTES_OF_PLACE = 8;

/**
 * About how much memory a list takes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tagListBytes({ tags: ["1.0", "1.1"], pages: new Map(), pageSize: 0 }), 70);
 * ```
 */
export function tagListBytes({ tags, pages }: TagList): number {
  let bytes = tags.length * BYTES_OF_PLACE;
  for (const { length } of tags) bytes += BYTES_OF_TEXT + length;
  for (const [address, { etag, next = "", tags }] of pages) {
    bytes += 3 * BYTES_OF_TEXT + address.length + etag.length + next.length;
    // The texts are those of the list.
    bytes += tags.length * BYTES_OF_PLACE;
  }
  return bytes;
}

/** All tags; what is no tag by the specification is passed over. What is as in `before` is not sent again. */
export async function fetchTags(
  session: Session,
  repository: string,
  { budget, before }: { readonly budget: Budget; readonly before: TagList | undefined },
): Promise<Result<TagList>> {
  const sizes = PAGE_SIZES.filter((size) => size <= (before?.pageSize ?? Infinity));
  let refused: Failure | undefined;
  for (const pageSize of sizes) {
    const query = pageSize === 0 ? "" : `?n=${pageSize}`;
    const first = `/v2/${repository}/tags/list${query}`;
    const pages = new Pages(session, before?.pages ?? new Map(), repository, budget);
    const read = await pages.readFrom(first);
    if (read.ok) return ok({ tags: pages.tags, pages: pages.kept, pageSize });
    if (pages.count > 0 || !SIZE_REFUSED.includes(statusOf(read))) return read;
    refused ??= read;
  }
  return refused ?? fail("InvalidAnswer", `${session.origin} gives no list of ${repository}`);
}

/** One walk through a list. */
class Pages {
  readonly tags: string[] = [];
  readonly kept = new Map<string, KeptPage>();
  /** Pages that came. */
  count = 0;
  readonly #session: Session;
  readonly #before: ReadonlyMap<string, KeptPage>;
  readonly #what: string;
  readonly #meter: Meter;
  readonly #seen = new Set<string>();
  #empty = 0;

  constructor(
    session: Session,
    before: ReadonlyMap<string, KeptPage>,
    repository: string,
    budget: Budget,
  ) {
    this.#session = session;
    this.#before = before;
    this.#what = `the tags of ${repository}`;
    const [bytes, entries] = [budget.bytes, budget.entries];
    this.#meter = new Meter({
      ...budget,
      bytes: Math.min(bytes, MOST_BYTES),
      entries: Math.min(entries, MOST_TAGS),
    });
  }

  async readFrom(first: string): Promise<Result<void>> {
    for (let path: string | undefined = first; path !== undefined;) {
      if (this.count === MOST_PAGES) {
        return fail("TooLarge", `${this.#session.origin}: more than ${MOST_PAGES} pages of tags`);
      }
      const page: Result<Page> = await this.#read(path);
      if (!page.ok) return page;
      this.count++;
      if (!this.#take(page.value)) {
        const line = `GET ${this.#session.origin}${path}`;
        return fail("InvalidAnswer", `${line}: the list leads back to itself`);
      }
      path = page.value.next;
    }
    return ok(undefined);
  }

  async #read(path: string): Promise<Result<Page>> {
    const { origin } = this.#session;
    const known = this.#before.get(origin + path);
    const got = await this.#session.request({
      path,
      maxBytes: MOST_PAGE_BYTES,
      isContinued: this.count > 0,
      ...(known && { etag: known.etag }),
    });
    if (!got.ok) return got;
    if (got.value.status === 304 && known !== undefined) {
      this.kept.set(origin + path, known);
      return ok(known);
    }
    this.#meter.spendBytes(got.value.body.length, this.#what);
    const tags = parsePage(got.value.body, `GET ${origin}${path}`);
    if (!tags.ok) return tags;
    const next = nextPath(got.value.headers.get("link"), origin, path);
    if (!next.ok) return next;
    const page = { tags: tags.value, next: next.value };
    const etag = got.value.headers.get("etag") ?? "";
    if (etag !== "" && etag.length <= LONGEST_ETAG) this.kept.set(origin + path, { ...page, etag });
    return ok(page);
  }

  /** False when the page has nothing that others had not, and still more are to come: so it would go on. */
  #take({ tags, next }: Page): boolean {
    this.#meter.spendEntries(tags.length, this.#what);
    const known = this.#seen.size;
    for (const tag of tags) {
      this.tags.push(tag);
      this.#seen.add(tag);
    }
    this.#empty = tags.length === 0 ? this.#empty + 1 : 0;
    const isNew = tags.length === 0 ? this.#empty < MOST_EMPTY_PAGES : this.#seen.size > known;
    return isNew || next === undefined;
  }
}

/** `line` is what was asked for: where a redirect led may have a signature in its query. */
function parsePage(body: Uint8Array, line: string): Result<readonly string[]> {
  const bad = fail("InvalidAnswer", `${line}: the answer is no list of tags`);
  // One object and one list: what is nested deeper is meant to fill our memory.
  if (bracketsIn(body) > 16) return bad;
  let page: unknown;
  try {
    page = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return bad;
  }
  if (!isRecord(page)) return bad;
  const tags = page.tags ?? [];
  if (!Array.isArray(tags)) return bad;
  // A tag that cannot be pulled must not reach a manifest either.
  return ok(tags.filter((tag): tag is string => typeof tag === "string" && isTag(tag)));
}

/** RFC 8288: `</v2/app/tags/list?last=b&n=1000>; rel="next"`. */
function nextPath(
  header: string | null,
  origin: string,
  current: string,
): Result<string | undefined> {
  const text = header ?? "";
  // Cut off, it would look like the end of the list.
  if (text.length > LONGEST_LINK) {
    return fail("TooLarge", `GET ${origin}${current}: a Link header of ${text.length} characters`);
  }
  const link = /<([^<>]*)>\s*;[^<]*\brel="?next\b/i.exec(text);
  if (link === null) return ok(undefined);
  const target = link[1] ?? "";
  const url = URL.canParse(target, origin + current)
    ? new URL(target, origin + current)
    : undefined;
  // A proxy in front of the registry may leave it in the dark about https; the login stays with the host.
  if (url === undefined || url.host !== new URL(origin).host) {
    return fail("InvalidAnswer", `GET ${origin}${current}: the next page is on another server`);
  }
  return ok(url.pathname + url.search);
}
