import assert from "node:assert/strict";
import { within } from "../testing/fake_clock.ts";
import {
  discoveredResource,
  discoveredVersion,
  discoveryExchanges,
  discoveryList,
  openRecorded,
} from "../testing/recorded_cluster.ts";
import { codeOf } from "../testing/results.ts";

const WEB = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "web" };
const DEPLOYMENT = { group: "apps", version: "v1", kind: "Deployment" };

Deno.test("NoMatch is said only after the server was asked again, once a second at most", async () => {
  await using recorded = await openRecorded([
    ...discoveryExchanges({}),
    ...discoveryExchanges({}),
    ...discoveryExchanges(),
  ]);
  const { cluster, clock, server } = recorded;

  const first = await cluster.resourceOf(DEPLOYMENT);
  const second = within(cluster.resourceOf(DEPLOYMENT), clock, 1_000);
  const shared = cluster.as({ namespace: "a", name: "b" }).resourceOf(DEPLOYMENT);
  const both = await Promise.all([second, shared]);
  const asked = server.requests.length;
  const found = await within(cluster.resourceOf(DEPLOYMENT), clock, 1_000);

  assert.ok(!first.ok);
  assert.equal(first.message, 'no matches for kind "Deployment" in version "apps/v1"');
  assert.deepEqual(both.map(codeOf), ["NoMatch", "NoMatch"]);
  assert.equal(asked, 4);
  assert.equal(codeOf(found), "ok");
});

Deno.test("an aggregated API that is away takes no other kind with it, and is not NoMatch", async () => {
  const metrics = { group: "metrics.k8s.io", version: "v1beta1", kind: "PodMetrics" };
  const up = [discoveredVersion("v1beta1", [discoveredResource("PodMetrics", "pods")])];
  const down = [discoveredVersion("v1beta1", [], "Stale")];
  const apps = [discoveredVersion("v1", [discoveredResource("Deployment", "deployments")])];
  const unknown = { ...metrics, kind: "NodeMetrics" };
  await using recorded = await openRecorded([
    ...discoveryExchanges({ apps, "metrics.k8s.io": up }),
    ...discoveryExchanges({ apps, "metrics.k8s.io": down }),
  ]);
  const { cluster, clock } = recorded;

  await cluster.resourceOf(metrics);
  const missing = await within(cluster.resourceOf(unknown), clock, 1_000);
  const kept = await cluster.resourceOf(metrics);
  const others = await cluster.resourceOf(DEPLOYMENT);

  assert.deepEqual([missing, kept, others].map(codeOf), ["ServiceUnavailable", "ok", "ok"]);
});

Deno.test("discovery falls back to one request for each group version", async () => {
  const group = {
    name: "apps",
    versions: [{ groupVersion: "apps/v1" }, { groupVersion: "apps/v2" }],
  };
  const deployments = { name: "deployments", kind: "Deployment", namespaced: true, verbs: ["get"] };
  const scale = { name: "deployments/scale", kind: "Scale", namespaced: true, verbs: ["get"] };
  await using recorded = await openRecorded([
    { request: "GET /api", answer: { json: { kind: "APIVersions", versions: [] } } },
    { request: "GET /apis", answer: { json: { kind: "APIGroupList", groups: [group] } } },
    {
      request: "GET /apis/apps/v1",
      answer: { json: { kind: "APIResourceList", resources: [deployments, scale] } },
    },
    { request: "GET /apis/apps/v2", answer: { status: 503, text: "away" } },
  ]);

  const got = await recorded.cluster.resourceOf(DEPLOYMENT);

  assert.deepEqual(got, {
    ok: true,
    value: { gvk: DEPLOYMENT, plural: "deployments", namespaced: true, verbs: ["get"] },
  });
});

Deno.test("discovery that did not change is not sent again", async () => {
  const core = discoveryList({ "": [discoveredVersion("v1", [])] });
  const etag = { etag: '"one"' };
  await using recorded = await openRecorded([
    { request: "GET /api", answer: { json: core, headers: etag } },
    { request: "GET /apis", answer: { json: discoveryList({}), headers: etag } },
    { request: "GET /api", headers: { "if-none-match": '"one"' }, answer: { status: 304 } },
    { request: "GET /apis", headers: { "if-none-match": '"one"' }, answer: { status: 304 } },
  ]);

  await recorded.cluster.resourceOf(DEPLOYMENT);
  const again = await within(recorded.cluster.resourceOf(DEPLOYMENT), recorded.clock, 1_000);

  assert.equal(codeOf(again), "NoMatch");
});

Deno.test("a kind that is served no more is NoMatch, not an object that is missing", async () => {
  const gone = { status: 404, text: "404 page not found\n" };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request: "GET /apis/apps/v1/namespaces/apps/deployments/web", answer: gone },
    ...discoveryExchanges({}),
  ]);
  const { cluster, clock } = recorded;

  const pending = cluster.get({ ...WEB, apiVersion: "apps/v1", kind: "Deployment" });
  for (let second = 0; second < 3; second++) await clock.advance(1_000);

  assert.equal(codeOf(await pending), "NoMatch");
});

Deno.test("a page that is not found says nothing of an object whose kind is served", async () => {
  const page = { status: 404, text: "<html>default backend - 404</html>" };
  const request = "GET /apis/apps/v1/namespaces/apps/deployments/web";
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request, answer: page },
    ...discoveryExchanges(),
    { request, answer: page },
  ]);
  const { cluster, clock } = recorded;

  const pending = cluster.get({ ...WEB, apiVersion: "apps/v1", kind: "Deployment" });
  for (let second = 0; second < 3; second++) await clock.advance(1_000);

  assert.equal(codeOf(await pending), "ServiceUnavailable");
});
