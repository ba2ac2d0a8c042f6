import assert from "node:assert/strict";
import { fail, type Result } from "../base/mod.ts";
import { settle, within } from "../testing/fake_clock.ts";
import {
  discoveredResource,
  discoveredVersion,
  discoveryExchanges,
  discoveryList,
  kubeconfigFor,
  openRecorded,
  refusal,
} from "../testing/recorded_cluster.ts";
import { codeOf } from "../testing/results.ts";
import type { Cluster } from "./cluster.ts";

const WEB = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "web" };
const DEPLOYMENT = { group: "apps", version: "v1", kind: "Deployment" };
const PATH = "/api/v1/namespaces/apps/configmaps/web";

function configMap(data: Record<string, unknown>, version = "7") {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "web", namespace: "apps", resourceVersion: version },
    data,
  };
}

Deno.test("each verb sends what the API expects of it", async () => {
  const intent = configMap({ a: "1" });
  const cases: {
    name: string;
    act: (cluster: Cluster) => Promise<Result<unknown>>;
    request: string;
    headers?: Record<string, string>;
    body?: unknown;
  }[] = [
    {
      name: "get",
      act: (c) => c.get(WEB),
      request: `GET ${PATH}`,
      headers: { authorization: "Bearer t0", accept: "application/json" },
    },
    {
      name: "get, metadata only",
      act: (c) => c.get(WEB, { metadataOnly: true }),
      request: `GET ${PATH}`,
      headers: { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" },
    },
    {
      name: "create",
      act: (c) => c.create(intent, { fieldManager: "m", dryRun: true }),
      request: "POST /api/v1/namespaces/apps/configmaps?fieldManager=m&dryRun=All",
      body: intent,
    },
    {
      name: "update",
      act: (c) => c.update(intent, { fieldManager: "m", subresource: "status" }),
      request: `PUT ${PATH}/status?fieldManager=m`,
      body: intent,
    },
    {
      name: "apply",
      act: (c) => c.apply(intent, { fieldManager: "m", force: true }),
      request: `PATCH ${PATH}?fieldManager=m&force=true`,
      headers: { "content-type": "application/apply-patch+yaml" },
      body: intent,
    },
    {
      name: "merge patch",
      act: (c) => c.patch(WEB, { data: null }, { fieldManager: "m", type: "merge" }),
      request: `PATCH ${PATH}?fieldManager=m`,
      headers: { "content-type": "application/merge-patch+json" },
      body: { data: null },
    },
    {
      name: "JSON patch",
      act: (c) => c.patch(WEB, [], { fieldManager: "m", type: "json", dryRun: true }),
      request: `PATCH ${PATH}?fieldManager=m&dryRun=All`,
      headers: { "content-type": "application/json-patch+json" },
      body: [],
    },
    {
      name: "remove",
      act: (c) => c.remove(WEB, { uid: "u1", propagation: "Foreground" }),
      request: `DELETE ${PATH}`,
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Foreground",
        preconditions: { uid: "u1" },
      },
    },
    {
      name: "another identity",
      act: (c) => c.as({ namespace: "apps", name: "deployer" }).get(WEB),
      request: `GET ${PATH}`,
      headers: { "impersonate-user": "system:serviceaccount:apps:deployer" },
    },
  ];

  for (const { name, act, ...exchange } of cases) {
    await using recorded = await openRecorded([
      ...discoveryExchanges(),
      { ...exchange, answer: { json: configMap({}) } },
    ]);
    assert.equal(codeOf(await act(recorded.cluster)), "ok", name);
  }
});

const tokens: { name: string; answer: unknown; want: string }[] = [
  { name: "the token", answer: { status: { token: "t1" } }, want: "t1" },
  { name: "no token for an answer without one", answer: { status: {} }, want: "InternalError" },
];

for (const { name, answer, want } of tokens) {
  Deno.test(`requestToken() asks for one audience and gives ${name}`, async () => {
    const core = [discoveredResource("ServiceAccount", "serviceaccounts")];
    await using recorded = await openRecorded([
      {
        request: "GET /api",
        answer: { json: discoveryList({ "": [discoveredVersion("v1", core)] }) },
      },
      { request: "GET /apis", answer: { json: discoveryList({}) } },
      {
        request: "POST /api/v1/namespaces/apps/serviceaccounts/web/token",
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { audiences: ["cloud"] },
        },
        answer: { status: 201, json: answer },
      },
    ]);

    const got = await recorded.cluster.requestToken({ namespace: "apps", name: "web" }, "cloud");

    assert.equal(got.ok ? got.value : got.code, want);
  });
}

