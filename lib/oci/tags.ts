/**
 * Lists of tags, page by page (OCI distribution specification, "Listing Tags").
 *
 * @module
 */
import { type Budget, fail, isRecord, Meter, ok, type Result } from "../base/mod.ts";
import type { HttpResponse } from "../http/mod.ts";
import { bracketsIn } from "./json.ts";
import type { Session } from "./session.ts";

const PAGE_SIZE = 1000;
const MOST_PAGES = 10_000;
const MOST_PAGE_BYTES = 16 << 20;
const LONGEST_LINK = 8192;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** All tags, in the registry's order; what is no tag by the specification is passed over. */
export async function fetchTags(
  session: Session,
  repository: string,
  budget: Budget,
): Promise<Result<readonly string[]>> {
  const meter = new Meter(budget);
  const tags: string[] = [];
  const seen = new Set<string>();
  let path: string | undefined = `/v2/${repository}/tags/list?n=${PAGE_SIZE}`;
  while (path !== undefined) {
    if (seen.has(path)) {
      return fail("InvalidAnswer", `GET ${session.origin}${path}: the list leads back to itself`);
    }
    if (seen.size === MOST_PAGES) {
      return fail("TooLarge", `${session.origin}: more than ${MOST_PAGES} pages of tags`);
    }
    seen.add(path);
    const page = await session.request({ path, maxBytes: MOST_PAGE_BYTES });
    if (!page.ok) return page;
    meter.spendBytes(page.value.body.length, `the tags of ${repository}`);
    const listed = parsePage(page.value);
    if (!listed.ok) return listed;
    meter.spendEntries(listed.value.length, `the tags of ${repository}`);
    for (const tag of listed.value) tags.push(tag);
    const next = nextPath(page.value.headers.get("link"), session.origin, path);
    if (!next.ok) return next;
    path = next.value;
  }
  return ok(tags);
}

function parsePage({ body, url }: HttpResponse): Result<readonly string[]> {
  const bad = fail("InvalidAnswer", `GET ${url}: the answer is no list of tags`);
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
  return ok(tags.filter((tag): tag is string => typeof tag === "string" && TAG.test(tag)));
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
