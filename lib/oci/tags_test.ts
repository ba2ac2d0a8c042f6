import assert from "node:assert/strict";
import { type Budget, defaultBudget } from "../base/mod.ts";
import { retryAfterMs } from "./failure.ts";
import {
  ACCESS,
  type Answer,
  empty,
  fakeRegistry,
  LIST,
  LOGIN,
  PING,
  refused,
  said,
  taggedPage,
  tags,
  tagsOf,
} from "./registry_fakes_test.ts";

Deno.test("listTags() gives what the registry lists", async () => {
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: tags(["1.0", "1.1"]) });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(tagsOf(got), { ok: true, value: ["1.0", "1.1"] });
  assert.deepEqual(requests, [`${PING} -`, `${LIST} -`]);
});

Deno.test("listTags() passes over what is no tag, and takes null for nothing", async () => {
  const next = { link: '</v2/org/app/tags/list?last=a>; rel="next"' };
  const { oci } = fakeRegistry({
    [PING]: empty,
    [LIST]: () =>
      Response.json({ tags: ["a", "b\n- c", 1, "", "x".repeat(129)] }, { headers: next }),
    "GET https://reg.io/v2/org/app/tags/list?last=a": () => Response.json({ tags: null }),
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(tagsOf(got), { ok: true, value: ["a"] });
});

const links = [
  { name: "relative to the host", link: '</v2/org/app/tags/list?n=1000&last=a>; rel="next"' },
  { name: "relative to the page", link: "<list?n=1000&last=a>; rel=next" },
  { name: "absolute", link: '<https://reg.io/v2/org/app/tags/list?n=1000&last=a>; rel="next"' },
  {
    name: "absolute, by a registry that does not know its own scheme",
    link: '<http://reg.io/v2/org/app/tags/list?n=1000&last=a>; rel="next"',
  },
];

for (const { name, link } of links) {
  Deno.test(`listTags() follows a next page that is ${name}`, async () => {
    const { oci } = fakeRegistry({
      [PING]: empty,
      [LIST]: tags(["a"], link),
      [`${LIST}&last=a`]: tags(["b"]),
    });

    const got = await oci.listTags(ACCESS, defaultBudget());

    assert.deepEqual(tagsOf(got), { ok: true, value: ["a", "b"] });
  });
}

const limits: { name: string; answer: Answer; budget?: Partial<Budget>; want: string }[] = [
  {
    name: "a list that leads back to itself",
    answer: tags(["a"], '</v2/org/app/tags/list?n=1000>; rel="next"'),
    want: `InvalidAnswer: ${LIST}: the list leads back to itself`,
  },
  {
    name: "a next page on another server",
    answer: tags(["a"], '<https://evil.io/v2/org/app/tags/list>; rel="next"'),
    want: `InvalidAnswer: ${LIST}: the next page is on another server`,
  },
  {
    name: "more tags than the budget has",
    answer: tags(["a", "b"]),
    budget: { entries: 1 },
    want: "TooLarge: More than 1 entries at the tags of org/app",
  },
  {
    name: "more bytes than the budget has",
    answer: tags(["a".repeat(100)]),
    budget: { bytes: 64 },
    want: "TooLarge: https://reg.io/v2/org/app/tags/list?n=1000 answered more than 64 bytes",
  },
  {
    name: "what is nested deeply",
    answer: () => new Response(`{"tags":${"[".repeat(100_000)}`),
    want: `InvalidAnswer: ${LIST}: the answer is no list of tags`,
  },
  {
    name: "what is no list",
    answer: () => Response.json({ tags: "a" }),
    want: `InvalidAnswer: ${LIST}: the answer is no list of tags`,
  },
];

for (const { name, answer, budget, want } of limits) {
  Deno.test(`listTags() refuses ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: empty, [LIST]: answer });

    const got = await oci.listTags(ACCESS, { ...defaultBudget(), ...budget });

    assert.equal(said(got), want);
  });
}

Deno.test("listTags() does not repeat the address that a registry leads to, which may be signed", async () => {
  const storage = "https://cdn.reg.io/list?sig=hunter22";
  const { oci } = fakeRegistry({
    [PING]: empty,
    [LIST]: () => Response.redirect(storage),
    [`GET ${storage}`]: () => Response.json([]),
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.equal(said(got), `InvalidAnswer: ${LIST}: the answer is no list of tags`);
});

const answers: { name: string; answer: Answer; want: string }[] = [
  {
    name: "an unknown image",
    answer: refused(404, { errors: [{ code: "NAME_UNKNOWN", message: "name unknown" }] }),
    want: `NotFound: ${LIST}: NAME_UNKNOWN: name unknown`,
  },
  {
    name: "a detail as Go prints it",
    answer: refused(401, {
      errors: [{
        code: "UNAUTHORIZED",
        message: "authentication required",
        detail: [{ Type: "repository", Class: "", Name: "org/app", Action: "pull" }],
      }],
    }),
    want: `Unauthorized: ${LIST}: UNAUTHORIZED: authentication required; ` +
      "[map[Action:pull Class: Name:org/app Type:repository]]",
  },
  {
    name: "several errors",
    answer: refused(403, {
      errors: [{ code: "DENIED", message: "no" }, { code: "UNSUPPORTED", message: "never" }],
    }),
    want: `Unauthorized: ${LIST}: multiple errors returned: DENIED: no; UNSUPPORTED: never`,
  },
  {
    name: "a page of a proxy",
    answer: () => new Response("<h1>down</h1>", { status: 500 }),
    want: `HttpStatus: ${LIST}: unexpected status code 500 Internal Server Error: <h1>down</h1>`,
  },
  {
    name: "a body that repeats the login",
    answer: () => new Response("bad password hunter22", { status: 403 }),
    want: `Unauthorized: ${LIST}: unexpected status code 403 Forbidden: bad password *****`,
  },
];

for (const { name, answer, want } of answers) {
  Deno.test(`listTags() reports ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: empty, [LIST]: answer });

    const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

    assert.equal(said(got), want);
  });
}

