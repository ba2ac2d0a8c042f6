import assert from "node:assert/strict";
import { type Budget, defaultBudget, type Result, sha256Digest } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type ImageAccess, type OciClient, openOci } from "./client.ts";
import { retryAfterMs } from "./failure.ts";

const ACCESS: ImageAccess = { image: "reg.io/org/app", insecure: false, login: undefined };
const LOGIN = { username: "me", password: "hunter22" };
const LIST = "GET https://reg.io/v2/org/app/tags/list?n=1000";
const PING = "GET https://reg.io/v2/";
const DIGEST = `sha256:${"a".repeat(64)}`;

type Answer = () => Response;

/** Answers of a registry by request; the last one of a list is given again. */
type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

Deno.test("listTags() gives what the registry lists", async () => {
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: tags(["1.0", "1.1"]) });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(got, { ok: true, value: ["1.0", "1.1"] });
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

  assert.deepEqual(got, { ok: true, value: ["a"] });
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

    assert.deepEqual(got, { ok: true, value: ["a", "b"] });
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
    answer: () => new Response("bad password hunter22", { status: 400 }),
    want: `HttpStatus: ${LIST}: unexpected status code 400 Bad Request: bad password *****`,
  },
];

for (const { name, answer, want } of answers) {
  Deno.test(`listTags() reports ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: empty, [LIST]: answer });

    const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

    assert.equal(said(got), want);
  });
}

Deno.test("listTags() says how long the registry wants to be left alone", async () => {
  const busy = () => new Response(null, { status: 429, headers: { "retry-after": "30" } });
  const clock = new FakeClock();
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: busy }, clock);

  const pending = oci.listTags(ACCESS, defaultBudget());
  await clock.advance(60_000);
  const got = await pending;

  assert.equal(said(got), `TooManyRequests: ${LIST}: unexpected status code 429 Too Many Requests`);
  assert.equal(got.ok ? 0 : retryAfterMs(got), 30_000);
  assert.equal(requests.length, 4);
});

Deno.test("a login goes to a registry that wants it as it is", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Basic realm="reg"'),
    [LIST]: tags(["a"]),
  });

  const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests, [`${PING} -`, `${LIST} Basic ${btoa("me:hunter22")}`]);
});

const TOKEN = "GET https://auth.reg.io/token?scope=repository%3Aorg%2Fapp%3Apull&service=reg.io";
const BEARER = challenge(
  'Basic realm="x", Bearer realm="https://auth.reg.io/token",service="reg.io"',
);

Deno.test("a token is asked for where the registry says", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: () => Response.json({ access_token: "t1" }),
    [LIST]: tags(["a"]),
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests, [`${PING} -`, `${TOKEN} -`, `${LIST} Bearer t1`]);
});

Deno.test("a login goes to the server of tokens, and an old token is renewed once", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: [() => Response.json({ token: "t1" }), () => Response.json({ token: "t2" })],
    [LIST]: [refused(401, {}), tags(["a"])],
  });

  const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(got.ok);
  const basic = `Basic ${btoa("me:hunter22")}`;
  assert.deepEqual(requests, [
    `${PING} -`,
    `${TOKEN} ${basic}`,
    `${LIST} Bearer t1`,
    `${TOKEN} ${basic}`,
    `${LIST} Bearer t2`,
  ]);
});

const challenges = [
  {
    name: "a server of tokens without TLS",
    header: 'Bearer realm="http://auth.reg.io/token"',
    want: "InvalidAnswer: https://reg.io names no https address that gives tokens",
  },
  {
    name: "a way to log in that it does not know",
    header: "Negotiate abc==",
    want: `Unauthorized: ${PING}: unrecognized challenge: negotiate`,
  },
];

for (const { name, header, want } of challenges) {
  Deno.test(`listTags() refuses ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: challenge(header) });

    assert.equal(said(await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget())), want);
  });
}

Deno.test("http is tried after https where it is allowed, and both failures are told", async () => {
  const { oci } = fakeRegistry({ [PING]: broken, "GET http://reg.io/v2/": broken });

  const strict = await oci.listTags(ACCESS, defaultBudget());
  const lax = await oci.listTags({ ...ACCESS, insecure: true }, defaultBudget());

  const failed = (scheme: string, port: number) =>
    `Get "${scheme}://reg.io/v2/": dial tcp reg.io:${port}: connect: connection refused`;
  assert.equal(said(strict), `Unreachable: ${failed("https", 443)}`);
  assert.equal(said(lax), `Unreachable: ${failed("https", 443)}; ${failed("http", 80)}`);
});

Deno.test("no login goes over http to a registry that refused over https", async () => {
  const { oci, requests } = fakeRegistry({ [PING]: refused(403, {}) });

  const got = await oci.listTags({ ...ACCESS, insecure: true, login: LOGIN }, defaultBudget());

  assert.ok(!got.ok);
  assert.deepEqual(requests, [`${PING} -`]);
});