Deno.test("a refusal keeps the server's reason, message and details", async () => {
  const message = 'configmaps "web" not found';
  const details = { name: "web", kind: "configmaps" };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    {
      request: `GET ${PATH}`,
      answer: { status: 404, json: refusal(404, "NotFound", message, details) },
    },
  ]);

  const got = await recorded.cluster.get(WEB);

  assert.deepEqual(got, fail("NotFound", message, { httpStatus: 404, details }));
});

Deno.test("an answer that is no Status still names what happened", async () => {
  const cases = [
    { status: 502, text: "<html>bad gateway", code: "InternalError" },
    { status: 503, text: "", code: "ServiceUnavailable" },
    { status: 200, text: "<html>log in", code: "InternalError" },
    { status: 200, json: { kind: "ConfigMap" }, code: "InternalError" },
  ];

  for (const { code, ...answer } of cases) {
    await using recorded = await openRecorded([
      ...discoveryExchanges(),
      { request: `GET ${PATH}`, answer },
    ]);
    assert.equal(codeOf(await recorded.cluster.get(WEB)), code, JSON.stringify(answer));
  }
});

Deno.test("64-bit integers and unknown fields survive a round trip", async () => {
  const data = { big: 9007199254740993n, unknown: { deep: [1, null] } };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request: `GET ${PATH}`, answer: { json: configMap(data) } },
    {
      request: `PUT ${PATH}?fieldManager=m`,
      body: configMap(data),
      answer: { json: configMap(data) },
    },
  ]);

  const read = await recorded.cluster.get(WEB);
  assert.ok(read.ok);
  const written = await recorded.cluster.update(read.value, { fieldManager: "m" });

  assert.deepEqual(written, { ok: true, value: configMap(data) });
});

Deno.test("a request without an answer ends at its deadline and gets new connections", async () => {
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request: `PATCH ${PATH}?fieldManager=m`, answer: { hangs: true } },
  ]);
  const { cluster, clock, pools } = recorded;
  const before = pools.length;

  const got = await within(cluster.apply(configMap({}), { fieldManager: "m" }), clock, 30_000);

  assert.deepEqual(got.ok ? got : { code: got.code, message: got.message }, {
    code: "Timeout",
    message: "https://10.0.0.1:6443 did not answer within 30 s",
  });
  assert.equal(pools.length, before + 2);
  assert.deepEqual(pools.map(({ http2 }) => http2), [false, false, false, false]);
});

Deno.test("a read is sent again over a broken connection, a write is not", async () => {
  const error = "error sending request from 127.0.0.1:39482 for https://10.0.0.1:6443/x " +
    "(10.0.0.1:6443): client error (SendRequest): connection closed before message completed";
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request: `GET ${PATH}`, answer: { error } },
    { request: `GET ${PATH}`, answer: { json: configMap({}) } },
    { request: `PATCH ${PATH}?fieldManager=m`, answer: { error } },
  ]);

  const read = await recorded.cluster.get(WEB);
  const written = await recorded.cluster.apply(configMap({}), { fieldManager: "m" });

  assert.equal(codeOf(read), "ok");
  assert.ok(!written.ok);
  assert.deepEqual([written.code, written.message], [
    "Unreachable",
    "Cannot reach https://10.0.0.1:6443: connection closed before message completed",
  ]);
});

Deno.test("a server that cannot be reached is named with the reason, always in the same words", async () => {
  const url = "url (https://10.0.0.1:6443/api?x=1)";
  const cases = [
    {
      error: `error sending request for ${url}: client error (Connect): tcp connect error: ` +
        "Connection refused (os error 111)",
      want: "tcp connect error: Connection refused (os error 111)",
    },
    {
      error:
        `error sending request for ${url}: client error (Connect): invalid peer certificate: ` +
        "UnknownIssuer",
      want: "invalid peer certificate: UnknownIssuer",
    },
    {
      error:
        `error sending request for ${url}: client error (Connect): invalid peer certificate: ` +
        "Other(OtherError(CaUsedAsEndEntity))",
      want: "its certificate is marked as an authority (CA:TRUE), which cannot serve; " +
        "issue one that is signed by an authority, or one with CA:FALSE",
    },
    { error: "error reading a body from connection", want: "error reading a body from connection" },
  ];

  for (const { error, want } of cases) {
    const broken = { request: `PATCH ${PATH}?fieldManager=m`, answer: { error } };
    await using recorded = await openRecorded([...discoveryExchanges(), broken]);
    const got = await recorded.cluster.apply(configMap({}), { fieldManager: "m" });
    assert.ok(!got.ok);
    assert.equal(got.message, `Cannot reach https://10.0.0.1:6443: ${want}`);
  }
});

