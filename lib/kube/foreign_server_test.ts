/**
 * What a server that is not our operator's may cost: one deadline, so many bytes, so much time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { settle } from "../testing/fake_clock.ts";
import { discoveryExchanges, openRecorded } from "../testing/recorded_cluster.ts";
import { type Exchange, RecordedStream } from "../testing/recorded_fetch.ts";

const WEB = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "web" };
const PATH = "/api/v1/namespaces/apps/configmaps/web";
const CONFIG_MAPS = { group: "", version: "v1", kind: "ConfigMap" };
const hanging: Exchange = { request: `GET ${PATH}`, answer: { hangs: true } };
const answering: Exchange = { request: `GET ${PATH}`, answer: { json: configMap("web") } };

function configMap(name: string, value = "", resourceVersion = "7") {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "apps", uid: name, resourceVersion },
    data: { value },
  };
}

Deno.test("a server that hangs costs one deadline; who comes after it hears so at once", async () => {
  await using recorded = await openRecorded(
    [...discoveryExchanges(), answering, hanging, hanging],
    { restMs: 10_000 },
  );
  const { cluster, clock, server } = recorded;
  await cluster.get(WEB);
  await clock.advance(1);

  const both = [cluster.get(WEB), cluster.get(WEB)];
  await clock.advance(30_000);
  const late = await Promise.all(both);
  const asked = server.requests.length;
  const next = await cluster.get(WEB);

  assert.deepEqual(late.map((got) => got.ok || got.code), ["Timeout", "Timeout"]);
  assert.deepEqual([next, server.requests.length], [late[1], asked]);
  server.expect(answering);
  await clock.advance(10_000);
  assert.ok((await cluster.get(WEB)).ok);
});

Deno.test("a request that others overtake is slow by itself, and the server is asked on", async () => {
  await using recorded = await openRecorded(
    [...discoveryExchanges(), answering, hanging, answering, answering],
    { restMs: 10_000 },
  );
  const { cluster, clock } = recorded;
  await cluster.get(WEB);

  const slow = cluster.get(WEB);
  await clock.advance(20_000);
  const other = await cluster.get(WEB);
  await clock.advance(10_000);

  assert.equal((await slow).ok, false);
  assert.ok(other.ok && (await cluster.get(WEB)).ok);
});

Deno.test("until() begins nothing after its time, as whoever", async () => {
  await using recorded = await openRecorded([...discoveryExchanges(), answering, answering]);
  const { cluster, clock } = recorded;
  const limited = cluster.until(clock.monotonicMs() + 1_000).as({ namespace: "apps", name: "a" });

  const before = await limited.get(WEB);
  await clock.advance(1_000);
  const after = await limited.get(WEB);

  assert.ok(before.ok && (await cluster.get(WEB)).ok);
  assert.ok(!after.ok);
  assert.equal(after.code, "Timeout");
});

function page(continueAt: string, next = ""): Exchange {
  const query = continueAt === "" ? "" : `&continue=${continueAt}`;
  const items = [configMap(`a${continueAt}`, "x".repeat(600))];
  return {
    request: `GET /api/v1/configmaps?limit=500${query}`,
    answer: { json: { metadata: { resourceVersion: "9", continue: next }, items } },
  };
}

Deno.test("list() gives up on pages without end", async () => {
  await using recorded = await openRecorded(
    [...discoveryExchanges(), page("", "1"), page("1", "2")],
    { maxListBytes: 1_000 },
  );

  const got = await recorded.cluster.list(CONFIG_MAPS);

  assert.ok(!got.ok);
  assert.equal(got.code, "TooLarge");
});

Deno.test("an informer lists anew once a watch has brought too much, and keeps nothing of what is too large", async () => {
  const stream = new RecordedStream();
  const watch = "GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=9" +
    "&timeoutSeconds=300";
  await using recorded = await openRecorded(
    [...discoveryExchanges(), page(""), { request: watch, answer: { stream } }],
    { maxListBytes: 1_000 },
  );
  const { cluster, server, clock } = recorded;
  const informer = cluster.informer(CONFIG_MAPS);
  await informer.synced;
  await settle();

  stream.event("ADDED", configMap("b", "x".repeat(500), "10"));
  await settle();
  const held = informer.list().length;
  server.expect(page("", "1"), page("1", "2"));
  stream.event("ADDED", configMap("c", "x".repeat(500), "11"));
  await settle();
  await clock.advance(150);

  assert.equal(held, 2);
  assert.equal(informer.trouble?.code, "TooLarge");
  assert.deepEqual(informer.list(), []);
  await informer[Symbol.asyncDispose]();
});