const MANIFEST = "https://reg.io/v2/org/app/manifests/1.0";

Deno.test("fetchDigest() asks for the digest alone", async () => {
  const headers = { "docker-content-digest": DIGEST };
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [`HEAD ${MANIFEST}`]: () => new Response(null, { headers }),
  });

  const got = await oci.fetchDigest(ACCESS, "1.0", defaultBudget());

  assert.deepEqual(got, { ok: true, value: DIGEST });
  assert.equal(requests.length, 2);
});

Deno.test("fetchDigest() computes what the registry leaves out", async () => {
  const { oci } = fakeRegistry({
    [PING]: empty,
    [`HEAD ${MANIFEST}`]: empty,
    [`GET ${MANIFEST}`]: () => new Response("{}"),
  });

  const got = await oci.fetchDigest(ACCESS, "1.0", defaultBudget());

  assert.equal(
    got.ok && got.value,
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  );
});

const digests: { name: string; tag?: string; answer: Answer; want: string }[] = [
  {
    name: "a tag that is not there",
    answer: () => new Response(null, { status: 404 }),
    want: `NotFound: HEAD ${MANIFEST}: unexpected status code 404 Not Found ` +
      "(HEAD responses have no body, use GET for details)",
  },
  {
    name: "a digest that is none",
    answer: () => new Response(null, { headers: { "docker-content-digest": "x y" } }),
    want: `InvalidAnswer: HEAD ${MANIFEST}: docker-content-digest is no digest`,
  },
  {
    name: "a tag that is a path",
    tag: "../a",
    answer: empty,
    want: 'InvalidName: "../a" is no tag',
  },
];

for (const { name, tag = "1.0", answer, want } of digests) {
  Deno.test(`fetchDigest() refuses ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: empty, [`HEAD ${MANIFEST}`]: answer });

    assert.equal(said(await oci.fetchDigest(ACCESS, tag, defaultBudget())), want);
  });
}

Deno.test("fetchCreated() takes its login to the registry, and not to where that keeps its blobs", async () => {
  const config = JSON.stringify({ created: "2024-05-06T07:08:09Z" });
  const manifest = JSON.stringify({
    config: { digest: sha256Digest(config), size: config.length },
  });
  const blob = `GET https://reg.io/v2/org/app/blobs/${sha256Digest(config)}`;
  const image = `GET https://reg.io/v2/org/app/manifests/${sha256Digest(manifest)}`;
  const stored = { status: 307, headers: { location: "https://store.io/x?signed" } };
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Basic realm="reg"'),
    [image]: () => new Response(manifest),
    [blob]: () => new Response(null, stored),
    "GET https://store.io/x?signed": () => new Response(config),
  });

  const got = await oci.fetchCreated(
    { ...ACCESS, login: LOGIN },
    sha256Digest(manifest),
    defaultBudget(),
  );

  assert.deepEqual(got, { ok: true, value: "2024-05-06T07:08:09Z" });
  const login = `Basic ${btoa("me:hunter22")}`;
  assert.deepEqual(requests, [
    `${PING} -`,
    `${image} ${login}`,
    `${blob} ${login}`,
    "GET https://store.io/x?signed -",
  ]);
});

Deno.test("listTags() ends with its budget", async () => {
  const { oci } = fakeRegistry({ [PING]: empty, [LIST]: tags(["a"]) });

  const got = await oci.listTags(ACCESS, defaultBudget(AbortSignal.abort()));

  assert.equal(got.ok ? "ok" : got.code, "Timeout");
});

function fakeRegistry(
  answers: Answers,
  clock = new FakeClock(),
): { oci: OciClient; requests: string[] } {
  const requests: string[] = [];
  const counts = new Map<string, number>();
  const http = openHttp({
    clock,
    transport(request) {
      const asked = `${request.method} ${request.url}`;
      requests.push(`${asked} ${request.headers.get("authorization") ?? "-"}`);
      const count = counts.get(asked) ?? 0;
      counts.set(asked, count + 1);
      const known = answers[asked];
      assert.ok(known !== undefined, `no answer to ${asked}`);
      const list = typeof known === "function" ? [known] : known;
      request.signal.throwIfAborted();
      return Promise.resolve().then(list[count] ?? list.at(-1));
    },
  });
  return { oci: openOci(http), requests };
}

function empty(): Response {
  return Response.json({});
}

function broken(): Response {
  throw new TypeError("tcp connect error: Connection refused (os error 111)");
}

function tags(list: readonly string[], link?: string): Answer {
  return () => Response.json({ name: "org/app", tags: list }, link ? { headers: { link } } : {});
}

function refused(status: number, body: unknown): Answer {
  return () => Response.json(body, { status });
}

function challenge(header: string): Answer {
  return () => new Response(null, { status: 401, headers: { "www-authenticate": header } });
}

function said(result: Result<unknown>): string {
  return result.ok ? "ok" : `${result.code}: ${result.message}`;
}