const busy = [
  { status: 429, code: "TooManyRequests", text: "Too Many Requests" },
  { status: 503, code: "HttpStatus", text: "Service Unavailable" },
];

for (const { status, code, text } of busy) {
  Deno.test(`listTags() says how long a registry that answers ${status} wants to be left alone`, async () => {
    const answer = () => new Response(null, { status, headers: { "retry-after": "30" } });
    const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: answer });

    const got = await oci.listTags(ACCESS, defaultBudget());

    assert.equal(said(got), `${code}: ${LIST}: unexpected status code ${status} ${text}`);
    assert.equal(got.ok ? 0 : retryAfterMs(got), 30_000);
    assert.equal(requests.length, 2);
  });
}

Deno.test("listTags() leaves a registry alone at once that wants it for long, by a date too", async () => {
  const headers = {
    "date": "Wed, 21 Oct 2026 07:28:00 GMT",
    "retry-after": "Wed, 21 Oct 2026 08:28:00 GMT",
  };
  const answer = () => new Response(null, { status: 429, headers });
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: answer });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.equal(got.ok ? 0 : retryAfterMs(got), 3_600_000);
  assert.equal(requests.length, 2);
});

Deno.test("in the middle of a list a busy registry is waited for", async () => {
  const second = "GET https://reg.io/v2/org/app/tags/list?n=1000&last=b";
  const next = '</v2/org/app/tags/list?n=1000&last=b>; rel="next"';
  const { oci, requests, clock } = fakeRegistry({
    [PING]: empty,
    [LIST]: tags(["a", "b"], next),
    [second]: [
      () => new Response(null, { status: 429, headers: { "retry-after": "20" } }),
      tags(["c"]),
    ],
  });

  const pending = oci.listTags(ACCESS, defaultBudget());
  await clock.advance(20_000);

  assert.deepEqual(tagsOf(await pending), { ok: true, value: ["a", "b", "c"] });
  assert.equal(requests.length, 4);
});

const SECOND = `${LIST}&last=b`;
const NEXT = '</v2/org/app/tags/list?n=1000&last=b>; rel="next"';

Deno.test("an unchanged list costs one request, and nothing of it is sent again", async () => {
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: taggedPage(["a"], '"1"') });

  const first = await oci.listTags(ACCESS, defaultBudget());
  const again = await oci.listTags(ACCESS, defaultBudget(), first.ok ? first.value : undefined);
  const third = await oci.listTags(ACCESS, defaultBudget(), again.ok ? again.value : undefined);

  for (const got of [first, again, third]) {
    assert.deepEqual(tagsOf(got), { ok: true, value: ["a"] });
  }
  const conditional = `${LIST} - if not "1"`;
  assert.deepEqual(requests, [`${PING} -`, `${LIST} -`, conditional, conditional]);
});

Deno.test("of a list of several pages only the changed ones are sent again", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [LIST]: taggedPage(["a", "b"], '"1"', NEXT),
    [SECOND]: [taggedPage(["c"], 'W/"2"'), taggedPage(["c", "d"], 'W/"3"')],
  });

  const first = await oci.listTags(ACCESS, defaultBudget());
  const again = await oci.listTags(ACCESS, defaultBudget(), first.ok ? first.value : undefined);

  assert.deepEqual(tagsOf(again), { ok: true, value: ["a", "b", "c", "d"] });
  assert.deepEqual(requests.slice(3), [`${LIST} - if not "1"`, `${SECOND} - if not W/"2"`]);
});