Deno.test("Retry-After is honoured, three times", async () => {
  const busy = {
    request: `PATCH ${PATH}?fieldManager=m`,
    answer: {
      status: 429,
      headers: { "retry-after": "2" },
      json: refusal(429, "TooManyRequests", "too many"),
    },
  };
  const free = { request: busy.request, answer: { json: configMap({}) } };
  const cases = [
    { answers: [busy, busy, free], want: "ok" },
    { answers: [busy, busy, busy, busy], want: "TooManyRequests" },
    { answers: [{ ...busy, answer: { ...busy.answer, headers: {} } }], want: "TooManyRequests" },
  ];

  for (const { answers, want } of cases) {
    await using recorded = await openRecorded([...discoveryExchanges(), ...answers]);
    const pending = recorded.cluster.apply(configMap({}), { fieldManager: "m" });
    for (let second = 0; second < 8; second++) await recorded.clock.advance(1_000);
    assert.equal(codeOf(await pending), want);
  }
});

Deno.test("a list takes all pages and starts over in one piece when a page expired", async () => {
  const first = {
    request: "GET /api/v1/configmaps?labelSelector=a%3Db&limit=500",
    answer: {
      json: { metadata: { resourceVersion: "9", continue: "c1" }, items: [configMap({})] },
    },
  };
  const second = "GET /api/v1/configmaps?labelSelector=a%3Db&limit=500&continue=c1";
  const bare = { metadata: { name: "other", namespace: "apps" } };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    first,
    { request: second, answer: { json: { metadata: { resourceVersion: "9" }, items: [bare] } } },
    first,
    { request: second, answer: { status: 410, json: refusal(410, "Expired", "too old") } },
    {
      request: "GET /api/v1/configmaps?labelSelector=a%3Db",
      answer: { json: { metadata: { resourceVersion: "12" }, items: [bare] } },
    },
  ]);
  const gvk = { group: "", version: "v1", kind: "ConfigMap" };

  const paged = await recorded.cluster.list(gvk, { labelSelector: "a=b" });
  const restarted = await recorded.cluster.list(gvk, { labelSelector: "a=b" });

  const other = { ...bare, apiVersion: "v1", kind: "ConfigMap" };
  assert.deepEqual(paged, {
    ok: true,
    value: { resourceVersion: "9", items: [configMap({}), other] },
  });
  assert.deepEqual(restarted, { ok: true, value: { resourceVersion: "12", items: [other] } });
});

Deno.test("names that would change the address are refused before anything is sent", async () => {
  const names = ["..", ".", "", "a/b", "..%2f.."];
  await using recorded = await openRecorded(discoveryExchanges());

  for (const name of names) {
    assert.equal(codeOf(await recorded.cluster.get({ ...WEB, name })), "Invalid", name);
    const elsewhere = await recorded.cluster.get({ ...WEB, namespace: name });
    assert.equal(codeOf(elsewhere), name === "" ? "BadRequest" : "Invalid", name);
  }
});

Deno.test("a token file is read anew after a minute, and at once when the token is refused", async () => {
  let token = "t1";
  const get = (bearer: string, answer: { status?: number; json: unknown }) => ({
    request: `GET ${PATH}`,
    headers: { authorization: `Bearer ${bearer}` },
    answer,
  });
  const refused = { status: 401, json: refusal(401, "Unauthorized", "Unauthorized") };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    get("t1", { json: configMap({}) }),
    get("t1", refused),
    get("t2", { json: configMap({}) }),
    get("t3", { json: configMap({}) }),
    get("t3", refused),
  ], {
    kubeconfig: kubeconfigFor({ tokenFile: "/token" }),
    readFile: () => Promise.resolve(`${token}\n`),
  });
  const { cluster, clock } = recorded;
  const codes: string[] = [];

  codes.push(codeOf(await cluster.get(WEB)));
  token = "t2";
  codes.push(codeOf(await cluster.get(WEB)));
  token = "t3";
  await clock.advance(60_000);
  codes.push(codeOf(await cluster.get(WEB)));
  codes.push(codeOf(await cluster.get(WEB)));

  assert.deepEqual(codes, ["ok", "ok", "ok", "Unauthorized"]);
});

Deno.test("no more requests run at once than allowed", async () => {
  const hanging = { request: `GET ${PATH}`, answer: { hangs: true } };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    ...Array.from({ length: 32 }, () => hanging),
    ...Array.from({ length: 8 }, () => ({ ...hanging, answer: { json: configMap({}) } })),
  ]);
  const { cluster, clock, server } = recorded;
  await cluster.resourceOf(DEPLOYMENT);

  const pending = Array.from({ length: 40 }, () => cluster.get(WEB));
  await settle();
  const atOnce = server.requests.length - 2;
  const codes = (await within(Promise.all(pending), clock, 30_000)).map(codeOf);

  assert.equal(atOnce, 32);
  assert.equal(codes.filter((code) => code === "ok").length, 8);
});
