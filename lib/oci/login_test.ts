import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import { findLogin } from "./docker_config.ts";
import {
  ACCESS,
  BEARER,
  broken,
  challenge,
  empty,
  fakeRegistry,
  LIST,
  LOGIN,
  PING,
  refused,
  said,
  tags,
  TOKEN,
} from "./registry_fakes_test.ts";

Deno.test("a login goes to a registry that wants it as it is", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Basic realm="reg"'),
    [LIST]: tags(["a"]),
  });

  const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests, [`${PING} -`, `${LIST} Basic ${btoa("me:hunter22")}`]);
});

Deno.test("our certificate goes to the registry, and not to another server that gives tokens", async () => {
  const { oci, clientCerts } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: () => Response.json({ token: "t1" }),
    [LIST]: tags(["a"]),
  });

  const tls = { caCert: "CA", clientCert: "CERT", clientKey: "KEY" };
  const got = await oci.listTags({ ...ACCESS, tls }, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(clientCerts, [PING, LIST]);
});

Deno.test("a login does not follow where the server of tokens points", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: () =>
      new Response(null, { status: 307, headers: { location: "https://evil.io/token" } }),
    "GET https://evil.io/token": () => Response.json({ token: "t1" }),
    [LIST]: tags(["a"]),
  });

  await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(requests.includes("GET https://evil.io/token -"), requests.join("\n"));
});

Deno.test("a registry that sends us elsewhere for its door gets no login told", async () => {
  const there = "GET https://evil.io/v2/";
  const { oci, requests } = fakeRegistry({
    [PING]: () => new Response(null, { status: 307, headers: { location: "https://evil.io/v2/" } }),
    [there]: challenge('Bearer realm="https://evil.io/token"'),
    "GET https://evil.io/token?scope=repository%3Aorg%2Fapp%3Apull": () =>
      Response.json({ token: "t1" }),
    [LIST]: tags(["a"]),
  });

  await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(requests.every((request) => !request.includes("Basic")), requests.join("\n"));
});

Deno.test("where a registry keeps its blobs nobody says how to log in", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const manifest = `GET https://reg.io/v2/org/app/manifests/${digest}`;
  const location = "https://store.io/x";
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [manifest]: () => new Response(null, { status: 307, headers: { location } }),
    [`GET ${location}`]: challenge('Bearer realm="https://store.io/token"'),
  });

  const got = await oci.fetchCreated({ ...ACCESS, login: LOGIN }, digest, defaultBudget());

  assert.equal(got.ok ? "ok" : got.code, "Unauthorized");
  assert.deepEqual(requests.slice(2), [`GET ${location} -`]);
});

const ELSEWHERE = "GET https://tokens.example/token?scope=repository%3Aorg%2Fapp%3Apull";
const KEPT_BACK =
  "the login was kept from tokens.example, which is another site: whoever wants it " +
  "to go there names that host in the same docker configuration";

Deno.test("a login is kept from a server of tokens of another site, and a refusal says so", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Bearer realm="https://tokens.example/token"'),
    [ELSEWHERE]: () => Response.json({ token: "t1" }),
    [LIST]: refused(401, { errors: [{ code: "UNAUTHORIZED", message: "no" }] }),
  });

  const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.equal(said(got), `Unauthorized: ${LIST}: UNAUTHORIZED: no (${KEPT_BACK})`);
  assert.ok(requests.every((request) => !request.includes("Basic")), requests.join("\n"));
});

Deno.test("a login goes to a server of another site that the same configuration names", async () => {
  const auths = { "reg.io": LOGIN, "https://tokens.example/": LOGIN, "quay.io": { auth: "eDp5" } };
  const login = findLogin(JSON.stringify({ auths }), ACCESS.image);
  assert.deepEqual(login, { ok: true, value: { ...LOGIN, otherHosts: ["tokens.example"] } });
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Bearer realm="https://tokens.example/token"'),
    [ELSEWHERE]: () => Response.json({ token: "t1" }),
    [LIST]: tags(["a"]),
  });

  const got = await oci.listTags({ ...ACCESS, login: login.value }, defaultBudget());

  assert.ok(got.ok);
  assert.ok(requests.includes(`${ELSEWHERE} Basic ${btoa("me:hunter22")}`), requests.join("\n"));
});

const ADDRESSES: Readonly<Record<string, string>> = {
  "reg.io": "140.82.121.4",
  "near.io": "10.0.0.7",
  "metadata.io": "169.254.169.254",
};
const TOKENS_AT = [
  { registry: "reg.io", server: "near.io", isAsked: false },
  { registry: "reg.io", server: "10.96.0.1", isAsked: false },
  { registry: "reg.io", server: "metadata.io", isAsked: false },
  { registry: "near.io", server: "near.io", isAsked: true },
  { registry: "near.io", server: "10.0.0.8", isAsked: true },
  { registry: "near.io", server: "169.254.169.254", isAsked: false },
];

for (const { registry, server, isAsked } of TOKENS_AT) {
  const deed = isAsked ? "is" : "is not";
  Deno.test(`${server} ${deed} asked for a token because ${registry} says so`, async () => {
    const scope = "scope=repository%3Aorg%2Fapp%3Apull";
    const { oci, requests } = fakeRegistry({
      [`GET https://${registry}/v2/`]: challenge(`Bearer realm="https://${server}/token"`),
      [`GET https://${server}/token?${scope}`]: () => Response.json({ token: "t1" }),
      [`GET https://${registry}/v2/org/app/tags/list?n=1000`]: tags(["a"]),
    }, { resolve: (host) => Promise.resolve([ADDRESSES[host] ?? host]) });

    const image = `${registry}/org/app`;
    const got = await oci.listTags({ ...ACCESS, image, login: LOGIN }, defaultBudget());

    assert.equal(got.ok ? "asked" : got.code, isAsked ? "asked" : "RefusedAddress");
    assert.equal(requests.length, isAsked ? 3 : 1);
  });
}

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