Deno.test("what one registry said is no condition for another", async () => {
  const other = "GET https://other.io/v2/org/app/tags/list?n=1000";
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [LIST]: taggedPage(["a"], '"1"'),
    "GET https://other.io/v2/": empty,
    [other]: taggedPage(["b"], '"1"'),
  });

  const first = await oci.listTags(ACCESS, defaultBudget());
  const there = { ...ACCESS, image: "other.io/org/app" };
  const got = await oci.listTags(there, defaultBudget(), first.ok ? first.value : undefined);

  assert.deepEqual(tagsOf(got), { ok: true, value: ["b"] });
  assert.equal(requests.at(-1), `${other} -`);
});

const PAGE = "GET https://reg.io/v2/org/app/tags/list";
const TOO_MANY = refused(400, { errors: [{ code: "PAGINATION_NUMBER_INVALID", message: "n" }] });

Deno.test("a registry that gives fewer tags a page is asked for fewer, the next time at once", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [LIST]: TOO_MANY,
    [`${PAGE}?n=100`]: tags(["a"]),
  });

  const first = await oci.listTags(ACCESS, defaultBudget());
  const again = await oci.listTags(ACCESS, defaultBudget(), first.ok ? first.value : undefined);

  for (const got of [first, again]) assert.deepEqual(tagsOf(got), { ok: true, value: ["a"] });
  const hundred = `${PAGE}?n=100 -`;
  assert.deepEqual(requests, [`${PING} -`, `${LIST} -`, hundred, hundred]);
});

Deno.test("a registry that takes no number is asked without, and its first refusal is told", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [LIST]: TOO_MANY,
    [`${PAGE}?n=100`]: refused(422, {}),
    [PAGE]: [tags(["a"]), refused(400, {})],
  });

  const first = await oci.listTags(ACCESS, defaultBudget());
  const again = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(tagsOf(first), { ok: true, value: ["a"] });
  assert.equal(said(again), `HttpStatus: ${LIST}: PAGINATION_NUMBER_INVALID: n`);
  assert.equal(requests.length, 7);
});

const endless: { name: string; page: (count: number) => readonly string[]; most: number }[] = [
  { name: "pages of the same tags under other addresses", page: () => ["a"], most: 3 },
  { name: "empty pages", page: () => [], most: 11 },
];

for (const { name, page, most } of endless) {
  Deno.test(`listTags() refuses a list that goes on with ${name}`, async () => {
    let count = 0;
    const next = () => `</v2/org/app/tags/list?n=1000&at=${++count}>; rel="next"`;
    const answer: Answer = (request) => tags(page(count), next())(request);
    const pages = Array.from({ length: 20 }, (_, at) => [`${LIST}&at=${at}`, answer]);
    const { oci, requests } = fakeRegistry({
      [PING]: empty,
      [LIST]: answer,
      ...Object.fromEntries(pages),
    });

    const got = await oci.listTags(ACCESS, defaultBudget());

    assert.equal(got.ok ? "" : got.code, "InvalidAnswer");
    assert.match(got.ok ? "" : got.message, /leads back to itself/);
    assert.ok(requests.length <= most, `${requests.length} requests`);
  });
}

Deno.test("listTags() refuses a body that never ends, after as much as a page may have", async () => {
  let sent = 0;
  const chunk = new TextEncoder().encode(`${'"a",'.repeat(1 << 16)}`);
  const body = () =>
    new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
      },
    });
  const { oci } = fakeRegistry({ [PING]: empty, [LIST]: () => new Response(body()) });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.equal(got.ok ? "" : got.code, "TooLarge");
  assert.ok(sent <= (16 << 20) + 4 * chunk.length, `${sent} bytes`);
});

Deno.test("9,000 tags come by pages of 100 where a registry gives no more", async () => {
  const all = Array.from({ length: 9_000 }, (_, index) => `1.${index}.0`);
  const page = (from: number): Answer => {
    const until = from + 100;
    const more = `</v2/org/app/tags/list?n=1000&at=${until}>; rel="next"`;
    return tags(all.slice(from, until), until < all.length ? more : undefined);
  };
  const further = Array.from({ length: 89 }, (_, index) => 100 * (index + 1));
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [LIST]: page(0),
    ...Object.fromEntries(further.map((from) => [`${LIST}&at=${from}`, page(from)])),
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(tagsOf(got), { ok: true, value: all });
  assert.equal(requests.length, 91);
});

Deno.test("listTags() ends with its budget", async () => {
  const { oci } = fakeRegistry({ [PING]: empty, [LIST]: tags(["a"]) });

  const got = await oci.listTags(ACCESS, defaultBudget(AbortSignal.abort()));

  assert.equal(got.ok ? "ok" : got.code, "Timeout");
});
